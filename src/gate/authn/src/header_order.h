// The two orders in which clients sign x-ms- headers.
#pragma once

#include <string>
#include <string_view>

namespace freehold::gate {

// True if header name `a` (lower case) comes before `b` in the order in which Azure sorts canonicalised headers: that
// of .NET's en-US collation, where a hyphen is passed over at first, and other punctuation comes before digits and
// digits before letters. Names that are the same but for their hyphens are told apart by the first place where only one
// of them has a hyphen: that one comes later.
[[nodiscard]] bool collates_before(std::string_view a, std::string_view b);

// What that order compares, made once a name: keys compare as bytes as their names collate. Names of equal keys differ
// in nothing but which of the characters that are passed over stands where.
[[nodiscard]] std::string collation_key(std::string_view name);

}  // namespace freehold::gate
