#include "src/policy_resources.h"

#include <algorithm>
#include <set>

#include "authz/control_right.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "expression/json.h"
#include "src/identity_rules.h"
#include "src/policy_errors.h"
#include "src/policy_filter.h"
#include "src/policy_rules.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::expression::text_member;
using gate::resource::ApprovedChange;
using gate::resource::ProposedChange;
using gate::resource::ScopeKind;
using gate::resource::Written;

Kind kind_of_change(const ProposedChange& change) {
  const auto kind = kind_of(change.type->type);
  FH_CHECK(kind.has_value());
  return *kind;
}

// These have no ETags.
ApiResult<> check_conditions(const ProposedChange& change, bool there) {
  if (!change.if_none_match.empty() && there) return std::unexpected(policy_errors::precondition_failed());
  if (!change.if_match.empty() && (!there || change.if_match != "*")) {
    return std::unexpected(policy_errors::precondition_failed());
  }
  return {};
}

// Azure's clients expect a definition and an assignment to be "created" every time.
int status_of(Kind kind, gate::resource::ChangeKind change, bool made) {
  if (change == gate::resource::ChangeKind::kPatch) return 200;
  const bool always = kind == Kind::kDefinition || kind == Kind::kAssignment;
  return always || made ? 201 : 200;
}

bool has_category(const Json& shown, std::string_view wanted) {
  const auto& properties = shown["properties"];
  const auto metadata = properties.find("metadata");
  return metadata != properties.end() && metadata->is_object() &&
         equals_ignoring_case(metadata->value("category", ""), wanted);
}

bool is_expired(const Entry& entry, WallTime now) {
  return entry.exemption && entry.exemption->expires && gate::expression::ticks_of(now) >= *entry.exemption->expires;
}

// What can be told from the entry itself.
bool is_wanted(const Entry& entry, const PolicyFilter& filter, WallTime now) {
  if (filter.only_current && is_expired(entry, now)) return false;
  if (!filter.definition_id.empty() &&
      !(entry.assignment && equals_ignoring_case(entry.assignment->definition_id, filter.definition_id))) {
    return false;
  }
  return filter.assignment_id.empty() ||
         (entry.exemption && equals_ignoring_case(entry.exemption->assignment_id, filter.assignment_id));
}

// As Azure's clients look for it.
std::pair<std::string, std::string> absence_of(Kind kind) {
  switch (kind) {
    case Kind::kDefinition:
      return {"PolicyDefinitionNotFound", "policy definition"};
    case Kind::kInitiative:
      return {"PolicySetDefinitionNotFound", "policy set definition"};
    case Kind::kAssignment:
      return {"PolicyAssignmentNotFound", "policy assignment"};
    case Kind::kExemption:
      return {"PolicyExemptionNotFound", "policy exemption"};
    case Kind::kClassification:
      break;
  }
  return {};
}

}  // namespace

bool is_policy_type(std::string_view full_type) {
  constexpr std::string_view kProvider = "Microsoft.Authorization/";
  if (equals_ignoring_case(full_type, "Freehold.Classification/levels")) return true;
  return equals_ignoring_case(full_type.substr(0, kProvider.size()), kProvider) && kind_of(full_type).has_value();
}

void PolicyResources::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  const std::vector<std::string> versions = {
      "2025-03-01", "2025-01-01", "2024-05-01", "2024-04-01",         "2023-04-01",         "2022-07-01-preview",
      "2022-06-01", "2021-06-01", "2020-09-01", "2020-07-01-preview", "2020-03-01",         "2019-09-01",
      "2019-06-01", "2019-01-01", "2018-05-01", "2018-03-01",         "2017-06-01-preview", "2016-12-01"};
  for (const Kind kind : kEveryKind) {
    if (kind == Kind::kClassification) continue;
    const bool defines = kind == Kind::kDefinition || kind == Kind::kInitiative;
    registry.add({.provider = "Microsoft.Authorization",
                  .type = std::string(type_of(kind)),
                  .api_versions = versions,
                  .at = ScopeKind::kResource,
                  .verbs = kGet | kPut | kDelete | kListInGroup | (defines ? VerbSet{0} : VerbSet{kPatch}),
                  .tracked = false,
                  .taggable = false,
                  .residency = Residency::kGeo,
                  .data = {gate::DataClass::kCustomerData},
                  .shared_at_tenant = defines,
                  .pages = true,
                  .absence = absence_of(kind),
                  .behind = this});
  }
}

bool PolicyResources::stands_above(const ResourceId& scope, const ResourceId& id, TenantId tenant) const {
  if (scope.kind() == ScopeKind::kTenant) return true;
  const auto chain = gate::resource::chain_of(id, tenant, tree_);
  return std::ranges::find(chain.scopes, key_of(scope)) != chain.scopes.end();
}

Task<ApiResult<Json>> PolicyResources::get(ResourceId id, gate::resource::Reading reading) {
  const auto kind = kind_of(id.type());
  const auto found = kind ? store_.state(reading.caller.tenant)->find(*kind, id.text()) : nullptr;
  co_return found == nullptr ? Json(nullptr) : found->shown();
}

// Of a group or subscription: what is above it, at it and below it. Of a management group: above and at it.
Task<ApiResult<std::vector<Json>>> PolicyResources::list(const gate::resource::ResourceType& type,
                                                         gate::resource::ListScope scope,
                                                         gate::resource::Reading reading) {
  FH_CHECK(scope.at && kind_of(type.type));
  const auto filter = parse_policy_filter(reading.filter);
  if (!filter) co_return std::unexpected(policy_errors::bad_filter(reading.filter));
  const auto state = store_.state(scope.tenant);
  const auto& at = *scope.at;
  const std::string here = key_of(at);
  const bool exact = filter->reach == PolicyFilter::Reach::kAtExactScope;
  const bool below = filter->reach == PolicyFilter::Reach::kAll && at.subscription.has_value();
  const auto chain = gate::resource::chain_of(at, scope.tenant, tree_);
  const bool tenant = at.kind() == ScopeKind::kTenant;
  std::vector<Json> out;
  const auto& all = state->all(*kind_of(type.type));
  for (auto next = all.upper_bound(reading.behind); next != all.end() && out.size() < reading.most; ++next) {
    const auto& entry = next->second;
    const auto stands_at = entry->id.scope();
    const std::string stands = key_of(stands_at);
    const bool shared = stands_at.kind() == ScopeKind::kTenant;
    const bool above = shared || (!tenant && std::ranges::find(chain.scopes, stands) != chain.scopes.end());
    const bool there = exact ? stands == here : above || (below && stands.starts_with(here + "/"));
    if (!there || !is_wanted(*entry, *filter, reading.caller.now)) continue;
    Json shown = entry->shown();
    if (!filter->policy_type.empty() &&
        !equals_ignoring_case(shown["properties"].value("policyType", ""), filter->policy_type)) {
      continue;
    }
    if (filter->category.empty() || has_category(shown, filter->category)) out.push_back(std::move(shown));
  }
  co_return out;
}

ApiResult<> PolicyResources::check_definition(const TenantPolicies& state, std::string_view id, const Entry& user,
                                              TenantId tenant, std::string_view version) const {
  const bool set = to_lower(id).find("/policysetdefinitions/") != std::string::npos;
  const auto found = state.find(set ? Kind::kInitiative : Kind::kDefinition, id);
  if (found == nullptr || (set && user.kind == Kind::kInitiative)) {
    return std::unexpected(policy_errors::definition_not_found(id));
  }
  if (!stands_above(found->id.scope(), user.id.scope(), tenant)) {
    return std::unexpected(policy_errors::out_of_scope(user.id.text()));
  }
  std::string has;
  if (found->definition != nullptr) has = found->definition->version();
  if (!version.empty() && !takes_definition_version(version, has)) {
    return std::unexpected(policy_errors::invalid_content("the definition '" + std::string(id) +
                                                          "' has no version that matches '" + std::string(version) +
                                                          "': it has '" + (has.empty() ? "1.0.0" : has) + "'."));
  }
  return {};
}

// "Azure Policy exemption structure", Required permissions: besides writing exemptions where this one stands.
ApiResult<> PolicyResources::check_may_exempt(const Entry& exemption, const Entry& assignment,
                                              const gate::resource::Caller& caller) const {
  constexpr std::string_view kExempt = "Microsoft.Authorization/policyAssignments/exempt/action";
  if (gate::authz::may_control(identities_, assignments_, caller.tenant, caller.object, kExempt,
                               gate::resource::chain_of(assignment.id, caller.tenant, tree_))) {
    return {};
  }
  return std::unexpected(policy_errors::may_not_exempt(to_string(caller.object), exemption.id.scope().text(), kExempt,
                                                       assignment.id.text()));
}

ApiResult<> PolicyResources::check_references(const TenantPolicies& state, const Entry& entry,
                                              const gate::resource::Caller& caller) const {
  const TenantId tenant = caller.tenant;
  if (entry.assignment) {
    const auto properties = Json::parse(entry.body, nullptr, false)["properties"];
    return check_definition(state, entry.assignment->definition_id, entry, tenant,
                            properties.value("definitionVersion", ""));
  }
  if (entry.initiative != nullptr) {
    for (const auto& reference : entry.initiative->references) {
      FH_CHECK_OK(check_definition(state, reference.definition_id, entry, tenant, reference.definition_version));
    }
  }
  if (!entry.exemption) return {};
  const auto exempted = state.find(Kind::kAssignment, entry.exemption->assignment_id);
  if (exempted != nullptr && exempted->built_in) {
    return std::unexpected(policy_errors::protected_by_classification(exempted->id.text()));
  }
  if (exempted == nullptr || !stands_above(exempted->id.scope(), entry.id.scope(), tenant)) {
    return std::unexpected(policy_errors::assignment_not_found(entry.exemption->assignment_id));
  }
  return check_may_exempt(entry, *exempted, caller);
}

// Who may write the assignment keeps the identity that it has; to give it one takes the right to assign that.
ApiResult<gate::resource::UserIdentity> PolicyResources::user_identity(const EntryPtr& before, const std::string& id,
                                                                       const gate::resource::Caller& caller) const {
  if (user_identities_ == nullptr) {
    return std::unexpected(policy_errors::not_implemented("A user-assigned identity of a policy assignment"));
  }
  auto found = user_identities_->assign(caller, id);
  if (found) return std::move(*found);
  const bool same = before != nullptr && before->user_identity && equals_ignoring_case(before->user_identity->id, id);
  if (found.error().code == ErrorCode::kDenied && same) return *before->user_identity;
  if (found.error().code == ErrorCode::kDenied) {
    return std::unexpected(policy_errors::may_not_assign(to_string(caller.object), id));
  }
  return std::unexpected(policy_errors::invalid_content(found.error().message));
}

// One that was removed by hand is made anew.
Task<ApiResult<PolicyResources::Acting>> PolicyResources::acting_for(EntryPtr assignment, WantedIdentity wanted,
                                                                     gate::resource::Caller caller) {
  const TenantId tenant = caller.tenant;
  if (wanted.type == WantedIdentity::Type::kNone) co_return Acting{};
  const auto before = store_.state(tenant)->find(Kind::kAssignment, assignment->id.text());
  if (wanted.type == WantedIdentity::Type::kUserAssigned) {
    FH_CO_TRY(auto user, user_identity(before, wanted.id, caller));
    co_return Acting{.principal = user.principal.object, .user = std::move(user)};
  }
  const bool has = before != nullptr && before->identity && !before->user_identity;
  if (has && managed_.has(tenant, *before->identity)) {
    co_return Acting{.principal = before->identity};
  }
  const auto made = co_await managed_.make(tenant, assignment->id.name(), assignment->id.text(), clock_.now());
  if (!made) co_return std::unexpected(policy_errors::of(made.error()));
  co_return Acting{.principal = made->object, .made = true};
}

// What can't be removed now has no assignment any more, so that nothing acts as it; the next start removes it.
Task<> PolicyResources::drop_identity(TenantId tenant, PrincipalId principal) {
  const auto removed = co_await managed_.remove(tenant, principal);
  if (!removed) {
    log_warning("the identity of a policy assignment can't be removed now; the next start will",
                {{"error", removed.error().message}});
  }
}

Task<Result<>> PolicyResources::sweep_identities(TenantId tenant) {
  std::set<PrincipalId> used;
  const auto state = store_.state(tenant);
  for (const auto& [key, entry] : state->all(Kind::kAssignment)) {
    if (entry->identity) used.insert(*entry->identity);
  }
  for (const auto principal : managed_.all(tenant)) {
    if (used.contains(principal)) continue;
    FH_CO_CHECK_OK(co_await managed_.remove(tenant, principal));
  }
  co_return Result<>();
}

// An identity is made when nothing else is wrong with the assignment.
Task<ApiResult<PolicyResources::Acting>> PolicyResources::with_identity(EntryPtr assignment, Json after, Json body,
                                                                        gate::resource::Caller caller) {
  FH_CO_TRY(const auto wanted, wanted_identity(after));
  FH_CO_CHECK_OK(check_references(*store_.state(caller.tenant), *assignment, caller));
  FH_CO_TRY(auto acting, co_await acting_for(assignment, wanted, caller));
  const bool said = after.contains("identity") && !after["identity"].is_null();
  if (said)
    body["identity"] = acting.user ? identity_json(*acting.user) : identity_json(caller.tenant, acting.principal);
  auto made = make_entry(Kind::kAssignment, assignment->id, body, store_.aliases());
  FH_CHECK(made.has_value());  // it was one without the identity
  acting.assignment = std::move(*made);
  co_return acting;
}

Task<ApiResult<Written>> PolicyResources::put(ApprovedChange change) {
  const Kind kind = kind_of_change(*change);
  const TenantId tenant = change->caller.tenant;
  FH_CO_CHECK_OK(check_place(kind, change->id));
  FH_CO_CHECK_OK(check_conditions(*change, !change->before.is_null()));
  FH_CO_TRY(auto body, read_body(kind, *change));
  auto made = make_entry(kind, change->id, body, store_.aliases());
  if (!made) co_return std::unexpected(policy_errors::of(made.error()));
  EntryPtr entry = std::move(*made);
  Acting acting;
  if (kind == Kind::kAssignment) {
    FH_CO_TRY(acting, co_await with_identity(entry, change->after, std::move(body), change->caller));
    entry = acting.assignment;
  }
  EntryPtr old;
  const auto edit = [&](PolicyDraft& draft) -> ApiResult<> {
    const auto& state = draft.state();
    old = state.find(kind, entry->id.text());
    if (old == nullptr) {
      FH_CHECK_OK(check_room(state.all(kind), kind, entry->id));
    }
    FH_CHECK_OK(check_references(state, *entry, change->caller));
    if (kind == Kind::kAssignment) {
      FH_CHECK_OK(check_has_identity(state, *entry));
    }
    draft.put(entry);
    return check_bytes(draft.state().bytes());
  };
  const auto written = co_await store_.change(tenant, edit);
  if (!written) {
    // What isn't known may have been written: the next start knows.
    if (acting.made && written.error().status < 500) co_await drop_identity(tenant, *acting.principal);
    co_return std::unexpected(written.error());
  }
  if (old != nullptr && old->identity && !old->user_identity && old->identity != acting.principal) {
    co_await drop_identity(tenant, *old->identity);
  }
  co_return Written{.status = status_of(kind, change->kind, old == nullptr), .resource = entry->shown()};
}

Task<ApiResult<Written>> PolicyResources::remove(ApprovedChange change) {
  const Kind kind = kind_of_change(*change);
  FH_CO_CHECK_OK(check_conditions(*change, !change->before.is_null()));
  EntryPtr gone;
  const std::string id = change->id.text();
  const auto edit = [&](PolicyDraft& draft) -> ApiResult<> {
    gone = draft.state().find(kind, id);
    if (gone == nullptr) return {};
    if (gone->built_in) return std::unexpected(policy_errors::protected_by_classification(id));
    if (kind == Kind::kDefinition || kind == Kind::kInitiative) {
      const auto user = draft.state().user_of(kind, id);
      if (!user.empty()) return std::unexpected(policy_errors::in_use(type_of(kind), gone->id.name(), user));
    }
    // Whoever makes an assignment of that name later must not find them.
    if (kind == Kind::kAssignment) {
      const EntryMap exemptions = draft.state().all(Kind::kExemption);
      for (const auto& [key, entry] : exemptions) {
        if (equals_ignoring_case(entry->exemption->assignment_id, id)) draft.remove(*entry);
      }
    }
    draft.remove(*gone);
    return {};
  };
  FH_CO_CHECK_OK(co_await store_.change(change->caller.tenant, edit));
  if (gone == nullptr) co_return Written{.status = 204};
  if (gone->identity && !gone->user_identity) co_await drop_identity(change->caller.tenant, *gone->identity);
  co_return Written{.status = 200, .resource = gone->shown()};
}

Task<ApiResult<gate::resource::ActionAnswer>> PolicyResources::act(gate::resource::ActionCall) {
  co_return std::unexpected(policy_errors::not_implemented("This action"));
}

}  // namespace freehold::policies
