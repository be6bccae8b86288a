#include "src/extent_header.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "disk/crc32c.h"

namespace freehold::disk {
namespace {
constexpr BytesView kMagic{"FHCHUNK\0", 8};
constexpr std::size_t kChecksumOffset = kDirectAlignment - 4;
}  // namespace

AlignedBuffer encode_header(const ExtentHeader& header) {
  FH_CHECK(header.address.length <= kMaxPayloadBytes);
  FH_CHECK(header.crc32c.size() == checksum_count(header.address.length));
  Bytes bytes(kMagic);
  append_u32(bytes, kExtentVersion);
  bytes.append(reinterpret_cast<const char*>(header.key.data()), header.key.size());
  append_u32(bytes, header.address.extent);
  append_u64(bytes, header.address.offset);
  append_u32(bytes, header.address.length);
  append_u32(bytes, static_cast<std::uint32_t>(header.crc32c.size()));
  for (const std::uint32_t crc : header.crc32c) append_u32(bytes, crc);
  bytes.resize(kChecksumOffset, '\0');
  append_u32(bytes, crc32c(bytes));
  AlignedBuffer block(kDirectAlignment);
  std::memcpy(block.data(), bytes.data(), bytes.size());
  return block;
}

Result<std::optional<ExtentHeader>> decode_header(BytesView block) {
  if (block.size() != kDirectAlignment || !block.starts_with(kMagic)) return std::nullopt;
  ByteReader tail(block.substr(kChecksumOffset));
  if (tail.u32() != crc32c(block.substr(0, kChecksumOffset))) return std::nullopt;
  ByteReader reader(block.substr(kMagic.size()));
  // Every version keeps magic, version and the block's checksum where they are.
  if (reader.u32() > kExtentVersion) {
    return fail(ErrorCode::kUnsupported, "written by a newer version", "chunk record header");
  }
  ExtentHeader header;
  const BytesView key = reader.take(header.key.size());
  if (key.size() != header.key.size()) return std::nullopt;
  std::memcpy(header.key.data(), key.data(), key.size());
  header.address.extent = reader.u32();
  header.address.offset = reader.u64();
  header.address.length = reader.u32();
  const std::uint32_t count = reader.u32();
  if (header.address.length > kMaxPayloadBytes || count != checksum_count(header.address.length)) return std::nullopt;
  header.crc32c.resize(count);
  for (auto& crc : header.crc32c) crc = reader.u32();
  if (!reader.ok()) return std::nullopt;
  return header;
}

}  // namespace freehold::disk
