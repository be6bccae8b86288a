// Finding texts in texts in linear time, whatever both are: std::string::find takes the product of their lengths for
// texts that are made for it.
#pragma once

#include <cstddef>
#include <string_view>

namespace freehold::gate::expression {

// The first place at or behind `from`, and the last place; npos if there is none.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0);
[[nodiscard]] std::size_t find_last_text(std::string_view text, std::string_view part);

}  // namespace freehold::gate::expression
