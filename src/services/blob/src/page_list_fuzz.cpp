// What the source of a copy answers to Get Page Ranges: any server that the operator allows may send it.
#include <cstdint>

#include "base/check.h"
#include "src/page_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const auto list = parse_source_pages({reinterpret_cast<const char*>(data), size});
  if (!list) return 0;
  FH_CHECK(list->ranges.size() <= kMostPageRanges);
  std::uint64_t end = 0;
  for (const auto& range : list->ranges) {
    FH_CHECK(range.offset >= end && range.length > 0);
    FH_CHECK(range.offset % kBlobPageBytes == 0 && range.length % kBlobPageBytes == 0);
    end = range.offset + range.length;
  }
  return 0;
}
