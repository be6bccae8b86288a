// URLs that name something to be read: http and https with an authority, a path and a query. RFC 3986.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace freehold::http {

struct Url {
  bool tls = true;
  std::string host;        // lower case; an IPv6 literal keeps its brackets
  std::uint16_t port = 0;  // as given, or the scheme's
  std::string target;      // path and query as given, from the '/'
};

// nullopt for anything but an absolute http or https URL of visible ASCII without user information or fragment, within
// limits::kRequestLineBytes.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// A request for it, with its Host header; without listener, peer and body. nullopt if path or query aren't
// percent-encoded UTF-8.
[[nodiscard]] std::optional<Request> request_for(Method method, const Url& url);

}  // namespace freehold::http
