// The blocks of a fault domain's commit log, encoded and decoded. Format: docs/formats/commit-log.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace freehold::store::embedded {

inline constexpr std::uint32_t kLogVersion = 1;
inline constexpr std::size_t kSegmentIdBytes = 16;
inline constexpr std::size_t kRecordHeadBytes = 16;
// A batch with all that it may hold, and then some.
inline constexpr std::size_t kMaxRecordBytes = 64u << 20;

// The first block of a segment.
struct SegmentHead {
  Bytes id;                  // random: no two segments' records are sealed under one key
  std::uint64_t number = 0;  // grows from segment to segment
  std::uint64_t first = 0;   // the number of its first record

  // What its records' key is derived from: a record opens only in the segment that it was written to.
  [[nodiscard]] Bytes key_name() const;
};
void encode_segment_head(const SegmentHead& head, std::span<char> block);  // kDirectAlignment bytes
// nullopt: no head (zeros, a torn write, damage). kUnsupported: of a newer version.
[[nodiscard]] Result<std::optional<SegmentHead>> decode_segment_head(BytesView block);

// Stands before each record; the record begins at the next byte and the next head at the next multiple of 4 KiB.
struct RecordHead {
  std::uint32_t index = 0;   // of the record in its segment, from 0
  std::uint32_t sealed = 0;  // bytes, with the tag
  [[nodiscard]] std::uint64_t footprint() const { return round_up(kRecordHeadBytes + sealed, kDirectAlignment); }
};
void encode_record_head(const SegmentHead& segment, const RecordHead& head, std::span<char> out);
// nullopt: not a head of this segment.
[[nodiscard]] std::optional<RecordHead> decode_record_head(const SegmentHead& segment, BytesView bytes);

}  // namespace freehold::store::embedded
