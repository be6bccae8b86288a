// Rows as a damaged store might give them back: refused, or read the same again after being written.
#include <cstdint>

#include "base/check.h"
#include "src/blob_row.h"
#include "src/container_row.h"
#include "src/garbage_row.h"
#include "src/page_window.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const freehold::BytesView bytes(reinterpret_cast<const char*>(data), size);
  if (const auto row = decode_blob_row(bytes)) {
    const auto written = encode_blob_row(*row);
    const auto again = decode_blob_row(written);
    FH_CHECK(again && encode_blob_row(*again) == written);
  }
  if (const auto row = decode_garbage_row(bytes)) {
    const auto written = encode_garbage_row(*row);
    const auto again = decode_garbage_row(written);
    FH_CHECK(again && encode_garbage_row(*again) == written);
  }
  if (const auto window = decode_page_window(bytes)) {
    const auto again = decode_page_window(encode_page_window(*window));
    FH_CHECK(again && *again == *window);
  }
  static_cast<void>(decode_staged_block(bytes));
  static_cast<void>(decode_container_row(bytes));
  return 0;
}
