// The field lines of a head, of a request or a response. RFC 9110 section 5, RFC 9112 section 5.
#pragma once

#include <optional>
#include <string_view>

#include "head.h"
#include "http/message.h"

namespace freehold::http {

[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] bool is_field_value(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);

// Adds the field of one line (without its line end) to the headers.
[[nodiscard]] std::optional<Refusal> parse_field(std::string_view line, Headers& headers);
// All of a head's lines behind its first, up to the empty one.
[[nodiscard]] std::optional<Refusal> parse_fields(std::string_view lines, Headers& headers);

// Calls found(element) for each element of a comma-separated list.
template <class Found>
void for_each_element(std::string_view list, Found found) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    found(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace freehold::http
