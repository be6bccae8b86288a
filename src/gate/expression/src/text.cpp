#include "src/text.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::size_t offset_of_character(std::string_view text, std::size_t number) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!begins_character(text[at])) continue;
    if (number == 0) return at;
    --number;
  }
  return at;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view part) {
  return to_lower(text).find(to_lower(part));
}

std::size_t find_last_ignoring_case(std::string_view text, std::string_view part) {
  return to_lower(text).rfind(to_lower(part));
}

}  // namespace freehold::gate::expression
