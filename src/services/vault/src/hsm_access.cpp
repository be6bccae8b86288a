#include "src/hsm_access.h"

#include <algorithm>

#include "authn/audience.h"
#include "base/encoding.h"
#include "src/hsm_errors.h"
#include "src/vault_answer.h"

namespace freehold::vault {
namespace {

using gate::TokenFault;

std::string caller_text(const gate::Identity& who) {
  const bool application = who.application != PrincipalId{};
  return "appid=" + to_string(application ? who.application : who.object) + ";oid=" + to_string(who.object) +
         ";iss=" + to_string(who.tenant);
}

}  // namespace

std::string scope_of_request(const http::Request& request) {
  constexpr std::string_view kProviders = "/providers/microsoft.authorization/";
  const std::string path = to_lower(request.path);
  if (const auto at = path.rfind(kProviders); at != path.npos) {
    return pool_scope(std::string_view(path).substr(0, at)).value_or("/");
  }
  const auto segments = segments_of(path);
  if (segments.empty() || (segments[0] != "keys" && segments[0] != "deletedkeys")) return "/";
  const bool restores = request.method == http::Method::kPost && segments.size() == 2 && segments[1] == "restore";
  if (segments.size() == 1 || restores || !is_item_name(segments[1])) return "/keys";
  return "/keys/" + segments[1];
}

bool PoolAccess::takes_audience(std::string_view audience) const {
  return gate::resource_of_audience(audience, domain_) == gate::TokenResource::kManagedHsm;
}

bool PoolAccess::allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                        std::string_view action) const {
  const auto pool = pools_.find(name_in_record(target.container));
  if (!pool || pool->tenant != who.tenant || !gate::admits(pool->network, request.peer.address)) return false;
  return roles_.find(pool->id)->allows(who, scope_of_request(request), action);
}

// The role "Managed HSM Crypto Service Encryption User", at the pool, its keys or that one.
bool PoolAccess::may_hold(const Vault& pool, const gate::Identity& who, std::string_view key) const {
  constexpr std::string_view kTaken[] = {"read", "wrap", "unwrap"};
  const auto roles = roles_.find(pool.id);
  return std::ranges::all_of(kTaken, [&](std::string_view use) {
    const auto action = "Microsoft.KeyVault/managedHsm/keys/" + std::string(use) + "/action";
    return roles->allows(who, "/keys/" + to_lower(key), action);
  });
}

gate::ApiError PoolAccess::refuse_token(TokenFault fault) const {
  if (fault == TokenFault::kMissing) {
    return vault_errors::unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
  }
  if (fault == TokenFault::kAudience) {
    return vault_errors::unauthorized("AKV10022: Invalid audience. Expected https://managedhsm." + domain_ + ".");
  }
  if (fault == TokenFault::kIssuer || fault == TokenFault::kTenant) {
    return vault_errors::unauthorized("AKV10032: Invalid issuer.");
  }
  return vault_errors::unauthorized("AKV10001: " + TokenRules::refuse_token(fault).message);
}

gate::ApiError PoolAccess::refuse_action(const gate::Identity& who, const http::Request& request,
                                         const gate::Target& target, std::string_view action) const {
  const auto pool = pools_.find(name_in_record(target.container));
  if (!pool) return hsm_errors::no_such_pool();
  if (!gate::admits(pool->network, request.peer.address)) {
    return vault_errors::forbidden("Client address is not authorized.\r\nClient address: " + request.peer.address +
                                       "\r\nCaller: " + caller_text(who) + "\r\nManaged HSM: " + pool->name,
                                   pool->settings.public_network ? "ForbiddenByFirewall" : "ForbiddenByConnection");
  }
  return hsm_errors::forbidden_by_role(caller_text(who), action, scope_of_request(request));
}

// CLIENTS: SDKs want the pool's host below the host of `resource`, ports included.
std::string PoolAccess::challenge(const gate::ApiError&, TenantId tenant, std::string_view port,
                                  const gate::TokenAuthority& authority) const {
  return "Bearer authorization=\"" + authority.tenant_uri(tenant, port) + "\", resource=\"https://managedhsm." +
         domain_ + std::string(port) + "\"";
}

}  // namespace freehold::vault
