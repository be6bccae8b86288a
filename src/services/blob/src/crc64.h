// CRC-64/NVME, as x-ms-content-crc64 has it: reflected polynomial 0x9A6C9329AC4BC9B5, all ones before and after.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace freehold::blob {

// Goes on from an earlier result (0 at first).
[[nodiscard]] std::uint64_t crc64(std::uint64_t crc, BytesView data);
// Eight bytes, least significant first: what the header carries in base64.
[[nodiscard]] Bytes crc64_bytes(std::uint64_t crc);

}  // namespace freehold::blob
