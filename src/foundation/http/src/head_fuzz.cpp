// Any bytes as a request head: what the parser accepts keeps its promises, and arriving in two parts changes nothing.
#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "head.h"

namespace {

using namespace freehold;
using namespace freehold::http;

// What becomes of `input` when its first part is looked at before the rest is there.
struct Read {
  int status = 0;  // 0: more is needed; 200: accepted; else refused
  std::size_t end = 0;
  Request request;
  Framing framing;
};

Read read(std::string_view input, std::size_t first) {
  Read out;
  HeadScanner scanner;
  for (const std::string_view seen : {input.substr(0, first), input}) {
    const auto found = scanner.scan(seen);
    if (!found) {
      out.status = found.error().status;
      return out;
    }
    if (!*found) continue;
    const auto refusal = parse_head(**found, out.request, out.framing);
    out.status = refusal ? refusal->status : 200;
    out.end = scanner.end();
    return out;
  }
  return out;
}

void check_accepted(const Request& request, const Framing& framing) {
  FH_CHECK(request.path.starts_with('/') && request.target.starts_with('/'));
  FH_CHECK(is_valid_utf8(request.decoded_path) && request.decoded_path.find('\0') == std::string::npos);
  FH_CHECK(framing.http10 || !request.host.empty());
  FH_CHECK(!(framing.chunked && framing.content_length));
  FH_CHECK(request.headers.fields().size() <= limits::kHeaderCount);
  for (std::size_t i = 0; i < request.headers.fields().size(); ++i) {
    const auto& [name, value] = request.headers.fields()[i];
    FH_CHECK(to_lower(request.headers.sent_name(i)) == name);
    FH_CHECK(!name.empty() && name == to_lower(name) && name.find_first_of(" \t\r\n:") == std::string::npos);
    for (const char c : value) FH_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\t');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Read whole = read(input, input.size());
  const Read parts = read(input, size == 0 ? 0 : data[size / 2] % size);
  // Which fault is named may differ: in parts, a control character is noticed before what stands behind it.
  FH_CHECK((whole.status == 200) == (parts.status == 200));
  FH_CHECK(whole.status == 0 || parts.status != 0);
  FH_CHECK(whole.status == 0 || whole.status == 200 || (whole.status >= 400 && whole.status <= 505));
  if (whole.status != 200) return 0;
  FH_CHECK(whole.end == parts.end && whole.end <= size);
  FH_CHECK(whole.request.target == parts.request.target && whole.request.host == parts.request.host);
  check_accepted(whole.request, whole.framing);
  return 0;
}
