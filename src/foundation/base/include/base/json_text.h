// JSON as text, and how many members a text has.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace freehold {

// What the library's dump() makes without blanks, a replacement for what is no UTF-8 included; in a third of the time,
// because nearly all texts of ours are letters, digits and signs, which stand in JSON as they are (RFC 8259 section 7).
[[nodiscard]] std::string to_json_text(const nlohmann::json& json);
[[nodiscard]] std::string to_json_text(const nlohmann::ordered_json& json);

// Of all objects in a text that is JSON, each as often as it stands there: a parsed one has fewer if a name stood
// twice.
[[nodiscard]] std::size_t members_in(std::string_view text);
[[nodiscard]] std::size_t members_of(const nlohmann::json& json);

}  // namespace freehold
