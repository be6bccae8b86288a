// How deep JSON nests, seen before it is parsed: what parses, copies and prints JSON goes as deep as it does, on the
// stack. Whoever takes JSON from outside asks first.
#pragma once

#include <cstddef>
#include <string_view>

namespace freehold {

inline constexpr std::size_t kMaxJsonDepth = 64;  // of bodies of requests

// Objects and arrays within each other. Text that isn't JSON may be said to be either.
[[nodiscard]] bool nests_deeper_than(std::string_view json, std::size_t most);

}  // namespace freehold
