#include "http/url.h"

#include "base/encoding.h"
#include "base/limits.h"
#include "request_target.h"

namespace freehold::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  if (text.size() > limits::kRequestLineBytes || !is_target(text)) return std::nullopt;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const std::string scheme = to_lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  text.remove_prefix(scheme_end + 3);
  const std::size_t authority_end = text.find_first_of("/?");
  auto authority = parse_authority(text.substr(0, authority_end));
  if (!authority || authority->port == 0) return std::nullopt;
  text.remove_prefix(std::min(authority_end, text.size()));
  Url url;
  url.tls = scheme == "https";
  url.host = std::move(authority->host);
  url.port = authority->port.value_or(url.tls ? kHttpsPort : kHttpPort);
  url.target = text.starts_with('/') ? std::string(text) : "/" + std::string(text);
  return url;
}

std::optional<Request> request_for(Method method, const Url& url) {
  Request request;
  request.method = method;
  split_target(url.target, request);
  if (decode_target(request)) return std::nullopt;
  request.host = url.host;
  const bool usual = url.port == (url.tls ? kHttpsPort : kHttpPort);
  request.headers.add("host", usual ? url.host : url.host + ":" + std::to_string(url.port));
  return request;
}

}  // namespace freehold::http
