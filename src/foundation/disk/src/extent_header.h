// The header block of a chunk record, encoded and decoded. Format: docs/formats/extent.md.
#pragma once

#include <optional>

#include "disk/extents.h"

namespace freehold::disk {

inline constexpr std::uint32_t kExtentVersion = 1;

struct ExtentHeader {
  ChunkKey key{};
  ExtentAddress address;
  std::vector<std::uint32_t> crc32c;
};

[[nodiscard]] constexpr std::uint32_t checksum_count(std::uint32_t length) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(length) + kChecksumSpan - 1) / kChecksumSpan);
}
// The longest payload whose checksums fit the block.
inline constexpr std::uint32_t kMaxPayloadBytes = 1000 * kChecksumSpan;

// A whole block of kDirectAlignment bytes.
[[nodiscard]] AlignedBuffer encode_header(const ExtentHeader& header);

// nullopt: no header (zeros, payload, damage). kUnsupported: a header of a newer version.
[[nodiscard]] Result<std::optional<ExtentHeader>> decode_header(BytesView block);

}  // namespace freehold::disk
