// The built-in roles of Managed HSM pools and the data actions that there are.
#include <algorithm>

#include "base/encoding.h"
#include "src/hsm_roles.h"

namespace freehold::vault {
namespace {

#define FH_POOL "Microsoft.KeyVault/managedHsm/"

constexpr std::string_view kDataActions[] = {
    FH_POOL "backup/start/action",
    FH_POOL "backup/status/action",
    FH_POOL "keys/backup/action",
    FH_POOL "keys/create",
    FH_POOL "keys/decrypt/action",
    FH_POOL "keys/delete",
    FH_POOL "keys/deletedKeys/delete",
    FH_POOL "keys/deletedKeys/read/action",
    FH_POOL "keys/deletedKeys/recover/action",
    FH_POOL "keys/encrypt/action",
    FH_POOL "keys/export/action",
    FH_POOL "keys/import/action",
    FH_POOL "keys/read/action",
    FH_POOL "keys/release/action",
    FH_POOL "keys/restore/action",
    FH_POOL "keys/rotate/action",
    FH_POOL "keys/sign/action",
    FH_POOL "keys/unwrap/action",
    FH_POOL "keys/verify/action",
    FH_POOL "keys/wrap/action",
    FH_POOL "keys/write/action",
    FH_POOL "restore/start/action",
    FH_POOL "restore/status/action",
    FH_POOL "rng/action",
    FH_POOL "roleAssignments/delete/action",
    FH_POOL "roleAssignments/read/action",
    FH_POOL "roleAssignments/write/action",
    FH_POOL "roleDefinitions/delete/action",
    FH_POOL "roleDefinitions/read/action",
    FH_POOL "roleDefinitions/write/action",
    FH_POOL "securitydomain/download/action",
    FH_POOL "securitydomain/download/read",
    FH_POOL "securitydomain/transferkey/read",
    FH_POOL "securitydomain/upload/action",
    FH_POOL "securitydomain/upload/read",
};

using Actions = std::vector<std::string>;

Actions role_management() {
  return {FH_POOL "roleAssignments/delete/action", FH_POOL "roleAssignments/read/action",
          FH_POOL "roleAssignments/write/action",  FH_POOL "roleDefinitions/read/action",
          FH_POOL "roleDefinitions/write/action",  FH_POOL "roleDefinitions/delete/action"};
}

Actions operator+(Actions a, const Actions& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

PoolDefinition role(std::string_view id, std::string name, std::string description, Actions actions) {
  return {.id = gate::authz::role_id(id),
          .name = std::move(name),
          .description = std::move(description),
          .data_actions = std::move(actions),
          .built_in = true};
}

std::vector<PoolDefinition> make_roles() {
  std::vector<PoolDefinition> out;
  out.push_back(
      role(kPoolAdministrator, "Managed HSM Administrator",
           "Manages the security domain, full backup and restore, and roles; does nothing with keys.",
           role_management() + Actions{FH_POOL "securitydomain/download/action", FH_POOL "securitydomain/download/read",
                                       FH_POOL "securitydomain/upload/action", FH_POOL "securitydomain/upload/read",
                                       FH_POOL "securitydomain/transferkey/read", FH_POOL "backup/start/action",
                                       FH_POOL "restore/start/action", FH_POOL "backup/status/action",
                                       FH_POOL "restore/status/action"}));
  out.push_back(
      role("515eb02d-2335-4d2d-92f2-b1cbdf9c3778", "Managed HSM Crypto Officer",
           "Manages roles, purges and recovers deleted keys, and exports keys.",
           role_management() + Actions{FH_POOL "keys/deletedKeys/read/action", FH_POOL "keys/deletedKeys/delete",
                                       FH_POOL "keys/deletedKeys/recover/action", FH_POOL "keys/export/action"}));
  out.push_back(
      role("21dbd100-6940-42c2-9190-5d6cb909625b", "Managed HSM Crypto User",
           "Makes, uses and manages keys; doesn't purge, recover or export them.",
           {FH_POOL "roleDefinitions/read/action", FH_POOL "roleAssignments/read/action", FH_POOL "keys/read/action",
            FH_POOL "keys/write/action", FH_POOL "keys/rotate/action", FH_POOL "keys/delete", FH_POOL "keys/create",
            FH_POOL "keys/import/action", FH_POOL "keys/release/action", FH_POOL "keys/backup/action",
            FH_POOL "keys/restore/action", FH_POOL "keys/encrypt/action", FH_POOL "keys/decrypt/action",
            FH_POOL "keys/wrap/action", FH_POOL "keys/unwrap/action", FH_POOL "keys/sign/action",
            FH_POOL "keys/verify/action", FH_POOL "rng/action"}));
  out.push_back(role("4bd23610-cdcf-4971-bdee-bdc562cc28e4", "Managed HSM Policy Administrator",
                     "Makes and deletes role assignments and definitions.", role_management()));
  out.push_back(role("2c18b078-7c48-4d3a-af88-5a3a1b3f82b3", "Managed HSM Crypto Auditor",
                     "Reads the attributes of keys, and uses none.",
                     {FH_POOL "roleAssignments/read/action", FH_POOL "roleDefinitions/read/action",
                      FH_POOL "keys/read/action", FH_POOL "keys/deletedKeys/read/action"}));
  out.push_back(role("33413926-3206-4cdd-b39a-83574fe37a17", "Managed HSM Crypto Service Encryption User",
                     "Uses a key for the encryption of a service.",
                     {FH_POOL "keys/read/action", FH_POOL "keys/wrap/action", FH_POOL "keys/unwrap/action"}));
  out.push_back(role("21dbd100-6940-42c2-9190-5d6cb909625c", "Managed HSM Crypto Service Release User",
                     "Releases a key to a trusted execution environment.", {FH_POOL "keys/release/action"}));
  out.push_back(role("7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8", "Managed HSM Backup User",
                     "Backs up single keys or the whole pool.",
                     {FH_POOL "backup/start/action", FH_POOL "backup/status/action", FH_POOL "keys/backup/action"}));
  out.push_back(role("6efe6056-5259-49d2-8b3d-d3d73544b20b", "Managed HSM Restore User",
                     "Restores single keys or the whole pool.",
                     {FH_POOL "restore/start/action", FH_POOL "restore/status/action", FH_POOL "keys/restore/action"}));
  return out;
}

#undef FH_POOL

}  // namespace

const std::vector<PoolDefinition>& built_in_pool_roles() {
  static const auto roles = make_roles();
  return roles;
}

std::string_view pool_data_action(std::string_view name) {
  const auto* found =
      std::ranges::find_if(kDataActions, [&](std::string_view each) { return equals_ignoring_case(each, name); });
  return found == std::end(kDataActions) ? std::string_view() : *found;
}

}  // namespace freehold::vault
