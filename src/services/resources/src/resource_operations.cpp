#include "src/resource_operations.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/extensions.h"
#include "src/resource_rules.h"
#include "src/scope_roles.h"
#include "src/scope_rules.h"
#include "src/spelling.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ActionCall;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using gate::resource::ResourceAction;
using gate::resource::ResourceType;
using gate::resource::ScopeKind;
using http::Method;
using Turn = runtime::Turn::Guard;

gate::resource::Reading reading(const ArmCall& call) {
  return {.api_version = call.api_version, .caller = call.caller};
}

gate::ApiError not_there(const ResourceId& id) {
  return arm_errors::resource_not_found(id.type() + "/" + id.full_name(), id.group);
}
gate::ApiError not_there(const ResourceType& type, const ResourceId& id) {
  const auto& [code, noun] = type.absence;
  if (code.empty()) return not_there(id);
  return arm_errors::make(404, code, "The " + noun + " '" + id.full_name() + "' could not be found.");
}

// Held while a provider writes: what was decided of the group stays true until then.
struct Writing {
  Turn turn;
  Json before;
};

// The group is there and not going, the provider is wanted here, and what it stands in is there.
ApiResult<> check_place(const TenantState& state, const ResourceType& type, const ResourceId& id) {
  if (!id.subscription) return {};
  const auto subscription = state.subscription(*id.subscription);
  if (subscription == nullptr) {
    return std::unexpected(arm_errors::subscription_not_found(to_string(*id.subscription)));
  }
  FH_CHECK_OK(check_registered(*subscription, type.provider));
  if (type.at == ScopeKind::kResourceGroup) {
    FH_CHECK_OK(standing_group(state, id));
  }
  return {};
}

// What a resource that extends another, or a scope, stands on is there: nothing waits for whoever makes it later.
gate::Task<ApiResult<>> check_extended(const ArmParts& parts, ArmCall call, ResourceId scope) {
  FH_CO_CHECK_OK(check_scope_stands(*parts.store.state(call.caller.tenant), call.caller.tenant, scope));
  if (scope.kind() != ScopeKind::kResource) co_return ApiResult<>();
  FH_CO_TRY(const auto found, co_await find_resource(parts, call, scope));
  if (found.is_null()) co_return std::unexpected(not_there(scope));
  co_return ApiResult<>();
}

gate::Task<ApiResult<Writing>> begin_writing(const ArmParts& parts, const ResourceType& type, ArmCall call) {
  const std::string place = call.id.subscription ? group_key(*call.id.subscription, call.id.group) : "/";
  auto turn = co_await parts.turns.of(place).take();
  if (!turn) co_return std::unexpected(arm_errors::of(turn.error()));
  FH_CO_CHECK_OK(check_place(*parts.store.state(call.caller.tenant), type, call.id));
  if (type.at == ScopeKind::kResource) {
    FH_CO_CHECK_OK(co_await check_extended(parts, call, call.id.scope()));
  }
  if (call.id.parts.back().types.size() > 1) {
    FH_CO_TRY(const auto parent, co_await find_resource(parts, call, call.id.parent()));
    if (parent.is_null()) co_return std::unexpected(arm_errors::parent_not_found(call.id.parent().text()));
  }
  FH_CO_TRY(auto before, co_await type.behind->get(call.id, reading(call)));
  co_return Writing{std::move(*turn), std::move(before)};
}

ProposedChange propose(const ArmCall& call, const ResourceType& type, ChangeKind kind, const http::Request& request) {
  return {.kind = kind,
          .id = call.id,
          .type = &type,
          .api_version = call.api_version,
          .if_match = std::string(request.headers.get("if-match")),
          .if_none_match = std::string(request.headers.get("if-none-match")),
          .caller = call.caller};
}

// What observers are told of it: whose it is, and not what it was.
ProposedChange outline_of(const ProposedChange& change) {
  return {.kind = change.kind,
          .id = change.id,
          .type = change.type,
          .api_version = change.api_version,
          .caller = change.caller};
}

template <class Operation>
gate::Task<Reply> write(const ArmParts& parts, const ResourceType& type, ChangeKind kind, Permit<Operation> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  FH_CO_TRY(auto sent, co_await read_object(*permit.request().body));
  FH_CO_TRY(auto body, spelled(std::move(sent), type));
  FH_CO_TRY(auto writing, co_await begin_writing(parts, type, call));
  auto change = propose(call, type, kind, permit.request());
  if (kind == ChangeKind::kPatch && writing.before.is_null()) co_return std::unexpected(not_there(type, call.id));
  change.after = kind == ChangeKind::kPatch ? gate::resource::overlay(writing.before, body) : std::move(body);
  change.before = std::move(writing.before);
  FH_CO_CHECK_OK(check_body(change, parts.site));
  FH_CO_TRY(auto approved, parts.registry.checks().approve(std::move(change)));
  FH_CO_CHECK_OK(co_await parts.registry.expect(*approved));
  const auto told = outline_of(*approved);
  FH_CO_TRY(const auto written, co_await type.behind->put(std::move(approved)));
  parts.registry.tell(told, written.resource);
  co_return json_answer(written.status, written.resource);
}

gate::Task<Reply> remove(const ArmParts& parts, const ResourceType& type, Permit<DeleteResource> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  FH_CO_TRY(auto writing, co_await begin_writing(parts, type, call));
  const auto key = gate::resource::key_of(call.id);
  if (writing.before.is_null()) {
    FH_CO_CHECK_OK(co_await forget_roles(parts.assignments, call.caller.tenant, key));
    co_return empty_answer(204);
  }
  auto change = propose(call, type, ChangeKind::kDelete, permit.request());
  change.before = std::move(writing.before);
  FH_CO_TRY(auto approved, parts.registry.checks().approve(std::move(change)));
  const auto told = outline_of(*approved);
  FH_CO_TRY(const auto removed, co_await type.behind->remove(std::move(approved)));
  FH_CO_CHECK_OK(co_await forget_roles(parts.assignments, call.caller.tenant, key));
  parts.registry.tell(told, nullptr);
  if (type.at != ScopeKind::kResource) {
    FH_CO_CHECK_OK(co_await remove_extensions(parts.registry, call.caller, call.id));
  }
  // Some answer with what they removed.
  co_return removed.resource.is_null() ? empty_answer(removed.status) : json_answer(removed.status, removed.resource);
}

template <class Operation>
gate::Task<Reply> get(const ArmParts& parts, const ResourceType& type, bool shown, Permit<Operation> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  if (type.at == ScopeKind::kResourceGroup) {
    FH_CO_CHECK_OK(group_of(call));
  }
  FH_CO_TRY(const Json found, co_await type.behind->get(call.id, reading(call)));
  if (found.is_null()) co_return std::unexpected(not_there(type, call.id));
  if (!shown) co_return empty_answer(204);
  auto answer = json_answer(200, found);
  if (const auto etag = found.find("etag"); etag != found.end() && etag->is_string()) {
    answer.headers.add("etag", etag->get<std::string>());
  }
  co_return answer;
}

// Each caller sees what it may read. Whoever may read a scope sees what is in force there, though it stands above.
auto hidden_from(const ArmParts& parts, const ArmCall& call, const ResourceType& type,
                 const gate::resource::ListScope& scope) {
  std::string action = type.action("read");
  const bool here = scope.at && may(parts, call, action, call.id);
  return [&parts, &call, &type, here, action = std::move(action),
          below = gate::resource::key_of(call.id) + "/"](const Json& item) {
    const auto id = gate::resource::parse_resource_id(item.value("id", ""));
    if (!id) return true;
    const bool shared = type.shared_at_tenant && id->scope().kind() == ScopeKind::kTenant;
    const bool inherited = here && !gate::resource::key_of(*id).starts_with(below);
    return !shared && !inherited && !may(parts, call, action, *id);
  };
}

gate::Task<Reply> list(const ArmParts& parts, const ResourceType& type, Permit<ListResources> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  gate::resource::ListScope scope{.tenant = call.caller.tenant, .subscription = {}};
  if (call.id.subscription) scope.subscription = *call.id.subscription;
  if (!type.shared_at_tenant || call.id.kind() != ScopeKind::kTenant) {
    FH_CO_CHECK_OK(check_sees(parts, call, type.action("read"), call.id));
  }
  if (!call.id.group.empty()) {
    FH_CO_CHECK_OK(group_of(call));
    scope.group = call.id.group;
  }
  if (type.at == ScopeKind::kResource && !type.type.contains('/')) {
    FH_CO_CHECK_OK(co_await check_extended(parts, call, call.id));
    scope.at = call.id;
  } else if (!call.id.parts.empty()) {
    FH_CO_TRY(const auto parent, co_await find_resource(parts, call, call.id));
    if (parent.is_null()) co_return std::unexpected(arm_errors::parent_not_found(call.id.text()));
    scope.parent = call.id;
  }
  auto wanted = reading(call);
  wanted.filter = permit.request().parameter("$filter");
  FH_CO_TRY(const auto top, top_of(permit.request()));
  FH_CO_TRY(wanted.behind, skip_token_of(permit.request()));
  if (type.pages) wanted.most = top + 1;  // one more tells that there is a next page
  const auto hidden = hidden_from(parts, call, type, scope);
  std::vector<Json> shown;
  for (bool more = true; more && shown.size() <= top;) {
    FH_CO_TRY(auto found, co_await type.behind->list(type, scope, wanted));
    more = type.pages && found.size() >= wanted.most;
    for (const Json& item : found) wanted.behind = std::max(wanted.behind, sort_key(item));
    std::erase_if(found, hidden);
    std::ranges::move(found, std::back_inserter(shown));
  }
  co_return list_answer(permit.request(), call, std::move(shown));
}

http::Response answer_of(const gate::resource::ActionAnswer& answer) {
  auto response = answer.body.is_null() ? empty_answer(answer.status) : json_answer(answer.status, answer.body);
  for (const auto& [name, value] : answer.headers.fields()) response.headers.add(name, value);
  return response;
}

gate::Task<Reply> act_on(const ArmParts& parts, const ResourceType& type, const ResourceAction& action,
                         Permit<ActOnResource> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  FH_CO_TRY(auto body, co_await read_json(*permit.request().body));
  FH_CO_TRY(auto writing, co_await begin_writing(parts, type, call));
  if (writing.before.is_null()) co_return std::unexpected(not_there(type, call.id));
  std::optional<gate::resource::ApprovedChange> approved;  // held until it is done: so are the policies that it passed
  if (action.alters || action.reveals_keys) {
    auto change = propose(call, type, ChangeKind::kAction, permit.request());
    change.action = action.name;
    change.before = writing.before;
    change.after = body;
    FH_CO_TRY(approved, parts.registry.checks().approve(std::move(change)));
  }
  FH_CO_TRY(const auto answer, co_await type.behind->act({.action = action.name,
                                                          .id = call.id,
                                                          .path = call.rest,
                                                          .body = std::move(body),
                                                          .resource = std::move(writing.before),
                                                          .api_version = call.api_version,
                                                          .caller = call.caller,
                                                          .query = permit.request().query}));
  co_return answer_of(answer);
}

gate::Task<Reply> act_above(const ArmParts& parts, const ResourceType& type, const ResourceAction& action,
                            Permit<ActAbove> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_CHECK_OK(check_version(type, call.api_version, parts.site));
  if (action.at == ResourceAction::At::kScope) {
    FH_CO_CHECK_OK(co_await check_extended(parts, call, call.id));
  }
  FH_CO_TRY(auto body, co_await read_json(*permit.request().body));
  FH_CO_TRY(const auto answer, co_await type.behind->act({.action = action.name,
                                                          .id = call.id,
                                                          .path = call.rest,
                                                          .body = std::move(body),
                                                          .resource = nullptr,
                                                          .api_version = call.api_version,
                                                          .caller = call.caller,
                                                          .query = permit.request().query}));
  co_return answer_of(answer);
}

std::string front_of(ScopeKind at) {
  switch (at) {
    case ScopeKind::kTenant:
    case ScopeKind::kManagementGroup:
      return "";
    case ScopeKind::kSubscription:
      return "/subscriptions/{subscription}";
    case ScopeKind::kResourceGroup:
      return "/subscriptions/{subscription}/resourceGroups/{group}";
    case ScopeKind::kResource:
      return "{scope}";
  }
  return "";
}

// "/providers/NS/t1/{name1}/t2": the list; and the item, with a name more.
struct Paths {
  std::string list;
  std::string item;
};
Paths paths_of(const ResourceType& type) {
  Paths out;
  std::string path = "/providers/" + type.provider;
  std::string_view words = type.type;
  for (int i = 1; !words.empty(); ++i) {
    const auto word = words.substr(0, words.find('/'));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    out.list = path + "/" + std::string(word);
    path = out.list + "/{name" + std::to_string(i) + "}";
  }
  out.item = path;
  return out;
}

// The rows of one type. Names and paths are made here and kept by the gate.
class TypeRows {
 public:
  TypeRows(ArmGate& gate, const ArmParts& parts, const ResourceType& type) : gate_(gate), parts_(parts), type_(type) {}

  void add() {
    const auto paths = paths_of(type_);
    const std::string front = front_of(type_.at);
    const auto item = gate_.keep(front + paths.item);
    add_writes(item);
    if (has(gate::resource::kGet)) {
      if (type_.shared_at_tenant) add_get(gate_.keep(paths.item), "");
      add_get(item, gate_.keep(type_.action("read")));
    }
    if (has(gate::resource::kHead)) {
      put_row<CheckResource>(Method::kHead, item, "read",
                             [&parts = parts_, &type = type_](Permit<CheckResource> permit) {
                               return get(parts, type, false, std::move(permit));
                             });
    }
    if (has(gate::resource::kListInGroup)) add_list(front + paths.list);
    const bool above = type_.at == ScopeKind::kResourceGroup && !type_.type.contains('/');
    if (has(gate::resource::kListInSubscription) && above) add_list("/subscriptions/{subscription}" + paths.list);
    for (const auto& action : type_.actions) add_action(action, item);
  }

 private:
  [[nodiscard]] bool has(gate::resource::VerbSet verb) const { return (type_.verbs & verb) != 0; }

  template <class Operation, class Fn>
  void put_row(Method method, std::string_view path, std::string_view verb, Fn handler) {
    const auto action = gate_.keep(type_.action(verb));
    gate_.add_as<Operation>(action, arm_row(method, path, action), std::move(handler));
  }
  // An empty action: for any caller.
  void add_get(std::string_view path, std::string_view action) {
    gate_.add_as<GetResource>(gate_.keep(type_.action("read")), arm_row(Method::kGet, path, action),
                              [&parts = parts_, &type = type_](Permit<GetResource> permit) {
                                return get(parts, type, true, std::move(permit));
                              });
  }
  void add_writes(std::string_view item) {
    if (has(gate::resource::kPut)) {
      put_row<PutResource>(Method::kPut, item, "write", [&parts = parts_, &type = type_](Permit<PutResource> permit) {
        return write(parts, type, ChangeKind::kPut, std::move(permit));
      });
    }
    if (has(gate::resource::kPatch)) {
      put_row<PatchResource>(Method::kPatch, item, "write",
                             [&parts = parts_, &type = type_](Permit<PatchResource> permit) {
                               return write(parts, type, ChangeKind::kPatch, std::move(permit));
                             });
    }
    if (has(gate::resource::kDelete)) {
      put_row<DeleteResource>(Method::kDelete, item, "delete",
                              [&parts = parts_, &type = type_](Permit<DeleteResource> permit) {
                                return remove(parts, type, std::move(permit));
                              });
    }
  }
  void add_list(std::string path) {
    const auto action = gate_.keep(type_.action("read"));
    gate_.add_as<ListResources>(action, arm_row(Method::kGet, gate_.keep(std::move(path)), ""),
                                [&parts = parts_, &type = type_](Permit<ListResources> permit) {
                                  return list(parts, type, std::move(permit));
                                });
  }
  void add_action(const ResourceAction& action, std::string_view item) {
    using At = ResourceAction::At;
    const std::string above = action.at == At::kSubscription ? "/subscriptions/{subscription}"
                              : action.at == At::kScope      ? "{scope}"
                                                             : "";
    const std::string path = action.at == At::kResource ? std::string(item) + "/" + action.name
                                                        : above + "/providers/" + type_.provider + "/" + action.name;
    auto row = arm_row(action.method, gate_.keep(path), action.any_caller ? std::string_view() : action.action);
    row.data = action.data;
    const auto name =
        action.action.empty() ? gate_.keep(type_.provider + "/" + action.name) : std::string_view(action.action);
    if (action.at == At::kResource) {
      gate_.add_as<ActOnResource>(name, row, [&parts = parts_, &type = type_, &action](Permit<ActOnResource> permit) {
        return act_on(parts, type, action, std::move(permit));
      });
    } else {
      gate_.add_as<ActAbove>(name, row, [&parts = parts_, &type = type_, &action](Permit<ActAbove> permit) {
        return act_above(parts, type, action, std::move(permit));
      });
    }
  }

  ArmGate& gate_;
  const ArmParts& parts_;
  const ResourceType& type_;
};

}  // namespace

Task<ApiResult<Json>> find_resource(const ArmParts& parts, const ArmCall& call, ResourceId id) {
  const auto* type = parts.registry.find(id.type());
  if (type == nullptr) co_return std::unexpected(not_there(id));
  auto wanted = reading(call);
  if (!gate::resource::takes_version(*type, wanted.api_version)) wanted.api_version = type->api_versions.front();
  co_return co_await type->behind->get(std::move(id), std::move(wanted));
}

void add_resource_routes(ArmGate& gate, const ArmParts& parts) {
  for (const auto& type : parts.registry.types()) TypeRows(gate, parts, type).add();
}

}  // namespace freehold::resources
