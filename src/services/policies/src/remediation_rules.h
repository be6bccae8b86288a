// What an order to remediate has to say, and what may be done to it. Pure.
//
// Source: "Azure Policy remediation structure" and the REST reference of remediations.
#pragma once

#include "resource/change.h"
#include "src/remediation_store.h"
#include "src/tenant_policies.h"

namespace freehold::policies {

// The order of a request, as it is accepted. 400 InvalidRequestContent, InvalidCreateRemediationRequest.
[[nodiscard]] gate::ApiResult<Remediation> read_remediation(const gate::resource::ProposedChange& change,
                                                            std::string correlation);
// The assignment is there, brings one definition that can mend something, and stands at, above or below the place. 400
// InvalidCreateRemediationRequest.
[[nodiscard]] gate::ApiResult<> check_remediable(const TenantPolicies& state, const Remediation& remediation,
                                                 const gate::authz::ScopeChain& chain);
// 400 InvalidUpdateRemediationRequest: it is active. InvalidCreateRemediationRequest: another of the same is, or too
// many are.
[[nodiscard]] gate::ApiResult<> check_may_begin(const RemediationStore::Map& all, const Remediation& remediation);
// The ended one that went longest ago, if there are as many as may be; null: there is room.
[[nodiscard]] RemediationPtr oldest_to_go(const RemediationStore::Map& all);
// After it was cancelled. 400 InvalidCancelRemediationRequest: it had ended.
[[nodiscard]] gate::ApiResult<Remediation> cancelled(const Remediation& remediation, WallTime now);
// 400 InvalidDeleteRemediationRequest: it is active.
[[nodiscard]] gate::ApiResult<> check_may_go(const Remediation& remediation);
// Have more failed than may?
[[nodiscard]] bool is_beyond_threshold(const Remediation& remediation);
// How it ended when all of its resources have: with its message.
void end_remediation(Remediation& remediation, bool was_cancelled, WallTime now);

}  // namespace freehold::policies
