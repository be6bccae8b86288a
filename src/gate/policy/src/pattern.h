// like and match. Both read the text once, whatever the pattern: no pattern of a customer's makes a decision slow.
#pragma once

#include <string_view>

namespace freehold::gate::policy {

// At most one '*'; the rest without regard to ASCII case. False for a pattern with two.
[[nodiscard]] bool is_like_pattern(std::string_view pattern);
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern);

enum class Case { kRegarded, kIgnored };
// '#' a digit, '?' a letter, '.' any character, everything else itself.
[[nodiscard]] bool matches(std::string_view text, std::string_view pattern, Case regard);

}  // namespace freehold::gate::policy
