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

namespace {

constexpr std::string_view kGraph = "https://graph.microsoft.com";

// The resource of one item of a user's scope; empty: a permission of Graph's by its bare name.
std::string_view resource_of(std::string_view item) {
  if (!equals_ignoring_case(item.substr(0, 8), "https://") && item.find('/') == item.npos) return {};
  const auto slash = item.rfind('/');
  return slash == item.npos ? item : item.substr(0, slash);
}

bool is_permission_name(std::string_view item) {
  return item.size() <= 128 && std::ranges::all_of(item, [](char c) {
           const char lower = ascii_lower(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

std::expected<std::string, AudienceFault> audience_of_user_scope(const AudienceRules& rules, std::string_view scope) {
  if (scope.size() > kMaxScopeBytes) return std::unexpected(AudienceFault::kMalformed);
  std::optional<std::string> audience;
  while (!scope.empty()) {
    const auto blank = scope.find(' ');
    const auto item = scope.substr(0, blank);
    scope.remove_prefix(blank == scope.npos ? scope.size() : blank + 1);
    if (item.empty() || std::ranges::find(kOpenIdScopes, item) != std::end(kOpenIdScopes)) continue;
    const auto resource = resource_of(item);
    if (resource.empty() && !is_permission_name(item)) return std::unexpected(AudienceFault::kMalformed);
    auto found = audience_of_resource(rules, resource.empty() ? kGraph : resource);
    if (!found) return found;
    if (audience && *audience != *found) return std::unexpected(AudienceFault::kMalformed);
    audience = std::move(*found);
  }
  return audience.value_or(std::string(kGraph));
}

bool is_within(const AudienceRules& rules, std::string_view agreed, std::string_view asked) {
  const auto service = gate::resource_of_audience(agreed, rules.domain);
  if (const auto wanted = gate::resource_of_audience(asked, rules.domain)) return service == wanted;
  return service == gate::TokenResource::kStorage || gate::audience_host(agreed) == gate::audience_host(asked);
}

std::string service_name(const AudienceRules& rules, std::string_view audience) {
  const auto service = gate::resource_of_audience(audience, rules.domain);
  if (!service) return gate::audience_host(audience).value_or(std::string(audience));
  switch (*service) {
    case gate::TokenResource::kStorage:
      return "storage";
    case gate::TokenResource::kManagement:
      return "the management of resources";
    case gate::TokenResource::kGraph:
      return "the directory";
    case gate::TokenResource::kVault:
      return "key vaults";
    case gate::TokenResource::kManagedHsm:
      break;
  }
  return "managed HSM pools";
}

bool names_resource(std::string_view scope) {
  while (!scope.empty()) {
    const auto blank = scope.find(' ');
    const auto item = scope.substr(0, blank);
    if (!item.empty() && std::ranges::find(kOpenIdScopes, item) == std::end(kOpenIdScopes)) return true;
    scope.remove_prefix(blank == scope.npos ? scope.size() : blank + 1);
  }
  return false;
}

bool has_scope(std::string_view scope, std::string_view word) {
  while (!scope.empty()) {
    const auto blank = scope.find(' ');
    if (scope.substr(0, blank) == word) return true;
    scope.remove_prefix(blank == scope.npos ? scope.size() : blank + 1);
  }
  return false;
}

}  // namespace freehold::directory
