#include <algorithm>

#include "authn/authenticate.h"
#include "authn_errors.h"
#include "base/check.h"
#include "ip_range.h"

namespace freehold::gate {
namespace {

using namespace authn_errors;

// The version from which anonymous callers are told how to sign in, instead of that they can't come in.
constexpr std::string_view kChallengeSince = "2019-12-12";

ApiResult<> refuse_anonymous(const http::Request& request) {
  if (request.headers.get("x-ms-version") >= kChallengeSince) return no_authentication_information();
  return public_access_not_permitted();
}

bool any_common(std::string_view granted, std::string_view needed) {
  return granted.find_first_of(needed) != std::string_view::npos;
}

ApiResult<> check_grant(const SasGrant& grant, const SasNeed& need, const http::Request& request) {
  if (grant.https_only && request.listener != http::Listener::kHttps) return protocol_mismatch();
  if (grant.ip_range) {
    auto range = parse_ip_range(*grant.ip_range);
    if (!range || !contains(*range, request.peer.address)) return source_ip_mismatch(request.peer.address);
  }
  if (!grant.services.contains(need.service)) return service_mismatch();
  if (!grant.resource_types.contains(need.resource_type)) return resource_type_mismatch();
  if (!any_common(grant.permissions, need.permissions)) return permission_mismatch();
  return {};
}

}  // namespace

ApiResult<> authorise(const Principal& principal, const RouteSpec& route, const http::Request& request) {
  bool accepted = (route.credentials & principal.credential) != 0;
  if (!accepted && principal.credential == kAnonymous) return refuse_anonymous(request);
  if (!accepted) return credential_not_accepted();
  if (principal.credential != kAccountSas) return {};
  FH_CHECK(principal.sas.has_value());
  return check_grant(*principal.sas, route.sas, request);
}

}  // namespace freehold::gate
