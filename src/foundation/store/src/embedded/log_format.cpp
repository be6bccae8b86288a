#include "src/embedded/log_format.h"

#include <cstring>

#include "base/check.h"
#include "disk/crc32c.h"

namespace freehold::store::embedded {
namespace {

constexpr BytesView kSegmentMagic{"FHLOGSG\0", 8};
constexpr std::uint32_t kRecordMagic = 0x46484c52;  // "FHLR"
constexpr std::size_t kChecksumOffset = kDirectAlignment - 4;

std::uint32_t record_checksum(const SegmentHead& segment, BytesView head) {
  return disk::crc32c(head.substr(0, kRecordHeadBytes - 4), disk::crc32c(segment.id));
}

}  // namespace

Bytes SegmentHead::key_name() const {
  Bytes name = id;
  append_u64(name, number);
  append_u64(name, first);
  return name;
}

void encode_segment_head(const SegmentHead& head, std::span<char> block) {
  FH_CHECK(head.id.size() == kSegmentIdBytes && block.size() == kDirectAlignment);
  Bytes bytes(kSegmentMagic);
  append_u32(bytes, kLogVersion);
  bytes.append(head.id);
  append_u64(bytes, head.number);
  append_u64(bytes, head.first);
  bytes.resize(kChecksumOffset, '\0');
  append_u32(bytes, disk::crc32c(bytes));
  std::memcpy(block.data(), bytes.data(), bytes.size());
}

Result<std::optional<SegmentHead>> decode_segment_head(BytesView block) {
  if (block.size() != kDirectAlignment || !block.starts_with(kSegmentMagic)) return std::nullopt;
  ByteReader tail(block.substr(kChecksumOffset));
  if (tail.u32() != disk::crc32c(block.substr(0, kChecksumOffset))) return std::nullopt;
  ByteReader reader(block.substr(kSegmentMagic.size()));
  // Every version keeps magic, version and the block's checksum where they are.
  if (reader.u32() > kLogVersion) return fail(ErrorCode::kUnsupported, "written by a newer version", "commit log");
  SegmentHead head;
  head.id = Bytes(reader.take(kSegmentIdBytes));
  head.number = reader.u64();
  head.first = reader.u64();
  if (!reader.ok() || head.number == 0 || head.first == 0) return std::nullopt;
  return head;
}

void encode_record_head(const SegmentHead& segment, const RecordHead& head, std::span<char> out) {
  FH_CHECK(out.size() == kRecordHeadBytes);
  Bytes bytes;
  append_u32(bytes, kRecordMagic);
  append_u32(bytes, head.index);
  append_u32(bytes, head.sealed);
  append_u32(bytes, record_checksum(segment, bytes));
  std::memcpy(out.data(), bytes.data(), bytes.size());
}

std::optional<RecordHead> decode_record_head(const SegmentHead& segment, BytesView bytes) {
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  ByteReader reader(bytes.substr(0, kRecordHeadBytes));
  const bool magic = reader.u32() == kRecordMagic;
  const RecordHead head{reader.u32(), reader.u32()};
  if (!magic || reader.u32() != record_checksum(segment, bytes)) return std::nullopt;
  if (head.sealed > kMaxRecordBytes + kDirectAlignment) return std::nullopt;
  return head;
}

}  // namespace freehold::store::embedded
