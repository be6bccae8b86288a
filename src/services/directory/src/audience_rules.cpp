#include "src/audience_rules.h"

#include <algorithm>

#include "authn/audience.h"
#include "base/encoding.h"
#include "route/storage_target.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMaxScopeBytes = 1'024;
constexpr std::string_view kDefaultScope = "/.default";
constexpr std::string_view kOpenIdScopes[] = {"openid", "profile", "offline_access", "email"};

bool is_account_host(const AudienceRules& rules, std::string_view host) {
  return std::ranges::any_of(rules.blob_suffixes, [host](const std::string& suffix) {
    const auto dot = host.find('.');
    return dot != host.npos && host.substr(dot + 1) == suffix && gate::is_account_name(host.substr(0, dot));
  });
}

}  // namespace

std::expected<std::string, AudienceFault> audience_of_resource(const AudienceRules& rules, std::string_view resource) {
  if (resource.empty() || resource.size() > kMaxScopeBytes) return std::unexpected(AudienceFault::kMalformed);
  const auto host = gate::audience_host(resource);
  if (gate::resource_of_audience(resource, rules.domain)) return host ? std::string(resource) : to_lower(resource);
  if (!host) return std::unexpected(AudienceFault::kMalformed);
  if (!is_account_host(rules, *host)) return std::unexpected(AudienceFault::kUnknownResource);
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
