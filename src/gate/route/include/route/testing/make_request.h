// Requests as the http parser would hand them over, for the tests of the gate and of services.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "http/bytes_body.h"
#include "http/message.h"

namespace freehold::gate::testing {

using http::BytesBody;
using HeaderList = std::vector<std::pair<std::string, std::string>>;

// `url` is "https://host[:port]/path[?query]" or the same with http. Stops the test if the url can't be one. The caller
// sets the body, which the request only points to.
inline http::Request make_request(http::Method method, std::string_view url, HeaderList headers = {}) {
  http::Request request;
  request.method = method;
  bool tls = url.starts_with("https://");
  FH_CHECK(tls || url.starts_with("http://"));
  request.listener = tls ? http::Listener::kHttps : http::Listener::kHttp;
  url.remove_prefix(tls ? 8 : 7);
  auto slash = std::min(url.find('/'), url.size());
  auto authority = std::string(url.substr(0, slash));
  request.target = slash == url.size() ? "/" : std::string(url.substr(slash));
  auto question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question != std::string::npos) request.raw_query = request.target.substr(question + 1);
  auto decoded = percent_decode(request.path);
  auto query = http::parse_query(request.raw_query);
  FH_CHECK(decoded && query);
  request.decoded_path = *decoded;
  request.query = *query;
  auto colon = authority.ends_with(']') ? std::string::npos : authority.rfind(':');
  request.host = to_lower(authority.substr(0, colon));
  request.headers.add("host", authority);
  for (auto& [name, value] : headers) request.headers.add_as_sent(name, std::move(value));
  request.peer = {.address = "127.0.0.1", .port = 40'000, .uid = std::nullopt};
  return request;
}

}  // namespace freehold::gate::testing
