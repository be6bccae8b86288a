#include "src/policy_check.h"

#include <algorithm>

#include "base/encoding.h"
#include "resource/provider.h"
#include "src/policy_errors.h"
#include "src/policy_resources.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::policy::Decision;
using gate::policy::Target;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using LanguageJson = gate::policy::Json;

constexpr std::size_t kMostViolations = 50;  // told of one request

std::string management_group_id(std::string_view name) {
  return "/providers/Microsoft.Management/managementGroups/" + std::string(name);
}

std::vector<std::string> groups_above(const ResourceId& id, TenantId tenant, const gate::authz::ManagementTree& tree) {
  std::vector<std::string> out = {management_group_id(to_string(tenant))};
  std::vector<std::string> names;
  if (id.subscription) names = tree.groups_above(tenant, *id.subscription);
  if (!id.management_group().empty()) names = tree.groups_above(tenant, id.management_group());
  for (const auto& name : names) out.push_back(management_group_id(name));
  return out;
}

std::string action_of(const ProposedChange& change) {
  return change.kind == ChangeKind::kDelete || change.type == nullptr
             ? "delete"
             : change.type->full_type() + "/" + change.action + "/action";
}

bool is_action(const ProposedChange& change) {
  return change.kind == ChangeKind::kDelete || change.kind == ChangeKind::kAction;
}

// A resource that moves is judged where it will stand.
ResourceId place_of(const ProposedChange& change) {
  ResourceId out = change.id;
  if (change.kind == ChangeKind::kMove && change.destination) {
    out.subscription = change.destination->subscription;
    out.group = change.destination->group;
  }
  return out;
}

gate::ApiError disallowed(const Decision& decision, const std::string& name) {
  LanguageJson info = LanguageJson::array();
  for (const auto& finding : decision.findings) {
    if (finding.denies && info.size() < kMostViolations) info.push_back(gate::policy::policy_violation(finding));
  }
  return policy_errors::disallowed(gate::policy::disallowed_message(name, decision), name,
                                   info.dump(-1, ' ', false, LanguageJson::error_handler_t::replace));
}

}  // namespace

void see_resource(SeenResource& out, const ResourceId& id, const gate::resource::ResourceType* type, const Json& json,
                  TenantId tenant, WallTime now, const gate::authz::ManagementTree& tree,
                  const gate::resource::Scopes& scopes) {
  out.resource = LanguageJson(json.is_object() ? json : Json::object());
  Target& target = out.target;
  target.id = id.text();
  target.type = type != nullptr ? type->full_type()
                : id.kind() == gate::resource::ScopeKind::kResourceGroup
                    ? "Microsoft.Resources/subscriptions/resourceGroups"
                    : id.type();
  target.name = id.name();
  target.resource = &out.resource;
  // Groups and subscriptions have tags too, and modes know them: "Azure Policy definition structure", Mode.
  const bool extends = type == nullptr && id.kind() == gate::resource::ScopeKind::kResource;  // roles and locks
  target.indexed = type == nullptr ? !extends : type->tracked && type->taggable;
  target.ancestors = groups_above(id, tenant, tree);
  target.now = gate::expression::ticks_of(now);
  if (!id.subscription) return;
  target.subscription = LanguageJson(scopes.subscription_json(tenant, *id.subscription));
  if (!id.group.empty()) target.resource_group = LanguageJson(scopes.group_json(tenant, *id.subscription, id.group));
}

bool reaches(std::string_view scope, const Target& target) {
  return gate::policy::is_within(target.id, scope) ||
         std::ranges::any_of(target.ancestors, [&](const auto& above) { return equals_ignoring_case(above, scope); });
}

ApiResult<> PolicyCheck::check_broken(const TenantPolicies& state, const Target& target) const {
  for (const auto& broken : state.broken()) {
    if (!reaches(broken.scope, target)) continue;
    return std::unexpected(policy_errors::disallowed("Resource '" + target.name +
                                                         "' was disallowed: the policy assignment '" +
                                                         broken.assignment_id + "' can't be evaluated: " + broken.why,
                                                     target.name, "[]"));
  }
  return {};
}

Decision PolicyCheck::decide(const TenantPolicies& state, const ProposedChange& change, const Target& target) const {
  if (is_action(change)) return state.compiled().decide_action(target, action_of(change));
  return state.compiled().decide(target);
}

// What is moved keeps at least the level that it had, and gets no more locations: else one person alone could lower it.
ApiResult<> PolicyCheck::check_level(const TenantPolicies& state, const ProposedChange& change) const {
  const TenantId tenant = change.caller.tenant;
  const auto from = gate::resource::chain_of(change.id, tenant, tree_).scopes;
  const bool managed = change.destination && !change.destination->subscription;  // into a management group
  const ResourceId to = managed ? *change.destination : place_of(change);
  auto then = gate::resource::chain_of(to, tenant, tree_).scopes;
  // Its own classification goes with what moves between management groups.
  if (managed) then.push_back(key_of(change.id));
  const Level level = state.level_at(from);
  if (state.level_at(then) < level) {
    return std::unexpected(
        policy_errors::lowers_classification(change.id.text(), level_name(level), level_name(state.level_at(then))));
  }
  const auto allowed = state.locations_at(from);
  const auto allowed_then = state.locations_at(then);
  if (!allowed || (allowed_then && std::ranges::includes(*allowed, *allowed_then))) return {};
  return std::unexpected(policy_errors::widens_locations(change.id.text()));
}

ApiResult<> PolicyCheck::check(ProposedChange& change) const {
  auto [state, epoch] = store_.enter(change.caller.tenant);
  const bool own = is_policy_type(change.id.type());
  if (!own) change.decided_by.push_back(std::move(epoch));
  if (change.kind == ChangeKind::kMove) {
    FH_CHECK_OK(check_level(*state, change));
  }
  if (state->compiled().size() == 0 && state->broken().empty()) return {};
  SeenResource seen;
  const ResourceId place = place_of(change);
  const bool keeps = is_action(change) || change.kind == ChangeKind::kMove;
  see_resource(seen, place, change.type, keeps ? change.before : change.after, change.caller.tenant, change.caller.now,
               tree_, scopes_);
  seen.target.api_version = change.api_version;
  seen.target.caller = {{"idtyp", change.caller.application == PrincipalId{} ? "user" : "app"},
                        {"appid", to_string(change.caller.application)}};
  // What decides can be mended by who may: a policy that nobody could alter any more would be a trap.
  if (!own) {
    FH_CHECK_OK(check_broken(*state, seen.target));
  }
  if (change.type == nullptr && (change.kind == ChangeKind::kAction || change.kind == ChangeKind::kMove)) return {};
  auto decision = decide(*state, change, seen.target);
  if (decision.denied()) return std::unexpected(disallowed(decision, place.name()));
  if (decision.changed) change.after = Json(decision.resource);
  return {};
}

}  // namespace freehold::policies
