#include "src/vault_access.h"

#include <algorithm>

#include "authn/audience.h"
#include "authz/control_right.h"
#include "base/encoding.h"
#include "src/item.h"
#include "src/vault_errors.h"

namespace freehold::vault {
namespace {

using gate::TokenFault;

constexpr std::string_view kActions = "Microsoft.KeyVault/vaults/";

struct Row {
  std::string_view action;
  PolicyNeed need;
};

// "Azure data plane permissions for Key Vault" beside "Assign a Key Vault access policy". Reading metadata is `list` of
// a collection and `get` of one object (see need_of).
constexpr Row kRows[] = {
    {"secrets/getSecret/action", {PermissionKind::kSecrets, "get"}},
    {"secrets/setSecret/action", {PermissionKind::kSecrets, "set"}},
    {"secrets/readMetadata/action", {PermissionKind::kSecrets, "list"}},
    {"secrets/update/action", {PermissionKind::kSecrets, "set"}},
    {"secrets/delete", {PermissionKind::kSecrets, "delete"}},
    {"secrets/backup/action", {PermissionKind::kSecrets, "backup"}},
    {"secrets/restore/action", {PermissionKind::kSecrets, "restore"}},
    {"secrets/recover/action", {PermissionKind::kSecrets, "recover"}},
    {"secrets/purge/action", {PermissionKind::kSecrets, "purge"}},
    {"keys/read", {PermissionKind::kKeys, "list"}},
    {"keys/create/action", {PermissionKind::kKeys, "create"}},
    {"keys/import/action", {PermissionKind::kKeys, "import"}},
    {"keys/update/action", {PermissionKind::kKeys, "update"}},
    {"keys/delete", {PermissionKind::kKeys, "delete"}},
    {"keys/backup/action", {PermissionKind::kKeys, "backup"}},
    {"keys/restore/action", {PermissionKind::kKeys, "restore"}},
    {"keys/recover/action", {PermissionKind::kKeys, "recover"}},
    {"keys/purge/action", {PermissionKind::kKeys, "purge"}},
    {"keys/encrypt/action", {PermissionKind::kKeys, "encrypt"}},
    {"keys/decrypt/action", {PermissionKind::kKeys, "decrypt"}},
    {"keys/wrap/action", {PermissionKind::kKeys, "wrapKey"}},
    {"keys/unwrap/action", {PermissionKind::kKeys, "unwrapKey"}},
    {"keys/sign/action", {PermissionKind::kKeys, "sign"}},
    {"keys/verify/action", {PermissionKind::kKeys, "verify"}},
    {"keys/release/action", {PermissionKind::kKeys, "release"}},
    {"keys/rotate/action", {PermissionKind::kKeys, "rotate"}},
    {"keyrotationpolicies/read", {PermissionKind::kKeys, "getrotationpolicy"}},
    {"keyrotationpolicies/write", {PermissionKind::kKeys, "setrotationpolicy"}},
    {"rng/action", {PermissionKind::kKeys, "get"}},
    {"certificates/read", {PermissionKind::kCertificates, "list"}},
    {"certificates/create/action", {PermissionKind::kCertificates, "create"}},
    {"certificates/import/action", {PermissionKind::kCertificates, "import"}},
    {"certificates/update/action", {PermissionKind::kCertificates, "update"}},
    {"certificates/delete", {PermissionKind::kCertificates, "delete"}},
    {"certificates/backup/action", {PermissionKind::kCertificates, "backup"}},
    {"certificates/restore/action", {PermissionKind::kCertificates, "restore"}},
    {"certificates/recover/action", {PermissionKind::kCertificates, "recover"}},
    {"certificates/purge/action", {PermissionKind::kCertificates, "purge"}},
    {"certificatecas/read", {PermissionKind::kCertificates, "getissuers"}},
    {"certificatecas/write", {PermissionKind::kCertificates, "setissuers"}},
    {"certificatecas/delete", {PermissionKind::kCertificates, "deleteissuers"}},
    {"certificatecontacts/write", {PermissionKind::kCertificates, "managecontacts"}},
};

// "/secrets", "/secrets/s", "/secrets/s/versions": collection, name and what comes behind, as sent.
struct Path {
  std::string_view collection = {};
  std::string_view name = {};
  std::string_view behind = {};
};
Path path_of(std::string_view path) {
  const auto take = [&path] {
    if (path.starts_with('/')) path.remove_prefix(1);
    const auto word = path.substr(0, path.find('/'));
    path.remove_prefix(word.size());
    return word;
  };
  Path out;
  out.collection = take();
  out.name = take();
  out.behind = take();
  return out;
}

// An object can have roles of its own: ".../vaults/V/secrets/S". What is done to a collection has the vault's alone.
std::string object_below(const http::Request& request) {
  auto at = path_of(request.path);
  if (!is_item_name(at.name)) return {};
  if (request.method == http::Method::kPost && equals_ignoring_case(at.name, "restore")) return {};
  constexpr std::string_view kDeleted = "deleted";
  if (equals_ignoring_case(at.collection.substr(0, kDeleted.size()), kDeleted)) {
    at.collection.remove_prefix(kDeleted.size());
  }
  return "/" + to_lower(at.collection) + "/" + to_lower(at.name);
}

gate::authz::ScopeChain chain_of(const Vault& vault, const gate::authz::ManagementTree& tree) {
  using gate::authz::with_below;
  auto chain = gate::authz::subscription_chain(vault.tenant, vault.subscription, tree);
  chain = with_below(std::move(chain), "/resourcegroups/" + vault.resource_group);
  return with_below(std::move(chain), "/providers/microsoft.keyvault/vaults/" + vault.name);
}

std::string caller_text(const gate::Identity& who) {
  const bool application = who.application != PrincipalId{};
  return "appid=" + to_string(application ? who.application : who.object) + ";oid=" + to_string(who.object) +
         ";iss=" + to_string(who.tenant);
}

}  // namespace

std::optional<PolicyNeed> need_of(std::string_view action, std::string_view path) {
  if (!action.starts_with(kActions)) return std::nullopt;
  action.remove_prefix(kActions.size());
  const auto row = std::ranges::find(kRows, action, &Row::action);
  if (row == std::end(kRows)) return std::nullopt;
  PolicyNeed need = row->need;
  const auto at = path_of(path);
  const bool one = !at.name.empty() && !equals_ignoring_case(at.behind, "versions");
  if (need.permission == "list" && one) need.permission = "get";
  return need;
}

bool policies_allow(const Vault& vault, const gate::Identity& who, const PolicyNeed& need) {
  // Azure: "all" doesn't include purge.
  const PermissionMask all = need.permission == "purge" ? 0 : kAllPermissions;
  const auto bit = permission(need.kind, need.permission).value_or(0) | all;
  return std::ranges::any_of(vault.settings.policies, [&](const AccessPolicy& policy) {
    if ((policy.may[static_cast<std::size_t>(need.kind)] & bit) == 0 || policy.tenant != who.tenant) return false;
    // A policy for a principal by way of one application says nothing of others.
    if (policy.application != PrincipalId{} && policy.application != who.application) return false;
    return policy.object == who.object || std::ranges::find(who.groups, policy.object) != who.groups.end();
  });
}

bool VaultAccess::takes_audience(std::string_view audience) const {
  return gate::resource_of_audience(audience, domain_) == gate::TokenResource::kVault;
}

bool VaultAccess::roles_allow(const Vault& vault, const gate::Identity& who, const std::string& object,
                              std::string_view action) const {
  const gate::authz::Subject subject{who.tenant, who.object, who.groups};
  auto chain = chain_of(vault, tree_);
  if (!object.empty()) chain = gate::authz::with_below(std::move(chain), object);
  return assignments_.snapshot(vault.tenant)->decide(subject, action, gate::authz::ActionKind::kData, chain).allowed();
}

// An assignment with a condition doesn't count: it says to whom roles may be given, and this is a right over all.
bool VaultAccess::may_give_roles(const Vault& vault, TenantId tenant, PrincipalId who) const {
  return tenant == vault.tenant &&
         gate::authz::may_control(identities_, assignments_, tenant, who,
                                  "Microsoft.Authorization/roleAssignments/write", chain_of(vault, tree_));
}

// The role "Key Vault Crypto Service Encryption User", or a policy with get, wrapKey and unwrapKey.
bool VaultAccess::may_hold(const Vault& vault, const gate::Identity& who, std::string_view key) const {
  const std::string object = "/keys/" + to_lower(key);
  const auto given = [&](std::string_view action, std::string_view permission) {
    if (!vault.settings.rbac) return policies_allow(vault, who, {PermissionKind::kKeys, permission});
    return roles_allow(vault, who, object, std::string(kActions).append(action));
  };
  return given("keys/read", "get") && given("keys/wrap/action", "wrapKey") && given("keys/unwrap/action", "unwrapKey");
}

bool VaultAccess::allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                         std::string_view action) const {
  const auto vault = vaults_.known(target.container);
  if (!vault || vault->tenant != who.tenant || !gate::admits(vault->network, request.peer.address)) return false;
  if (vault->settings.rbac) return roles_allow(*vault, who, object_below(request), action);
  const auto need = need_of(action, request.path);
  return need && policies_allow(*vault, who, *need);
}

gate::ApiError VaultAccess::refuse_token(TokenFault fault) const {
  if (fault == TokenFault::kMissing) {
    return vault_errors::unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
  }
  if (fault == TokenFault::kAudience) {
    return vault_errors::unauthorized("AKV10022: Invalid audience. Expected https://vault." + domain_ + ".");
  }
  if (fault == TokenFault::kIssuer || fault == TokenFault::kTenant) {
    return vault_errors::unauthorized("AKV10032: Invalid issuer.");
  }
  const auto said = TokenRules::refuse_token(fault);
  return vault_errors::unauthorized("AKV10001: " + said.message);
}

gate::ApiError VaultAccess::refuse_action(const gate::Identity& who, const http::Request& request,
                                          const gate::Target& target, std::string_view action) const {
  const auto vault = vaults_.known(target.container);
  if (!vault) return vault_errors::no_such_vault();
  const std::string where = vault->name + ";location=" + vault->settings.location;
  if (!gate::admits(vault->network, request.peer.address)) {
    const std::string why = vault->settings.public_network
                                ? "Client address is not authorized and caller is not a trusted service."
                                : "Public network access is disabled and request is not from a trusted service.";
    return vault_errors::forbidden(
        why + "\r\nClient address: " + request.peer.address + "\r\nCaller: " + caller_text(who) + "\r\nVault: " + where,
        vault->settings.public_network ? "ForbiddenByFirewall" : "ForbiddenByConnection");
  }
  if (vault->settings.rbac) {
    return vault_errors::forbidden("Caller is not authorized to perform action on resource.\r\nCaller: " +
                                       caller_text(who) + "\r\nAction: '" + std::string(action) + "'\r\nResource: '" +
                                       vault_path(*vault) + "'\r\nAssignment: (not found)\r\nVault: " + where,
                                   "ForbiddenByRbac");
  }
  const auto need = need_of(action, request.path);
  const std::string what =
      need ? std::string(name_of(need->kind)) + " " + std::string(need->permission) : std::string(action);
  return vault_errors::forbidden("The user, group or application '" + caller_text(who) + "' does not have " + what +
                                     " permission on key vault '" + where + "'.",
                                 "ForbiddenByPolicy");
}

// CLIENTS: SDKs want the vault's host below the host of `resource`, ports included.
std::string VaultAccess::challenge(const gate::ApiError&, TenantId tenant, std::string_view port,
                                   const gate::TokenAuthority& authority) const {
  return "Bearer authorization=\"" + authority.tenant_uri(tenant, port) + "\", resource=\"https://vault." + domain_ +
         std::string(port) + "\"";
}

}  // namespace freehold::vault
