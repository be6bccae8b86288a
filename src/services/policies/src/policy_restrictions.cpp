// "Policy Restrictions - Check": what the policies would say of a resource that isn't there yet, and which values of
// fields they leave.
#include <algorithm>

#include "base/encoding.h"
#include "expression/json.h"
#include "src/pauses.h"
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
constexpr std::size_t kMaxValues = 200;  // of all fields together: each is a decision over a copy of the content
constexpr std::size_t kMaxContentNodes = 5'000;
constexpr std::size_t kMaxContentBytes = 64 * 1024;

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
  const auto weight = gate::expression::weigh(gate::policy::Json(*content), kMaxContentNodes);
  if (weight.nodes > kMaxContentNodes || weight.text_bytes > kMaxContentBytes) {
    return std::unexpected(policy_errors::too_large(kMaxContentBytes));
  }
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
    Json& tags = resource["tags"];
    if (!tags.is_object()) tags = Json::object();
    tags[field.substr(5)] = value;
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

// A pending field and the values that it might have.
struct Pending {
  std::string field;
  std::vector<Json> values = {};
};

ApiResult<std::vector<Pending>> read_pending(const Json& body) {
  std::vector<Pending> out;
  const auto list = body.find("pendingFields");
  if (list == body.end() || list->is_null()) return out;
  if (!list->is_array() || list->size() > kMaxFields) {
    return std::unexpected(bad("'pendingFields' is a list of at most 20."));
  }
  std::size_t sum = 0;
  for (const auto& one : *list) {
    const auto name = one.is_object() ? one.find("field") : one.end();
    if (!one.is_object() || name == one.end() || !name->is_string() || name->get_ref<const std::string&>().empty()) {
      return std::unexpected(bad("a pending field has no name."));
    }
    const auto values = one.find("values");
    if (values == one.end() || !values->is_array()) continue;
    sum += values->size();
    if (sum > kMaxValues) return std::unexpected(bad("the pending fields have more than 200 values."));
    out.push_back({name->get<std::string>(), std::vector<Json>(values->begin(), values->end())});
  }
  return out;
}

// Which values which policy denies.
class Restrictions {
 public:
  void add(const Decision& decision, const Json& value) {
    for (const auto& finding : decision.findings) {
      if (!finding.denies) continue;
      auto& known = denied_[finding.assignment->id + "\n" + finding.reference_id];
      known.first = info_of(finding);
      known.second.push_back(value);
    }
  }
  [[nodiscard]] Json json() const {
    Json out = Json::array();
    for (const auto& [key, known] : denied_) {
      out.push_back({{"result", "Deny"}, {"values", known.second}, {"policy", known.first}, {"policyEffect", "Deny"}});
    }
    return out;
  }

 private:
  std::map<std::string, std::pair<Json, Json>> denied_;  // by policy: itself, the values
};

}  // namespace

Task<PolicyInsights::Answer> PolicyInsights::check_restrictions(ActionCall call) const {
  FH_CO_TRY(const auto described, read_described(call, parts_.registry));
  FH_CO_TRY(const auto pending, read_pending(call.body));
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
  Pauses pauses;
  for (const auto& one : pending) {
    Restrictions found;
    for (const auto& value : one.values) {
      if (pauses.due()) co_await pauses.take();
      Json content = described.content;
      if (!set_field(content, one.field, value, parts_.store.aliases())) {
        co_return std::unexpected(bad("the field '" + one.field + "' isn't known."));
      }
      found.add(decide(content), value);
    }
    Json list = found.json();
    if (!list.empty()) restrictions.push_back({{"field", one.field}, {"restrictions", std::move(list)}});
  }
  co_return ActionAnswer{.status = 200,
                         .body = {{"contentEvaluationResult", {{"policyEvaluations", std::move(evaluations)}}},
                                  {"fieldRestrictions", std::move(restrictions)}}};
}

}  // namespace freehold::policies
