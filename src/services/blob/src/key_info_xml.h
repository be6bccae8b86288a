// The body of Get User Delegation Key.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "src/blob_errors.h"

namespace freehold::blob {

struct KeyInfo {
  WallTime start;
  WallTime expiry;
};

inline constexpr std::size_t kMaxKeyInfoBytes = 4 * 1'024;

// `now` stands for a start that isn't named. 400 InvalidXmlDocument; 400 InvalidXmlNodeValue: no times, a key that ends
// before it begins or is over already, or is longer than seven days or reaches further from now. 501 for a key bound to
// one user. Times are whole seconds.
[[nodiscard]] ApiResult<KeyInfo> parse_key_info(std::string_view body, WallTime now);

}  // namespace freehold::blob
