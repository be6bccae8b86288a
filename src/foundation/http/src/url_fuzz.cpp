// Any bytes as a URL: what is taken says where it points, and asks for nothing else.
#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"
#include "http/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = http::parse_url(text);
  if (!url) return 0;
  FH_CHECK(!url->host.empty() && url->host == to_lower(url->host) && url->port != 0);
  FH_CHECK(url->host.find_first_of("/?#@ \r\n") == std::string::npos);
  FH_CHECK(url->target.starts_with('/') && text.ends_with(url->target.substr(1)));
  const auto request = http::request_for(http::Method::kGet, *url);
  if (!request) return 0;
  FH_CHECK(request->target == url->target && request->host == url->host && is_valid_utf8(request->decoded_path));
  FH_CHECK(url->target.starts_with(request->path));
  return 0;
}
