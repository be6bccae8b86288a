// Any bytes as the head of a response: what is taken can be framed in one way only.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "head.h"
#include "status_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  using namespace freehold::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  HeadScanner scanner;
  const auto found = scanner.scan(input);
  if (!found || !*found) return 0;
  for (const auto asked : {Method::kGet, Method::kHead}) {
    const auto head = parse_status_head(**found, asked);
    if (!head) continue;
    FH_CHECK(head->status >= 100 && head->status <= 599 && head->status != 101);
    FH_CHECK(!(head->chunked && head->content_length));
    FH_CHECK(!head->has_body || asked == Method::kGet);
    FH_CHECK(!head->has_body || head->chunked || head->content_length);
    FH_CHECK(head->headers.fields().size() <= limits::kHeaderCount);
  }
  return 0;
}
