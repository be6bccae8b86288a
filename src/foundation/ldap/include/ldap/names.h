// Names of LDAP as text: what may be compared, and what may be put into a filter or a name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freehold::ldap {

inline constexpr std::size_t kMaxNameBytes = 8'192;

// A distinguished name (RFC 4514) in one form for all ways to write it: no spaces around its parts, everything in lower
// case, the same escapes. nullopt: it is none, or longer than kMaxNameBytes.
[[nodiscard]] std::optional<std::string> comparable_name(std::string_view name);

// Is this one whole filter in parentheses (RFC 4515), of at most 4 KiB and 32 levels?
[[nodiscard]] bool is_filter(std::string_view filter);

}  // namespace freehold::ldap
