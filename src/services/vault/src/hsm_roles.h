// The local roles of a Managed HSM pool: definitions, assignments, and what they decide. Pure. Keeps: K1.
//
// Sources: "Local RBAC built-in roles for Managed HSM", "Managed HSM role management", "Role Assignments" and "Role
// Definitions" of the data plane reference, "Azure Key Vault service limits".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authn/identity.h"
#include "authz/decide.h"
#include "src/json_input.h"
#include "src/vault_errors.h"

namespace freehold::vault {

using gate::ApiResult;
using gate::authz::RoleAssignmentId;
using gate::authz::RoleId;

// Azure's limits, of one pool.
inline constexpr std::size_t kMaxPoolDefinitions = 50;
inline constexpr std::size_t kMaxAssignmentsAtPool = 50;  // at "/" and "/keys" together
inline constexpr std::size_t kMaxAssignmentsAtKey = 10;
// Ours: all are in memory.
inline constexpr std::size_t kMaxPoolAssignments = 10'000;

inline constexpr std::string_view kPoolAdministrator = "a290e904-7015-4bba-90c8-60543313cdb4";

struct PoolDefinition {
  RoleId id;
  std::string name;  // "Managed HSM Crypto User"
  std::string description = {};
  std::vector<std::string> data_actions = {};
  std::vector<std::string> not_data_actions = {};
  bool built_in = false;
};

struct PoolAssignment {
  RoleAssignmentId id;
  std::string scope;  // "/", "/keys", "/keys/k1" in lower case
  PrincipalId principal;
  RoleId role;
};

// Those that Azure has, with its ids and data actions.
[[nodiscard]] const std::vector<PoolDefinition>& built_in_pool_roles();
// Does Azure know a data action of this name (in any case)? As it is spelt, or empty.
[[nodiscard]] std::string_view pool_data_action(std::string_view name);

// "", "/", "//", "keys", "/keys/", "/keys/k1": as the part of a path or the member of a body has it. nullopt: no scope.
[[nodiscard]] std::optional<std::string> pool_scope(std::string_view text);
// Every scope whose assignments reach it, outermost first.
[[nodiscard]] gate::authz::ScopeChain pool_chain(const std::string& scope);

// All that decides in one pool, as it is at one moment: immutable, thread-safe.
class PoolRoles {
 public:
  PoolRoles(TenantId tenant, std::vector<PoolDefinition> custom, std::vector<PoolAssignment> assignments);
  [[nodiscard]] bool allows(const gate::Identity& who, const std::string& scope, std::string_view action) const;
  // Built-in ones first.
  [[nodiscard]] std::vector<PoolDefinition> definitions() const;
  [[nodiscard]] const std::vector<PoolDefinition>& custom() const { return custom_; }
  [[nodiscard]] const std::vector<PoolAssignment>& assignments() const { return assignments_; }
  // Null: there is none.
  [[nodiscard]] const PoolDefinition* definition(RoleId id) const;
  [[nodiscard]] const PoolAssignment* assignment(RoleAssignmentId id) const;

 private:
  std::vector<PoolDefinition> custom_;
  std::vector<PoolAssignment> assignments_;
  std::unique_ptr<const gate::authz::Snapshot> snapshot_;
};
using PoolRolesPtr = std::shared_ptr<const PoolRoles>;

// What a request makes of them; the refusals are the API's own.
[[nodiscard]] ApiResult<PoolDefinition> read_definition(RoleId id, const Json& body, const PoolRoles& roles);
[[nodiscard]] ApiResult<PoolAssignment> read_assignment(RoleAssignmentId id, const std::string& scope, const Json& body,
                                                        const PoolRoles& roles);
// 409: it is the last assignment that makes somebody the administrator of the whole pool.
[[nodiscard]] ApiResult<> check_not_last(const PoolAssignment& assignment, const PoolRoles& roles);

[[nodiscard]] Json show_definition(const PoolDefinition& definition);
[[nodiscard]] Json show_assignment(const PoolAssignment& assignment);

// Rows (docs/formats/vault.md). kCorrupt, kUnsupported.
[[nodiscard]] Bytes encode_definition(const PoolDefinition& definition);
[[nodiscard]] Result<PoolDefinition> decode_definition(BytesView row);
[[nodiscard]] Bytes encode_assignment(const PoolAssignment& assignment);
[[nodiscard]] Result<PoolAssignment> decode_assignment(BytesView row);

}  // namespace freehold::vault
