#include "src/pattern.h"

#include "base/encoding.h"

namespace freehold::gate::policy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The bytes of the character that `text` begins with: a character may be several bytes of UTF-8.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return size;
}

}  // namespace

bool is_like_pattern(std::string_view pattern) {
  const auto star = pattern.find('*');
  return star == std::string_view::npos || pattern.find('*', star + 1) == std::string_view::npos;
}

bool is_like(std::string_view text, std::string_view pattern) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return equals_ignoring_case(text, pattern);
  if (!is_like_pattern(pattern)) return false;
  const auto head = pattern.substr(0, star);
  const auto tail = pattern.substr(star + 1);
  return text.size() >= head.size() + tail.size() && equals_ignoring_case(text.substr(0, head.size()), head) &&
         equals_ignoring_case(text.substr(text.size() - tail.size()), tail);
}

bool matches(std::string_view text, std::string_view pattern, Case regard) {
  for (const char wanted : pattern) {
    if (text.empty()) return false;
    const char c = text[0];
    bool good = regard == Case::kRegarded ? c == wanted : ascii_lower(c) == ascii_lower(wanted);
    std::size_t size = 1;
    if (wanted == '#') {
      good = is_digit(c);
    } else if (wanted == '?') {
      good = is_letter(c);
    } else if (wanted == '.') {
      good = true;
      size = character_size(text);
    }
    if (!good) return false;
    text.remove_prefix(size);
  }
  return text.empty();
}

}  // namespace freehold::gate::policy
