#include "src/remediation.h"

#include <array>

#include "store/json_row.h"

namespace freehold::policies {
namespace {

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 7> kStates = {"Accepted",  "Evaluating", "InProgress", "Cancelling",
                                                     "Succeeded", "Failed",     "Canceled"};
constexpr std::array<std::string_view, 5> kRemedyStates = {"Accepted", "Running", "Succeeded", "Failed", "Canceled"};

template <class State, std::size_t n>
std::optional<State> parse_state(const std::array<std::string_view, n>& names, std::string_view name) {
  for (std::size_t i = 0; i < n; ++i) {
    if (names[i] == name) return static_cast<State>(i);
  }
  return std::nullopt;
}

std::int64_t micros_of(WallTime time) { return time.time_since_epoch().count(); }

Bytes text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "a row of " + std::string(what) + " is damaged");
}

}  // namespace

std::string_view state_name(RemediationState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view state_name(RemedyState state) { return kRemedyStates[static_cast<std::size_t>(state)]; }

bool is_ended(RemediationState state) { return state >= RemediationState::kSucceeded; }

Json remediation_json(const Remediation& remediation) {
  const auto& r = remediation;
  Json properties = {
      {"policyAssignmentId", r.assignment_id},
      {"resourceDiscoveryMode", r.reevaluates ? "ReEvaluateCompliance" : "ExistingNonCompliant"},
      {"provisioningState", state_name(r.state)},
      {"createdOn", rfc3339_ticks(r.created)},
      {"lastUpdatedOn", rfc3339_ticks(r.updated)},
      {"deploymentStatus",
       {{"totalDeployments", r.total}, {"successfulDeployments", r.succeeded}, {"failedDeployments", r.failed}}},
      {"resourceCount", r.resource_count},
      {"parallelDeployments", r.parallel},
      {"correlationId", r.correlation}};
  if (!r.reference_id.empty()) properties["policyDefinitionReferenceId"] = r.reference_id;
  if (!r.locations.empty()) properties["filters"]["locations"] = r.locations;
  if (!r.resource_ids.empty()) properties["filters"]["resourceIds"] = r.resource_ids;
  if (r.threshold) properties["failureThreshold"] = {{"percentage", *r.threshold}};
  if (!r.message.empty()) properties["statusMessage"] = r.message;
  return {{"id", r.id.text()},
          {"name", r.id.name()},
          {"type", "Microsoft.PolicyInsights/remediations"},
          {"properties", std::move(properties)},
          {"systemData",
           {{"createdBy", to_string(r.by)},
            {"createdByType", "Application"},
            {"createdAt", rfc3339_ticks(r.created)},
            {"lastModifiedBy", to_string(r.by)},
            {"lastModifiedByType", "Application"},
            {"lastModifiedAt", rfc3339_ticks(r.updated)}}}};
}

Json remedy_json(const Remedy& remedy) {
  Json out = {{"remediatedResourceId", remedy.resource},
              {"status", state_name(remedy.state)},
              {"resourceLocation", remedy.location},
              {"createdOn", rfc3339_ticks(remedy.created)},
              {"lastUpdatedOn", rfc3339_ticks(remedy.updated)}};
  if (!remedy.deployment.empty()) out["deploymentId"] = remedy.deployment;
  if (!remedy.error.is_null()) out["error"] = remedy.error;
  return out;
}

Bytes encode(const Remediation& remediation) {
  const auto& r = remediation;
  Json json = {{"v", kVersion},
               {"id", r.id.text()},
               {"assignment", r.assignment_id},
               {"reference", r.reference_id},
               {"reevaluates", r.reevaluates},
               {"locations", r.locations},
               {"resources", r.resource_ids},
               {"count", r.resource_count},
               {"parallel", r.parallel},
               {"state", state_name(r.state)},
               {"message", r.message},
               {"correlation", r.correlation},
               {"origin", r.origin},
               {"created", micros_of(r.created)},
               {"updated", micros_of(r.updated)},
               {"by", to_string(r.by)},
               {"total", r.total},
               {"succeeded", r.succeeded},
               {"failed", r.failed}};
  if (r.threshold) json["threshold"] = *r.threshold;
  return text_of(json);
}

Result<Remediation> decode_remediation(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of remediations"));
  Remediation out;
  std::string id;
  std::string state;
  double threshold = -1;
  store::MemberReader reader(json);
  reader.take("id", id)
      .take("assignment", out.assignment_id)
      .take("reference", out.reference_id)
      .take("reevaluates", out.reevaluates)
      .take("locations", out.locations)
      .take("resources", out.resource_ids)
      .take("count", out.resource_count)
      .take("parallel", out.parallel)
      .take("threshold", threshold)
      .take("state", state)
      .take("message", out.message)
      .take("correlation", out.correlation)
      .take("origin", out.origin)
      .time("created", out.created)
      .time("updated", out.updated)
      .id("by", out.by)
      .take("total", out.total)
      .take("succeeded", out.succeeded)
      .take("failed", out.failed);
  auto parsed = gate::resource::parse_resource_id(id);
  const auto known = parse_state<RemediationState>(kStates, state);
  if (!reader.ok() || !parsed || !known) return corrupt("remediations");
  out.id = std::move(*parsed);
  out.state = *known;
  if (threshold >= 0) out.threshold = threshold;
  return out;
}

Bytes encode(const Remedy& remedy) {
  return text_of({{"v", kVersion},
                  {"number", remedy.number},
                  {"resource", remedy.resource},
                  {"location", remedy.location},
                  {"deployment", remedy.deployment},
                  {"state", state_name(remedy.state)},
                  {"error", remedy.error},
                  {"created", micros_of(remedy.created)},
                  {"updated", micros_of(remedy.updated)}});
}

Result<Remedy> decode_remedy(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a row of remedies"));
  Remedy out;
  std::string state;
  store::MemberReader reader(json);
  reader.take("number", out.number)
      .take("resource", out.resource)
      .take("location", out.location)
      .take("deployment", out.deployment)
      .take("state", state)
      .take("error", out.error)
      .time("created", out.created)
      .time("updated", out.updated);
  const auto known = parse_state<RemedyState>(kRemedyStates, state);
  if (!reader.ok() || !known) return corrupt("remedies");
  out.state = *known;
  return out;
}

}  // namespace freehold::policies
