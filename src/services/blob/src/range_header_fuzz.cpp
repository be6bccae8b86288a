// Range headers: what is accepted lies inside the blob.
#include <cstdint>

#include "base/check.h"
#include "src/range_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const auto header = parse_range({reinterpret_cast<const char*>(data), size});
  if (!header) return 0;
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0} >> 1}) {
    const auto range = resolve_range(header, length);
    if (!range) continue;
    FH_CHECK(range->length > 0 && range->offset < length && range->length <= length - range->offset);
  }
  return 0;
}
