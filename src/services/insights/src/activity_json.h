// An event as the API shows it, and whether it is one that was asked for. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/activity_event.h"
#include "src/activity_filter.h"

namespace freehold::insights {

using Json = nlohmann::json;

// "Conflict" of 409.
[[nodiscard]] std::string_view reason_of(int status);
// `caller` is the name as it is shown: a user's principal name, or else the object id.
[[nodiscard]] Json event_json(const ActivityEvent& event, TenantId tenant, const std::string& caller);
// Only the members that were selected; all, if none was.
[[nodiscard]] Json selected(Json event, const std::vector<std::string>& members);
// Times aside, which the reading of the log is bound to.
[[nodiscard]] bool satisfies(const ActivityEvent& event, const std::string& caller, const ActivityFilter& filter);

}  // namespace freehold::insights
