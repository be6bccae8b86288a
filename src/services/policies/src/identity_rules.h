// Who may act for a policy assignment, by what the assignment says and what its definitions do. Pure.
//
// Source: "Azure Policy assignment structure", Identity; "Remediate non-compliant resources", How access control works.
#pragma once

#include "src/tenant_policies.h"

namespace freehold::policies {

struct WantedIdentity {
  enum class Type : std::uint8_t { kNone, kSystemAssigned, kUserAssigned };
  Type type = Type::kNone;
  std::string id = {};  // of a user-assigned one, the resource's
};

// Of an assignment's body, which has one identity at most. 400 InvalidRequestContent, LocationRequired.
[[nodiscard]] gate::ApiResult<WantedIdentity> wanted_identity(const Json& after);
// As it is kept and shown: {"type", "principalId", "tenantId"}; a null principal: {"type": "None"}.
[[nodiscard]] Json identity_json(TenantId tenant, std::optional<PrincipalId> principal);
// Of a user-assigned one: {"type", "userAssignedIdentities": {id: {"principalId", "clientId"}}}.
[[nodiscard]] Json identity_json(const gate::resource::UserIdentity& identity);
// Of a kept assignment.
[[nodiscard]] std::optional<PrincipalId> identity_of(const Json& body);
// The user-assigned one's; nullopt: it has none such.
[[nodiscard]] std::optional<gate::resource::UserIdentity> user_identity_of(const Json& body);
// What an assignment assigns must not need an identity that it hasn't: 400 ResourceIdentityRequired.
[[nodiscard]] gate::ApiResult<> check_has_identity(const TenantPolicies& state, const Entry& assignment);

}  // namespace freehold::policies
