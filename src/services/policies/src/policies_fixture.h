// Policies over an engine in memory, with a sample provider whose resources they judge.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/encoding.h"
#include "keys/testing/sealed_table.h"
#include "policies/policies_service.h"
#include "resource/testing/memory_provider.h"
#include "runtime/loops.h"

namespace freehold::policies {

using gate::resource::ChangeKind;
using gate::resource::Json;
using gate::resource::ResourceId;
using runtime::run_blocking;

// Management groups "dept" > "team"; the subscription stands in "team".
class SampleTree final : public gate::authz::ManagementTree {
 public:
  TenantId tenant;
  SubscriptionId subscription;
  std::optional<TenantId> tenant_of(SubscriptionId) const override { return tenant; }
  std::vector<std::string> groups_above(TenantId, SubscriptionId) const override { return {"dept", "team"}; }
  std::vector<std::string> groups_above(TenantId, std::string_view group) const override {
    return equals_ignoring_case(group, "team") ? std::vector<std::string>{"dept"} : std::vector<std::string>();
  }
};

class SampleScopes final : public gate::resource::Scopes {
 public:
  SubscriptionId subscription;
  std::vector<SubscriptionId> subscriptions(TenantId) const override { return {subscription}; }
  std::vector<std::string> group_names(TenantId, SubscriptionId) const override { return {"g", "h"}; }
  Json subscription_json(TenantId, SubscriptionId id) const override {
    return {{"id", "/subscriptions/" + to_string(id)}, {"displayName", "first"}};
  }
  Json group_json(TenantId, SubscriptionId, std::string_view name) const override {
    return {{"name", name}, {"location", "local"}, {"tags", {{"cost", "7"}}}};
  }
  bool has_management_group(TenantId, std::string_view) const override { return true; }
};

// Everybody is there, and in a group that owns everything, but one.
class SampleRights final : public gate::IdentityDirectory, public gate::authz::SnapshotSource {
 public:
  SampleRights() {
    everybody_.bytes.fill(0xee);
    limited.bytes.fill(0x11);
  }
  PrincipalId limited;  // owns `scope` and nothing else
  std::string scope = "/nowhere";
  std::shared_ptr<const gate::Identity> find(TenantId tenant, PrincipalId object) const override {
    gate::Identity out{.tenant = tenant, .object = object};
    if (object != limited) out.groups.push_back(everybody_);
    return std::make_shared<const gate::Identity>(std::move(out));
  }
  std::optional<gate::PrincipalKind> kind_of(TenantId, PrincipalId) const override {
    return gate::PrincipalKind::kServicePrincipal;
  }
  std::shared_ptr<const gate::authz::Snapshot> snapshot(TenantId tenant) const override {
    const auto owner = gate::authz::role_id(gate::authz::roles::kOwner);
    const std::vector<gate::authz::RoleAssignment> all = {{{}, tenant, "/", everybody_, owner},
                                                          {{}, tenant, to_lower(scope), limited, owner}};
    return std::make_shared<const gate::authz::Snapshot>(1, gate::authz::built_in_roles(), all,
                                                         std::span<const gate::authz::DenyAssignment>());
  }

 private:
  PrincipalId everybody_;
};

// A directory that has nothing but identities of assignments.
class SampleIdentities final : public AssignmentIdentities {
 public:
  runtime::Task<Result<gate::resource::ManagedIdentity>> make(TenantId, std::string name, std::string resource_id,
                                                              WallTime) override {
    if (refuse) co_return fail(ErrorCode::kExhausted, "the directory is full");
    PrincipalId id;
    id.bytes.fill(++made);
    names[id] = {std::move(name), std::move(resource_id)};
    co_return gate::resource::ManagedIdentity{id, {}};
  }
  runtime::Task<Result<>> remove(TenantId, PrincipalId object) override {
    names.erase(object);
    removed.push_back(object);
    co_return Result<>();
  }
  bool has(TenantId, PrincipalId object) const override { return names.contains(object); }
  std::vector<PrincipalId> all(TenantId) const override {
    std::vector<PrincipalId> out;
    for (const auto& [id, name] : names) out.push_back(id);
    return out;
  }
  bool refuse = false;
  std::uint8_t made = 0;
  std::vector<PrincipalId> removed;
  std::map<PrincipalId, std::pair<std::string, std::string>> names;
};

// One identity that is a resource, which everybody may assign or nobody.
class SampleUserIdentities final : public gate::resource::UserIdentities {
 public:
  [[nodiscard]] Result<gate::resource::UserIdentity> assign(const gate::resource::Caller&,
                                                            std::string_view id) const override {
    if (denied) return fail(ErrorCode::kDenied, "not yours");
    if (!equals_ignoring_case(id, one.id)) return fail(ErrorCode::kInvalidArgument, "there is none");
    return one;
  }
  gate::resource::UserIdentity one = {
      "/subscriptions/5b5b5b5b-5b5b-5b5b-5b5b-5b5b5b5b5b5b/resourceGroups/g/providers/"
      "Microsoft.ManagedIdentity/userAssignedIdentities/mender",
      {.object = *parse_guid<PrincipalId>("11111111-2222-3333-4444-555555555555"),
       .application = *parse_guid<PrincipalId>("66666666-7777-8888-9999-000000000000")}};
  bool denied = false;
};

class PoliciesTest : public ::testing::Test {
 protected:
  PoliciesTest() {
    tenant_.bytes.fill(0x7e);
    subscription_.bytes.fill(0x5b);
    tree_.tenant = tenant_;
    tree_.subscription = scopes_.subscription = subscription_;
    open();
  }
  void open() {
    registry_ = std::make_unique<gate::resource::Registry>();
    service_ = std::make_unique<PoliciesService>(PoliciesServiceOptions{.store = memory_.sealed(),
                                                                        .clock = memory_.clock,
                                                                        .tree = tree_,
                                                                        .scopes = scopes_,
                                                                        .assignments = rights_,
                                                                        .identities = rights_,
                                                                        .managed = managed_,
                                                                        .user_identities = &user_identities_,
                                                                        .data_types = data_types_,
                                                                        .data_objects = data_objects_});
    boxes_.add_to(*registry_);
    if (add_types) add_types(*registry_);
    service_->add_resource_types(*registry_);
    const auto opened = run_blocking(service_->open(tenant_));
    if (!opened) ADD_FAILURE() << opened.error().message;
  }
  void restart() {
    service_.reset();
    open();
  }

  struct Answer {
    int status = 0;
    std::string code = {};
    Json resource = nullptr;
    Json info = nullptr;
    std::string message = {};
    [[nodiscard]] std::string said() const { return std::to_string(status) + (code.empty() ? "" : " " + code); }
  };
  static Answer refused(const gate::ApiError& error) {
    Answer out{.status = error.status, .code = error.code, .message = error.message};
    for (const auto& [name, value] : error.fields) {
      if (name == "additionalInfo") out.info = Json::parse(value, nullptr, false);
    }
    return out;
  }
  // As the resource manager does it: the checks, then the provider.
  Answer change(ChangeKind kind, const std::string& path, const Json& body = nullptr) {
    auto id = gate::resource::parse_resource_id(path);
    EXPECT_TRUE(id.has_value()) << path;
    const auto* type = registry_->find(id->type());
    EXPECT_NE(type, nullptr) << path;
    gate::resource::ProposedChange proposed{
        .kind = kind, .id = *id, .type = type, .api_version = "2021-06-01", .caller = caller()};
    auto before = run_blocking(type->behind->get(*id, {.api_version = "2021-06-01", .caller = caller()}));
    proposed.before = *before;
    proposed.after = kind == ChangeKind::kPatch ? gate::resource::overlay(*before, body) : body;
    const gate::resource::ProposedChange told{.kind = kind, .id = *id, .type = type, .caller = caller()};
    auto approved = registry_->checks().approve(std::move(proposed));
    if (!approved) return refused(approved.error());
    if (const auto expected = run_blocking(registry_->expect(**approved)); !expected) return refused(expected.error());
    auto written = kind == ChangeKind::kDelete ? run_blocking(type->behind->remove(std::move(*approved)))
                                               : run_blocking(type->behind->put(std::move(*approved)));
    if (!written) return refused(written.error());
    registry_->tell(told, kind == ChangeKind::kDelete ? Json(nullptr) : written->resource);
    return {.status = written->status, .resource = written->resource};
  }
  Answer put(const std::string& path, const Json& body) { return change(ChangeKind::kPut, path, body); }
  Answer remove(const std::string& path) { return change(ChangeKind::kDelete, path); }
  Json get(const std::string& path) {
    const auto id = gate::resource::parse_resource_id(path);
    return *run_blocking(registry_->find(id->type())->behind->get(*id, {.api_version = {}, .caller = caller()}));
  }
  // Of those that a customer made.
  std::vector<std::string> names(const std::string& at, std::string_view type, std::string filter = {}) {
    auto id = at == "/" ? ResourceId{} : *gate::resource::parse_resource_id(at);
    const auto* row = registry_->find("Microsoft.Authorization/" + std::string(type));
    auto found =
        run_blocking(row->behind->list(*row, {.tenant = tenant_, .subscription = {}, .group = id.group, .at = id},
                                       {.api_version = {}, .caller = caller(), .filter = std::move(filter)}));
    if (!found) return {found.error().code};
    std::vector<std::string> out;
    for (const auto& item : *found) out.push_back(item["name"]);
    std::erase_if(out, [](const std::string& name) { return name.starts_with("freehold-"); });  // shipped ones
    std::ranges::sort(out);
    return out;
  }

  // An action of PolicyInsights, as the resource manager asks for it.
  struct Acted {
    int status = 0;
    std::string code = {};
    Json body = nullptr;
    [[nodiscard]] std::string said() const { return std::to_string(status) + (code.empty() ? "" : " " + code); }
  };
  using Query = std::vector<std::pair<std::string, std::string>>;
  Acted ask(const std::string& at, const std::string& action, const Query& query = {}, Json body = nullptr) {
    const bool of_states = action != "checkPolicyRestrictions";
    const std::string states = "/providers/Microsoft.PolicyInsights/policyStates/latest";
    gate::resource::ActionCall call{.action = action,
                                    .id = *gate::resource::parse_resource_id(of_states ? at + states : at),
                                    .body = std::move(body),
                                    .api_version = "2019-10-01",
                                    .caller = caller()};
    for (const auto& [name, value] : query) call.query.push_back({name, value, name});
    auto answer = run_blocking(registry_->find("Microsoft.PolicyInsights/policyStates")->behind->act(std::move(call)));
    if (!answer) return {.status = answer.error().status, .code = answer.error().code};
    return {.status = answer->status, .body = answer->body};
  }
  std::vector<Json> query(const std::string& at, const Query& query = {}) {
    const auto answer = ask(at, "queryResults", query);
    EXPECT_EQ(answer.said(), "200");
    return answer.body.is_object() ? answer.body["value"].get<std::vector<Json>>() : std::vector<Json>();
  }
  void scan() {
    const auto done = run_blocking(service_->scan(tenant_, ""));
    EXPECT_TRUE(done.has_value());
  }

  [[nodiscard]] gate::resource::Caller caller() {
    return {.tenant = tenant_, .object = who_, .now = memory_.clock.now(), .origin = "https://management.cloud.test"};
  }
  [[nodiscard]] std::string sub() const { return "/subscriptions/" + to_string(subscription_); }
  [[nodiscard]] std::string group(const std::string& name = "g") const { return sub() + "/resourceGroups/" + name; }
  [[nodiscard]] static std::string managing(const std::string& name) {
    return "/providers/Microsoft.Management/managementGroups/" + name;
  }
  [[nodiscard]] std::string box(const std::string& name = "b", const std::string& in = "g") const {
    return group(in) + "/providers/Sample.Boxes/boxes/" + name;
  }
  [[nodiscard]] static std::string policy(const std::string& scope, std::string_view type, const std::string& name) {
    return scope + "/providers/Microsoft.Authorization/" + std::string(type) + "/" + name;
  }
  [[nodiscard]] static Json box_of(const std::string& colour) {
    return {{"location", "local"}, {"tags", Json::object()}, {"properties", {{"colour", colour}}}};
  }
  // Boxes of that colour may not be.
  [[nodiscard]] static Json deny(const std::string& colour) {
    return {{"if", {{"field", "Sample.Boxes/boxes/colour"}, {"equals", colour}}}, {"then", {{"effect", "deny"}}}};
  }
  std::string define(const std::string& name, Json rule, Json more = Json::object(), std::string scope = {}) {
    more["policyRule"] = std::move(rule);
    const auto id = policy(scope.empty() ? sub() : scope, "policyDefinitions", name);
    const auto done = put(id, {{"properties", std::move(more)}});
    EXPECT_EQ(done.said(), "201") << done.message;
    return id;
  }
  std::string assign(const std::string& scope, const std::string& name, const std::string& definition,
                     Json more = Json::object(), Json body = Json::object()) {
    more["policyDefinitionId"] = definition;
    const auto id = policy(scope, "policyAssignments", name);
    body["properties"] = std::move(more);
    const auto done = put(id, body);
    EXPECT_EQ(done.said(), "201") << done.message;
    return id;
  }
  // The same with somebody who acts for it.
  std::string assign_acting(const std::string& scope, const std::string& name, const std::string& definition,
                            Json more = Json::object()) {
    return assign(scope, name, definition, std::move(more),
                  {{"location", "local"}, {"identity", {{"type", "SystemAssigned"}}}});
  }

  std::function<void(gate::resource::Registry&)> add_types;    // besides the boxes
  std::span<const gate::resource::DataType> data_types_ = {};  // taken by open()
  gate::resource::DataObjects* data_objects_ = nullptr;        // ... and so is this
  PrincipalId who_;
  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  SubscriptionId subscription_;
  SampleTree tree_;
  SampleScopes scopes_;
  SampleRights rights_;
  SampleIdentities managed_;
  SampleUserIdentities user_identities_;
  gate::resource::testing::MemoryProvider boxes_;
  std::unique_ptr<gate::resource::Registry> registry_;
  std::unique_ptr<PoliciesService> service_;
};

}  // namespace freehold::policies
