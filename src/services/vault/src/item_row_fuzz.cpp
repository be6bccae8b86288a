// Rows and backups of any bytes: read within bounds; what is read is written again as it was.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/item_row.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::vault;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto head = decode_head(bytes)) {
    const auto again = decode_head(encode_head(*head));
    FH_CHECK(again.has_value() && again->name == head->name && again->current.tags == head->current.tags);
  }
  if (const auto content = decode_content(bytes)) {
    const auto again = decode_content(encode_content(*content).view());
    FH_CHECK(again.has_value() && again->material.view() == content->material.view());
  }
  return 0;
}
