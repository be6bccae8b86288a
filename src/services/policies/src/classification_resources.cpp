#include "src/classification_resources.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/policy_errors.h"
#include "src/policy_rules.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::Caller;
using gate::resource::ScopeKind;
using gate::resource::Written;

constexpr std::chrono::hours kPendingFor{7 * 24};

ApiResult<> check_level_place(const ResourceId& id) {
  const auto at = id.scope().kind();
  const bool good =
      at == ScopeKind::kManagementGroup || at == ScopeKind::kSubscription || at == ScopeKind::kResourceGroup;
  if (!good) return std::unexpected(policy_errors::wrong_scope("levels", id.scope().text()));
  if (!equals_ignoring_case(id.name(), "default")) return std::unexpected(policy_errors::bad_name("levels", id.name()));
  return {};
}

Json level_json(const Classification& level) {
  return {{"level", level_name(level.level)}, {"allowedLocations", level.locations}};
}

Json body_of(const Classification& level, const Caller& caller) {
  Json properties = level_json(level);
  properties["setBy"] = to_string(caller.object);
  properties["setOn"] = rfc3339_ticks(caller.now);
  return {{"properties", std::move(properties)}};
}

Json parsed(const Entry& entry) { return Json::parse(entry.body, nullptr, false); }

// A change that waits, and isn't too old.
std::optional<Json> pending_of(const Entry& entry, WallTime now) {
  const Json body = parsed(entry);
  const auto at = body["properties"].find("pendingChange");
  if (at == body["properties"].end() || !at->is_object()) return std::nullopt;
  const auto asked = parse_iso8601(at->value("requestedOn", ""));
  if (!asked || *asked + kPendingFor < now) return std::nullopt;
  return *at;
}

ApiResult<EntryPtr> entry_of(const ResourceId& id, const Json& body, const PolicyStore& store) {
  auto made = make_entry(Kind::kClassification, id, body, store.aliases());
  if (!made) return std::unexpected(policy_errors::of(made.error()));
  return std::move(*made);
}

// The body for what is asked for: as it is to be, or as it was, with the change that waits.
Json next_body(const Entry* old, const Classification& wanted, const Caller& caller) {
  if (old == nullptr || !lowers(*old->classification, wanted)) return body_of(wanted, caller);
  Json body = parsed(*old);
  Json pending = level_json(wanted);
  pending["requestedBy"] = to_string(caller.object);
  pending["requestedOn"] = rfc3339_ticks(caller.now);
  body["properties"]["pendingChange"] = std::move(pending);
  return body;
}

// Whoever approves may say what: else who asked could ask for more in the moment before.
bool is_meant(const Json& pending, const Json& said) {
  if (!said.is_object()) return true;
  for (const auto& [name, value] : said.items()) {
    const auto at = pending.find(name);
    if (at == pending.end() || *at != value) return false;
  }
  return true;
}

// `approved`: the change that waits is made; else it is dropped, and nothing else.
ApiResult<> settle(PolicyDraft& draft, const gate::resource::ActionCall& call, bool approved, const PolicyStore& store,
                   EntryPtr& out) {
  const auto& caller = call.caller;
  const auto& id = call.id;
  const auto old = draft.state().find(Kind::kClassification, id.text());
  const auto pending = old == nullptr ? std::nullopt : pending_of(*old, caller.now);
  if (!pending) return std::unexpected(policy_errors::no_pending_change());
  if (!is_meant(*pending, call.body)) return std::unexpected(policy_errors::pending_change_differs());
  Json body = parsed(*old);
  if (approved) {
    const auto asked_by = parse_guid<PrincipalId>(pending->value("requestedBy", ""));
    const bool other = asked_by && caller.object != PrincipalId{} && *asked_by != caller.object;
    if (!other) return std::unexpected(policy_errors::second_person_required());
    FH_TRY(const auto wanted, entry_of(id, {{"properties", *pending}}, store));
    body = body_of(*wanted->classification, caller);
    body["properties"]["requestedBy"] = to_string(*asked_by);
  }
  body["properties"].erase("pendingChange");
  FH_TRY(out, entry_of(id, body, store));
  draft.put(out);
  return {};
}

}  // namespace

bool lowers(const Classification& from, const Classification& to) {
  if (to.level < from.level) return true;
  if (from.level == Level::kUnclassified || from.locations.empty()) return false;
  if (to.locations.empty()) return true;
  return std::ranges::any_of(to.locations, [&](const std::string& one) {
    return std::ranges::find(from.locations, one) == from.locations.end();
  });
}

void ClassificationResources::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  const std::string prefix = "Microsoft.Authorization/classifications";  // whoever may give roles, not contributors
  registry.add({.provider = std::string(provider_of(Kind::kClassification)),
                .type = std::string(type_of(Kind::kClassification)),
                .api_versions = {"2026-01-01", "2021-04-01"},
                .at = ScopeKind::kResource,
                .verbs = kGet | kPut | kListInGroup,
                .tracked = false,
                .taggable = false,
                .actions = {{.name = "approve", .action = prefix + "/approve/write", .alters = true},
                            {.name = "reject", .action = prefix + "/approve/write", .alters = true}},
                .residency = Residency::kGeo,
                .data = {gate::DataClass::kCustomerData},
                .action_prefix = prefix,
                .behind = this});
}

Task<ApiResult<Json>> ClassificationResources::get(ResourceId id, gate::resource::Reading reading) {
  const auto found = store_.state(reading.caller.tenant)->find(Kind::kClassification, id.text());
  co_return found == nullptr ? Json(nullptr) : found->shown();
}

Task<ApiResult<std::vector<Json>>> ClassificationResources::list(const gate::resource::ResourceType&,
                                                                 gate::resource::ListScope scope,
                                                                 gate::resource::Reading reading) {
  if (!reading.filter.empty()) co_return std::unexpected(policy_errors::bad_filter(reading.filter));
  const auto chain = gate::resource::chain_of(*scope.at, scope.tenant, tree_).scopes;
  const std::string below = key_of(*scope.at) + "/";
  std::vector<Json> out;
  for (const auto& [key, entry] : store_.state(scope.tenant)->all(Kind::kClassification)) {
    const bool above = std::ranges::find(chain, key_of(entry->id.scope())) != chain.end();
    if (above || key.starts_with(below)) out.push_back(entry->shown());
  }
  co_return out;
}

Task<ApiResult<Written>> ClassificationResources::put(gate::resource::ApprovedChange change) {
  FH_CO_CHECK_OK(check_level_place(change->id));
  FH_CO_TRY(auto body, read_body(Kind::kClassification, *change));
  FH_CO_TRY(const auto asked, entry_of(change->id, body, store_));
  EntryPtr now;
  bool fresh = false;
  const auto edit = [&](PolicyDraft& draft) -> ApiResult<> {
    const auto old = draft.state().find(Kind::kClassification, change->id.text());
    fresh = old == nullptr;
    if (fresh) {
      FH_CHECK_OK(check_room(draft.state().all(Kind::kClassification), Kind::kClassification, change->id));
    }
    FH_TRY(now, entry_of(change->id, next_body(old.get(), *asked->classification, change->caller), store_));
    draft.put(now);
    return {};
  };
  FH_CO_CHECK_OK(co_await store_.change(change->caller.tenant, edit));
  co_return Written{.status = fresh ? 201 : 200, .resource = now->shown()};
}

Task<ApiResult<Written>> ClassificationResources::remove(gate::resource::ApprovedChange change) {
  co_return std::unexpected(policy_errors::protected_by_classification(change->id.text()));
}

Task<ApiResult<ActionAnswer>> ClassificationResources::act(gate::resource::ActionCall call) {
  EntryPtr now;
  const auto edit = [&](PolicyDraft& draft) { return settle(draft, call, call.action == "approve", store_, now); };
  FH_CO_CHECK_OK(co_await store_.change(call.caller.tenant, edit));
  co_return ActionAnswer{.status = 200, .body = now->shown()};
}

}  // namespace freehold::policies
