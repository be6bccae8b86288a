// Texts are UTF-8 and counted in code points: for everything but rare characters what Azure counts.
#pragma once

#include <cstddef>
#include <string_view>

namespace freehold::gate::expression {

[[nodiscard]] std::size_t count_characters(std::string_view text);
// Where the character with that number begins; the text's size beyond its end.
[[nodiscard]] std::size_t offset_of_character(std::string_view text, std::size_t number);
// Where `part` is in `text`, from the start or from the end, without regard to ASCII case; npos if it isn't.
[[nodiscard]] std::size_t find_ignoring_case(std::string_view text, std::string_view part);
[[nodiscard]] std::size_t find_last_ignoring_case(std::string_view text, std::string_view part);

}  // namespace freehold::gate::expression
