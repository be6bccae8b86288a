#include "src/audience_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "route/storage_target.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMaxScopeBytes = 1'024;
constexpr std::string_view kDefaultScope = "/.default";
constexpr std::string_view kOpenIdScopes[] = {"openid", "profile", "offline_access", "email"};
constexpr std::string_view kAzureHosts[] = {
    "storage.azure.com", "management.azure.com", "management.core.windows.net", "graph.microsoft.com",
    "graph.windows.net", "vault.azure.net",      "managedhsm.azure.net"};
// Application ids that clients name instead of URLs: Azure Storage, Azure Resource Manager.
constexpr std::string_view kApplications[] = {"e406a681-f3d4-42a8-90b6-c2b029497af1",
                                              "797f4846-ba00-4fd7-ba43-dac1f8f63013"};
constexpr std::string_view kOwnHosts[] = {"management.", "graph.", "vault.", "managedhsm."};

bool is_account_host(const AudienceRules& rules, std::string_view host) {
  return std::ranges::any_of(rules.blob_suffixes, [host](const std::string& suffix) {
    const auto dot = host.find('.');
    return dot != host.npos && host.substr(dot + 1) == suffix && gate::is_account_name(host.substr(0, dot));
  });
}

bool is_known_host(const AudienceRules& rules, std::string_view host) {
  if (std::ranges::find(kAzureHosts, host) != std::end(kAzureHosts)) return true;
  const auto is_own = [&](std::string_view label) {
    return host.starts_with(label) && host.substr(label.size()) == rules.domain;
  };
  return std::ranges::any_of(kOwnHosts, is_own) || is_account_host(rules, host);
}

// "https://HOST[:PORT][/]": the host in lower case.
std::optional<std::string> host_of(std::string_view url) {
  constexpr std::string_view kHttps = "https://";
  if (!equals_ignoring_case(url.substr(0, kHttps.size()), kHttps)) return std::nullopt;
  url.remove_prefix(kHttps.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  const auto colon = url.find(':');
  if (colon != url.npos) {
    const auto port = parse_u64(url.substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return std::nullopt;
    url = url.substr(0, colon);
  }
  const auto good = [](char c) {
    c = ascii_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  if (url.empty() || !std::ranges::all_of(url, good)) return std::nullopt;
  return to_lower(url);
}

}  // namespace

std::expected<std::string, AudienceFault> audience_of_resource(const AudienceRules& rules, std::string_view resource) {
  if (resource.empty() || resource.size() > kMaxScopeBytes) return std::unexpected(AudienceFault::kMalformed);
  if (std::ranges::find(kApplications, to_lower(resource)) != std::end(kApplications)) return to_lower(resource);
  const auto host = host_of(resource);
  if (!host) return std::unexpected(AudienceFault::kMalformed);
  if (!is_known_host(rules, *host)) return std::unexpected(AudienceFault::kUnknownResource);
  return std::string(resource);
}

std::expected<std::string, AudienceFault> audience_of_scope(const AudienceRules& rules, std::string_view scope) {
  if (scope.size() > kMaxScopeBytes) return std::unexpected(AudienceFault::kMalformed);
  std::optional<std::string> audience;
  while (!scope.empty()) {
    const auto blank = scope.find(' ');
    auto item = scope.substr(0, blank);
    scope.remove_prefix(blank == scope.npos ? scope.size() : blank + 1);
    if (item.empty() || std::ranges::find(kOpenIdScopes, item) != std::end(kOpenIdScopes)) continue;
    if (!item.ends_with(kDefaultScope)) return std::unexpected(AudienceFault::kNoDefaultScope);
    item.remove_suffix(kDefaultScope.size());
    auto found = audience_of_resource(rules, item);
    if (!found) return found;
    if (audience) return std::unexpected(AudienceFault::kMalformed);  // one token, one audience
    audience = std::move(*found);
  }
  if (!audience) return std::unexpected(AudienceFault::kNoDefaultScope);
  return std::move(*audience);
}

}  // namespace freehold::directory
