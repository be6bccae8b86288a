// CORS: which origins may use the service from a browser, and what answers tell the browser ("Cross-Origin Resource
// Sharing (CORS) support for Azure Storage", WHATWG Fetch section 3.2). Pure.
//
// CORS authorises nothing: it is the browser that keeps pages from reading answers, and every request still has to
// prove itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace freehold::blob {

inline constexpr std::size_t kCorsRules = 5;
inline constexpr std::size_t kCorsBytes = 2 * 1024;  // of all rules as XML
inline constexpr std::size_t kCorsNames = 64;        // origins of a rule, and literal headers of each kind
inline constexpr std::size_t kCorsPrefixes = 2;      // headers that end in '*', of each kind
inline constexpr std::size_t kCorsNameBytes = 256;

struct CorsRule {
  std::vector<std::string> origins;          // "*", "https://*.example.test" or exact, case and all
  std::vector<std::string> methods;          // upper case
  std::vector<std::string> allowed_headers;  // "*", "x-ms-meta-*" or names
  std::vector<std::string> exposed_headers;
  std::uint32_t max_age = 0;  // seconds
  friend bool operator==(const CorsRule&, const CorsRule&) = default;
};

// What a browser asks before it sends the request itself.
struct Preflight {
  std::string_view origin;
  std::string_view method;
  std::string_view headers;  // names joined by commas, or empty
};
// The first rule that allows all of it; null if none does.
[[nodiscard]] const CorsRule* find_rule(const std::vector<CorsRule>& rules, const Preflight& asked);
void add_preflight_headers(http::Response& response, const CorsRule& rule, const Preflight& asked);

// Adds to the answer of an actual request, when it has all its other headers, what the rules say about its origin, and
// `Vary: Origin` where another origin would get other headers.
void add_cors_headers(http::Response& response, const http::Request& request, const std::vector<CorsRule>& rules);

}  // namespace freehold::blob
