// Blocks of a commit log: what is taken for a head stays within its bounds and encodes to the same bytes again.
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "src/embedded/log_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  using namespace freehold::store::embedded;
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  SegmentHead segment{Bytes(kSegmentIdBytes, 'i'), 1, 1};
  if (const auto found = decode_segment_head(bytes.substr(0, kDirectAlignment)); found && *found) {
    segment = **found;
    FH_CHECK(segment.id.size() == kSegmentIdBytes && segment.first > 0);
  }
  const BytesView rest = bytes.substr(std::min<std::size_t>(size, kDirectAlignment));
  if (const auto record = decode_record_head(segment, rest)) {
    FH_CHECK(record->footprint() <= kMaxRecordBytes + 3 * kDirectAlignment);
    Bytes again(kRecordHeadBytes, '\0');
    encode_record_head(segment, *record, again);
    FH_CHECK(rest.starts_with(again));
  }
  return 0;
}
