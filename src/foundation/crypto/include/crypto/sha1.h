// SHA-1 for name-based UUIDs (RFC 4122 section 4.3) and nothing else: no secret and no signature may depend on it.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace freehold::crypto {

[[nodiscard]] std::array<std::uint8_t, 20> sha1(BytesView data);

}  // namespace freehold::crypto
