// Hexadecimal digits, for the encodings that have them.
#pragma once

#include <string_view>

namespace freehold {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

// Of either case; negative: no digit.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace freehold
