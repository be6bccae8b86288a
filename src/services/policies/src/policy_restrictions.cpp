// "Policy Restrictions - Check": what the policies would say of a resource that isn't there yet, and which values of
// fields they leave.
#include <algorithm>

#include "base/encoding.h"
#include "src/policy_check.h"
#include "src/policy_errors.h"
#include "src/policy_insights.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::policy::Compliance;
using gate::policy::Decision;
using gate::policy::Finding;
using gate::resource::ActionAnswer;
using gate::resource::ActionCall;

constexpr std::size_t kMaxFields = 20;
constexpr std::size_t kMaxValues = 100;

// What the request describes.
struct Described {
  ResourceId id;
  const gate::resource::ResourceType* type = nullptr;
  std::string type_name = {};
  Json content = {};
};

gate::ApiError bad(std::string what) { return policy_errors::invalid_content(std::move(what)); }

ApiResult<Described> read_described(const ActionCall& call, const gate::resource::Registry& registry) {
  const auto details = call.body.is_object() ? call.body.find("resourceDetails") : call.body.end();
  if (!call.body.is_object() || details == call.body.end() || !details->is_object()) {
    return std::unexpected(bad("'resourceDetails' is missing."));
  }
  const auto content = details->find("resourceContent");
  if (content == details->end() || !content->is_object()) return std::unexpected(bad("'resourceContent' is missing."));
  Described out{.id = call.id, .content = *content};
  const auto text = [&](const char* name) {
    const auto at = out.content.find(name);
    return at != out.content.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  out.type_name = text("type");
  if (const auto scope = details->find("scope"); scope != details->end() && scope->is_string()) {
    const auto asked = gate::resource::parse_resource_id(scope->get<std::string>());
    if (!asked || !gate::policy::is_within(asked->text(), call.id.text())) {
      return std::unexpected(bad("'scope' isn't within the scope of the request."));
    }
    out.id = *asked;
  }
  const auto slash = out.type_name.find('/');
  const auto name = text("name");
  if (slash == out.type_name.npos || out.type_name.ends_with('/')) return std::unexpected(bad("'type' is missing."));
  auto id = gate::resource::parse_resource_id((out.id.text() == "/" ? "" : out.id.text()) + "/providers/" +
                                              out.type_name + "/" + (name.empty() ? "unnamed" : name));
  if (!id) return std::unexpected(bad("'type' or 'name' isn't one."));
  out.id = std::move(*id);
  out.type = registry.find(out.type_name);
  return out;
}

std::string_view result_of(const Finding& finding) {
  return finding.compliance == Compliance::kNonCompliant ? "NonCompliant"
         : finding.compliance == Compliance::kCompliant  ? "Compliant"
         : finding.compliance == Compliance::kExempt     ? "Exempt"
                                                         : "Error";
}

Json info_of(const Finding& finding) {
  Json out = {{"policyDefinitionId", finding.definition->id()}, {"policyAssignmentId", finding.assignment->id}};
  if (finding.initiative != nullptr) {
    out["policySetDefinitionId"] = finding.initiative->id;
    out["policyDefinitionReferenceId"] = finding.reference_id;
  }
  return out;
}

Json evaluation_of(const Finding& finding) {
  const auto violation = Json(gate::policy::policy_violation(finding));
  return {{"policyInfo", info_of(finding)},
          {"evaluationResult", result_of(finding)},
          {"effectDetails", {{"policyEffect", gate::policy::effect_name(finding.effect)}}},
          {"evaluationDetails", violation["info"]["evaluationDetails"]}};
}

// The resource with a field set: by its plain name, a tag, or an alias's path. False: it can't be.
bool set_field(Json& resource, const std::string& field, const Json& value, const gate::policy::AliasTable& aliases) {
  for (const auto plain : {"location", "kind", "name", "type"}) {
    if (equals_ignoring_case(field, plain)) {
      resource[plain] = value;
      return true;
    }
  }
  if (equals_ignoring_case(field.substr(0, 5), "tags.")) {
    resource["tags"][field.substr(5)] = value;
    return true;
  }
  const auto* alias = aliases.find(field);
  if (alias == nullptr) return false;
  Json* at = &resource;
  for (const auto& step : alias->path) {
    if (step.member.empty() || (!at->is_object() && !at->is_null())) return false;
    at = &(*at)[step.member];
  }
  *at = value;
  return true;
}

}  // namespace

PolicyInsights::Answer PolicyInsights::check_restrictions(const ActionCall& call) const {
  FH_TRY(const auto described, read_described(call, parts_.registry));
  const auto policies = parts_.store.state(call.caller.tenant);
  const auto decide = [&](const Json& content) {
    SeenResource seen;
    see_resource(seen, described.id, described.type, content, call.caller.tenant, call.caller.now, parts_.tree,
                 parts_.scopes);
    seen.target.type = described.type_name;
    return policies->compiled().decide(seen.target);
  };
  Json evaluations = Json::array();
  const Decision whole = decide(described.content);
  for (const auto& finding : whole.findings) {
    if (finding.compliance != Compliance::kCompliant) evaluations.push_back(evaluation_of(finding));
  }
  Json restrictions = Json::array();
  const auto pending = call.body.find("pendingFields");
  if (pending != call.body.end() && !pending->is_null()) {
    if (!pending->is_array() || pending->size() > kMaxFields)
      return std::unexpected(bad("'pendingFields' is a list of at most 20."));
    for (const auto& one : *pending) {
      const std::string field = one.is_object() ? one.value("field", "") : "";
      const auto values = one.is_object() ? one.find("values") : one.end();
      if (field.empty()) return std::unexpected(bad("a pending field has no name."));
      if (!one.contains("values") || !values->is_array()) continue;
      if (values->size() > kMaxValues) return std::unexpected(bad("a pending field has more than 100 values."));
      std::map<std::string, std::pair<Json, Json>> denied;  // by policy: the values
      for (const auto& value : *values) {
        Json content = described.content;
        if (!set_field(content, field, value, parts_.store.aliases())) {
          return std::unexpected(bad("the field '" + field + "' isn't known."));
        }
        for (const auto& finding : decide(content).findings) {
          if (!finding.denies) continue;
          auto& known = denied[finding.assignment->id + "\n" + finding.reference_id];
          known.first = info_of(finding);
          known.second.push_back(value);
        }
      }
      Json list = Json::array();
      for (auto& [key, known] : denied) {
        list.push_back(
            {{"result", "Deny"}, {"values", known.second}, {"policy", known.first}, {"policyEffect", "Deny"}});
      }
      if (!list.empty()) restrictions.push_back({{"field", field}, {"restrictions", std::move(list)}});
    }
  }
  return ActionAnswer{.status = 200,
                      .body = {{"contentEvaluationResult", {{"policyEvaluations", std::move(evaluations)}}},
                               {"fieldRestrictions", std::move(restrictions)}}};
}

}  // namespace freehold::policies
