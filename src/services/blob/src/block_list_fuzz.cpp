// The body of Put Block List, as any client may send it.
#include <cstdint>

#include "base/check.h"
#include "src/block_list_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const auto list = parse_block_list({reinterpret_cast<const char*>(data), size});
  if (!list) return 0;
  FH_CHECK(list->size() <= kBlocksPerBlob);
  for (const auto& named : *list) FH_CHECK(!named.id.empty() && named.id.size() <= 64);
  return 0;
}
