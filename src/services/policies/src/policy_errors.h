// One maker per error of Azure Policy, so that status, code and text never drift.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "policy/refusal.h"
#include "route/api_error.h"

namespace freehold::policies::policy_errors {

using gate::ApiError;

[[nodiscard]] ApiError of(const Error& error);                    // what the store said
[[nodiscard]] ApiError of(const gate::policy::Refusal& refusal);  // what the language said
[[nodiscard]] ApiError unavailable(std::string detail);
[[nodiscard]] ApiError invalid_content(std::string what);
[[nodiscard]] ApiError too_large(std::size_t limit);
[[nodiscard]] ApiError too_many(std::string_view what, std::size_t limit);
[[nodiscard]] ApiError not_implemented(std::string_view what);
[[nodiscard]] ApiError wrong_scope(std::string_view type, std::string_view where);
[[nodiscard]] ApiError bad_name(std::string_view type, std::string_view name);
[[nodiscard]] ApiError reserved_name(std::string_view name);
// What a classification makes is altered by altering the classification.
[[nodiscard]] ApiError protected_by_classification(std::string_view id);
[[nodiscard]] ApiError lowers_classification(std::string_view id, std::string_view from, std::string_view to);
[[nodiscard]] ApiError widens_locations(std::string_view id);
[[nodiscard]] ApiError second_person_required();
[[nodiscard]] ApiError pending_change_differs();
[[nodiscard]] ApiError no_pending_change();
[[nodiscard]] ApiError bad_filter(std::string_view filter);
[[nodiscard]] ApiError in_use(std::string_view type, std::string_view name, std::string_view user);
[[nodiscard]] ApiError definition_not_found(std::string_view id);
[[nodiscard]] ApiError out_of_scope(std::string_view assignment);
[[nodiscard]] ApiError assignment_not_found(std::string_view id);
[[nodiscard]] ApiError may_not_exempt(std::string_view who, std::string_view scope, std::string_view action,
                                      std::string_view assignment);
[[nodiscard]] ApiError may_not_assign(std::string_view who, std::string_view identity);
[[nodiscard]] ApiError location_required();
// `what` it assigns.
[[nodiscard]] ApiError identity_required(std::string_view assignment, std::string_view what);
// InvalidCreateRemediationRequest and its like: `act` is "Create", "Update", "Cancel" or "Delete".
[[nodiscard]] ApiError bad_remediation(std::string_view act, std::string_view name, std::string_view why);
[[nodiscard]] ApiError remediation_not_found(std::string_view name);
[[nodiscard]] ApiError precondition_failed();
// 403 RequestDisallowedByPolicy; `info` is the JSON of additionalInfo.
[[nodiscard]] ApiError disallowed(std::string message, std::string resource_name, std::string info);

}  // namespace freehold::policies::policy_errors
