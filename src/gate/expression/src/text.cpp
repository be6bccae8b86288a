#include "src/text.h"

#include <string.h>  // memmem, glibc's: two-way, linear

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "expression/find_text.h"

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

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t find_last_text(std::string_view text, std::string_view part) {
  const std::string backwards(text.rbegin(), text.rend());
  const std::string wanted(part.rbegin(), part.rend());
  const auto place = find_text(backwards, wanted);
  return place == std::string_view::npos ? place : text.size() - part.size() - place;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view part) {
  return find_text(to_lower(text), to_lower(part));
}

std::size_t find_last_ignoring_case(std::string_view text, std::string_view part) {
  return find_last_text(to_lower(text), to_lower(part));
}

}  // namespace freehold::gate::expression
