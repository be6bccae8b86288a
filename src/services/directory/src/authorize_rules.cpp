#include "src/authorize_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/secret.h"
#include "crypto/digest.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kChallengeBytes = 43;
constexpr std::size_t kMinVerifier = 43;
constexpr std::size_t kMaxVerifier = 128;

// "http://localhost:8400/x" without its port; empty: not at loopback over http.
std::string without_loopback_port(std::string_view uri) {
  for (const std::string_view front : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    if (!uri.starts_with(front)) continue;
    auto rest = uri.substr(front.size());
    if (rest.starts_with(':')) {
      const auto end = std::min(rest.find_first_of("/?", 1), rest.size());
      const auto port = parse_u64(rest.substr(1, end - 1));
      if (!port || *port == 0 || *port > 65'535) return {};
      rest = rest.substr(end);
    }
    if (!rest.empty() && rest.front() != '/' && rest.front() != '?') return {};
    if (rest == "/") rest = {};
    return std::string(front) + std::string(rest);
  }
  return {};
}

bool is_plain(std::string_view uri) {
  const auto good = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
           std::string_view("\"'<>\\^`{|}*#;,").find(c) == std::string_view::npos;
  };
  return !uri.empty() && uri.size() <= kMaxRedirectUri && std::ranges::all_of(uri, good);
}

bool is_unreserved(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
  });
}

}  // namespace

bool is_redirect_of(const Snapshot& directory, const ServicePrincipal& principal, std::string_view redirect_uri) {
  if (!is_plain(redirect_uri)) return false;
  const std::string loopback = without_loopback_port(redirect_uri);
  if (to_string(principal.application) == kAzureCli) {
    return loopback == "http://localhost" || loopback == "http://127.0.0.1";
  }
  const auto application = directory.application(principal.application);
  if (!application || !is_registrable_redirect(redirect_uri)) return false;
  for (const auto* list : {"web.redirectUris", "spa.redirectUris", "publicClient.redirectUris"}) {
    const auto uris = texts_of(application->attributes, list);
    if (std::ranges::find(uris, redirect_uri) != uris.end()) return true;
  }
  if (loopback.empty()) return false;
  const auto uris = texts_of(application->attributes, "publicClient.redirectUris");
  return std::ranges::any_of(uris, [&](const std::string& uri) { return without_loopback_port(uri) == loopback; });
}

bool is_registrable_redirect(std::string_view uri) {
  if (!is_plain(uri) || uri.size() > 256) return false;
  if (uri.starts_with("https://")) {
    const auto host = uri.substr(8, std::min(uri.find_first_of("/?", 8), uri.size()) - 8);
    return !host.empty() && host.find('@') == host.npos;
  }
  if (uri.starts_with("http:")) return !without_loopback_port(uri).empty();
  const auto colon = uri.find(':');
  if (colon == uri.npos) return false;
  const auto scheme = uri.substr(0, colon);
  return scheme.find('.') != scheme.npos && is_unreserved(scheme) && uri.size() > colon + 1;
}

std::string form_action_of(std::string_view redirect_uri) {
  const auto colon = redirect_uri.find(':');
  if (colon == redirect_uri.npos) return {};
  if (redirect_uri.substr(colon).starts_with("://") && redirect_uri.starts_with("http")) {
    return std::string(
        redirect_uri.substr(0, std::min(redirect_uri.find_first_of("/?", colon + 3), redirect_uri.size())));
  }
  return std::string(redirect_uri.substr(0, colon + 1));
}

bool is_challenge(std::string_view challenge) {
  const auto digest = from_base64url(challenge);
  return challenge.size() == kChallengeBytes && digest && digest->size() == 32;
}

bool is_verifier_of(std::string_view challenge, std::string_view verifier) {
  if (verifier.size() < kMinVerifier || verifier.size() > kMaxVerifier || !is_unreserved(verifier)) return false;
  return constant_time_equal(to_base64url(crypto::view(crypto::sha256(verifier))), challenge);
}

std::string with_parameters(std::string_view uri, std::span<const std::pair<std::string, std::string>> parameters) {
  std::string out(uri);
  char separator = uri.find('?') == uri.npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += separator + name + "=" + percent_encode(value);
    separator = '&';
  }
  return out;
}

}  // namespace freehold::directory
