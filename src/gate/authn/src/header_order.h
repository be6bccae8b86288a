// The two orders in which clients sign x-ms- headers.
#pragma once

#include <string_view>

namespace freehold::gate {

// True if header name `a` (lower case) comes before `b` in the order in which Azure sorts canonicalised headers: that
// of .NET's en-US collation, where a hyphen is passed over at first, and other punctuation comes before digits and
// digits before letters. Names that are the same but for their hyphens are told apart by the first place where only one
// of them has a hyphen: that one comes later.
[[nodiscard]] bool collates_before(std::string_view a, std::string_view b);

}  // namespace freehold::gate
