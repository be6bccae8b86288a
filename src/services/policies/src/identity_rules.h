// Who may act for a policy assignment, by what the assignment says and what its definitions do. Pure.
//
// Source: "Azure Policy assignment structure", Identity; "Remediate non-compliant resources", How access control works.
#pragma once

#include "src/tenant_policies.h"

namespace freehold::policies {

enum class WantedIdentity : std::uint8_t { kNone, kSystemAssigned };

// Of an assignment's body. 400 InvalidRequestContent, LocationRequired; 501 for a user-assigned one.
[[nodiscard]] gate::ApiResult<WantedIdentity> wanted_identity(const Json& after);
// As it is kept and shown: {"type", "principalId", "tenantId"}; a null principal: {"type": "None"}.
[[nodiscard]] Json identity_json(TenantId tenant, std::optional<PrincipalId> principal);
// Of a kept assignment.
[[nodiscard]] std::optional<PrincipalId> identity_of(const Json& body);
// What an assignment assigns must not need an identity that it hasn't: 400 ResourceIdentityRequired.
[[nodiscard]] gate::ApiResult<> check_has_identity(const TenantPolicies& state, const Entry& assignment);

}  // namespace freehold::policies
