#include <algorithm>

#include "authn/authenticate.h"
#include "authn/ip_range.h"
#include "authn/needed_actions.h"
#include "authn_errors.h"
#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

// The version from which anonymous callers are told how to sign in, instead of that they can't come in.
constexpr std::string_view kChallengeSince = "2019-12-12";

// A private container and one that doesn't exist look the same to strangers.
ApiResult<> refuse_anonymous(const Principal& principal, const http::Request& request) {
  if (request.headers.get("x-ms-version") >= kChallengeSince) return no_authentication_information();
  if (!principal.public_account) return public_access_not_permitted();
  return no_such_resource();
}

// Tags have a permission of their own, also where another operation sets them, asks for them or depends on them
// ("Manage and find Azure Blob data with blob index tags", permissions; "Put Blob From URL", authorization, for those
// that come along from a copy's source).
bool touches_tags(const http::Request& request) {
  const auto& headers = request.headers;
  if (headers.has("x-ms-tags") || headers.has("x-ms-if-tags")) return true;
  if (equals_ignoring_case(headers.get("x-ms-copy-source-tag-option"), "copy")) return true;
  return list_has(request, "include", "tags");
}

// Strangers see what is public, and what was only staged isn't yet.
bool shows_staged(const http::Request& request) { return list_has(request, "include", "uncommittedblobs"); }

bool is_public(const Principal& principal, const RouteSpec& route) {
  if (route.scope == Scope::kContainer) return principal.public_access == PublicAccess::kContainer;
  if (route.scope == Scope::kBlob) return principal.public_access != PublicAccess::kNone;
  return true;
}

bool any_common(std::string_view granted, std::string_view needed) {
  return granted.find_first_of(needed) != std::string_view::npos;
}

ApiResult<> check_circumstances(const SasGrant& grant, const http::Request& request) {
  if (grant.https_only && request.listener != http::Listener::kHttps) return protocol_mismatch();
  if (!grant.ip_range) return {};
  const auto range = parse_ip_range(*grant.ip_range);
  if (!range || !contains(*range, request.peer.address)) return source_ip_mismatch(request.peer.address);
  return {};
}

ApiResult<> check_account_grant(const SasGrant& grant, const SasNeed& need) {
  if (!grant.services.contains(need.service)) return service_mismatch();
  if (!grant.resource_types.contains(need.resource_type)) return resource_type_mismatch();
  if (!any_common(grant.permissions, need.permissions)) return permission_mismatch();
  return {};
}

// What a SAS on a snapshot or version may be used for besides reading and deleting it. An operation that passes over
// `snapshot` in its query would fall upon the blob itself.
bool concerns_snapshots(const http::Request& request) {
  if (request.method == http::Method::kGet || request.method == http::Method::kHead) return true;
  if (request.method == http::Method::kDelete && !request.has_parameter("comp")) return true;
  const auto comp = request.parameter("comp");
  return equals_ignoring_case(comp, "tier") || equals_ignoring_case(comp, "tags");
}

ApiResult<> check_resource_grant(const SasGrant& grant, const RouteSpec& route, const http::Request& request) {
  const bool whole = grant.resource == "c" || grant.resource == "d";
  if (!whole && route.scope != Scope::kBlob) return resource_type_mismatch();
  if ((grant.resource == "bs" || grant.resource == "bv") && !concerns_snapshots(request)) return permission_mismatch();
  if (!any_common(grant.permissions, route.sas.resource_permissions)) return permission_mismatch();
  return {};
}

}  // namespace

ApiResult<> authorise(const Principal& principal, const RouteSpec& route, const http::Request& request) {
  const bool accepted = (route.credentials & principal.credential) != 0;
  if (principal.credential == kAnonymous) {
    if (accepted && is_public(principal, route) && !touches_tags(request) && !shows_staged(request)) return {};
    return refuse_anonymous(principal, request);
  }
  constexpr CredentialSet kAnySas = kAccountSas | kServiceSas | kUserDelegationSas;
  // Azure answers so where nothing but a token is taken ("Get User Delegation Key").
  if (!accepted && route.credentials == kBearer && (principal.credential & (kSharedKey | kAnySas)) != 0) {
    return authentication_failed("Only authentication scheme Bearer is supported");
  }
  if (!accepted) return credential_not_accepted();
  if ((principal.credential & kAnySas) == 0) return {};
  FH_CHECK(principal.sas.has_value());
  FH_CHECK_OK(check_circumstances(*principal.sas, request));
  if (touches_tags(request) && !principal.sas->permissions.contains('t')) return permission_mismatch();
  if (principal.credential == kAccountSas) return check_account_grant(*principal.sas, route.sas);
  return check_resource_grant(*principal.sas, route, request);
}

ApiResult<> check_delegator(Principal& principal, const RouteSpec& route, const StorageAccount& account,
                            const Target& target, const DelegatorRights* rights, const AskedFor& asked) {
  if (principal.credential != kUserDelegationSas) return {};
  FH_CHECK(principal.delegator.has_value() && asked.request != nullptr);
  if (rights == nullptr) return permission_mismatch();
  const auto extent = allowed_extent(actions_needed(route, *asked.request), [&](std::string_view action) {
    return rights->may(*principal.delegator, account, target, action, asked);
  });
  if (extent == Extent::kNothing) return permission_mismatch();
  principal.only_creates = extent == Extent::kCreating;
  return {};
}

}  // namespace freehold::gate
