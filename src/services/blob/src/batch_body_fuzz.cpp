// Content-Type (the first line) and body of Blob Batch, as any client may send them.
#include <cstdint>

#include "base/check.h"
#include "src/batch_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find("\r\n");
  if (line == text.npos) return 0;
  const auto boundary = parse_batch_type(text.substr(0, line));
  if (!boundary) return 0;
  FH_CHECK(!boundary->empty() && boundary->size() <= 70);
  const auto parts = parse_batch(text.substr(line + 2), *boundary);
  if (!parts) return 0;
  FH_CHECK(!parts->empty() && parts->size() <= kBatchParts);
  for (const auto& part : *parts) {
    FH_CHECK(!part.content_id.empty() && part.target.starts_with('/'));
    for (const auto& [name, value] : part.headers) {
      FH_CHECK(!name.empty() && value.find('\n') == value.npos && value.find('\r') == value.npos);
    }
  }
  return 0;
}
