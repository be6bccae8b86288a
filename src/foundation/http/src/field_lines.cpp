#include "field_lines.h"

#include <array>

#include "base/encoding.h"

namespace freehold::http {
namespace {

// RFC 9110 section 5.6.2: tchar.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kToken = make_token_table();

}  // namespace

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

// Field values: visible characters, space, tab and obs-text (RFC 9110 section 5.5); no CR, LF, NUL or other control.
bool is_field_value(std::string_view text) {
  bool wrong = false;  // to the end of each, without branches: the compiler takes many octets at once
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    wrong |= ((byte < 0x20) & (byte != '\t')) | (byte == 0x7f);
  }
  return !wrong;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<Refusal> parse_field(std::string_view line, Headers& headers) {
  const std::size_t colon = line.find(':');
  // A line that begins with white space is obs-fold; white space before the colon is no token (RFC 9112 section 5).
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return Refusal{400, "a header field is malformed"};
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_field_value(value)) return Refusal{400, "a header field has a control character"};
  headers.add_as_sent(line.substr(0, colon), std::string(value));
  return std::nullopt;
}

std::optional<Refusal> parse_fields(std::string_view lines, Headers& headers) {
  headers.reserve(24);
  while (!lines.starts_with("\r\n")) {
    const std::size_t end = lines.find("\r\n");
    if (auto refusal = parse_field(lines.substr(0, end), headers)) return refusal;
    lines.remove_prefix(end + 2);
  }
  return std::nullopt;
}

}  // namespace freehold::http
