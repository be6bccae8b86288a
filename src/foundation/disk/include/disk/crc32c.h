// CRC-32C (Castagnoli, RFC 3720 section 12.1): finds flipped bits; proves nothing about intent.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace freehold::disk {

// The checksum of `bytes`, or of what `before` stands for followed by `bytes`. By the processor's instruction where it
// has one (x86-64 with SSE 4.2), three streams at once.
[[nodiscard]] std::uint32_t crc32c(BytesView bytes, std::uint32_t before = 0);
// The slow reference, a table and a byte at a time.
[[nodiscard]] std::uint32_t crc32c_portable(BytesView bytes, std::uint32_t before = 0);

}  // namespace freehold::disk
