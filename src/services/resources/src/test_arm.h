// A resource manager with a sample provider behind the door, over an engine in memory, and callers with tokens.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "authz/assignment_store.h"
#include "keys/testing/sealed_table.h"
#include "pipeline/testing/route_matrix.h"
#include "pipeline/testing/test_door.h"
#include "pipeline/testing/token_matrix.h"
#include "resource/testing/memory_provider.h"
#include "resources/resources_service.h"
#include "runtime/loops.h"

namespace freehold::resources {

using gate::resource::Json;
using runtime::run_blocking;

class ArmTest : public ::testing::Test {
 protected:
  ArmTest() {
    tenant_.bytes.fill(0x7e);
    subscription_.bytes.fill(0x5b);
    owner_.bytes.fill(0x0a);
    stranger_.bytes.fill(0x0b);
    for (const auto who : {owner_, stranger_}) {
      gate::Identity identity{.tenant = tenant_, .object = who};
      identity.application.bytes.fill(0xaa);
      identities_.put(identity);
    }
    open();
    if (!run_blocking(assignments_->begin(tenant_, {assignment(owner_, "/", gate::authz::roles::kOwner)}))) {
      ADD_FAILURE() << "no roles";
    }
  }
  ~ArmTest() override { close(); }

  void open() {
    assignments_ = std::make_unique<gate::authz::AssignmentStore>(memory_.sealed());
    if (!run_blocking(assignments_->load(tenant_))) ADD_FAILURE() << "no assignments";
    arm_ = std::make_unique<ResourcesService>(ResourcesServiceOptions{
        .store = memory_.sealed(), .clock = memory_.clock, .domain = "cloud.test", .region = "local"});
    if (!run_blocking(arm_->open(tenant_, subscription_, "default"))) ADD_FAILURE() << "not opened";
    provider_.add_to(arm_->registry());
    arm_->serve(*assignments_, identities_);
    pipeline_ = std::make_unique<gate::Pipeline>(accounts_, log_, memory_.clock, memory_.random,
                                                 gate::PipelineOptions{.bearer = &trust_});
    pipeline_->add(arm_->gate());
  }
  // Background work runs from here on.
  void start() {
    loops_ = std::make_unique<runtime::Loops>(1);
    loops_->start();
    arm_->start(loops_->context(0), *pipeline_);
  }
  void close() {
    if (loops_) {
      arm_->close_and_wait();
      loops_->stop();
      loops_.reset();
    }
    pipeline_.reset();
    arm_.reset();
    assignments_.reset();
  }
  void restart() {
    close();
    open();
  }

  [[nodiscard]] gate::authz::RoleAssignment assignment(PrincipalId who, std::string scope, std::string_view role) {
    return {random_id<gate::authz::RoleAssignmentId>(memory_.random), tenant_, std::move(scope), who,
            gate::authz::role_id(role)};
  }
  void assign(PrincipalId who, std::string scope, std::string_view role) {
    const auto done = run_blocking(assignments_->assign(assignment(who, std::move(scope), role)));
    if (!done) ADD_FAILURE() << done.error().message;
  }

  using Answer = gate::testing::JsonAnswer;
  // "?api-version=" is added where the path brings none.
  Answer call(http::Method method, std::string path, const Json& body = nullptr) {
    return call_as(owner_, method, path, body);
  }
  Answer call_as(PrincipalId who, http::Method method, std::string path, const Json& body = nullptr,
                 gate::testing::HeaderList headers = {}) {
    auto claims = gate::testing::good_claims(tenant_, who, memory_.clock.now());
    claims["aud"] = "\"https://management.azure.com/\"";
    headers.emplace_back("authorization", "Bearer " + gate::testing::token_of(claims));
    return send(method, std::move(path), body, std::move(headers));
  }
  Answer send(http::Method method, std::string path, const Json& body = nullptr,
              gate::testing::HeaderList headers = {}) {
    if (!path.contains("api-version")) path += (path.contains('?') ? "&" : "?") + std::string("api-version=2021-04-01");
    return gate::testing::ask(*pipeline_, method, "https://management.cloud.test:8443" + path, body,
                              std::move(headers));
  }
  Answer get(const std::string& path) { return call(http::Method::kGet, path); }
  Answer put(const std::string& path, const Json& body) { return call(http::Method::kPut, path, body); }
  Answer remove(const std::string& path) { return call(http::Method::kDelete, path); }

  [[nodiscard]] std::string sub() const { return "/subscriptions/" + to_string(subscription_); }
  [[nodiscard]] std::string group(const std::string& name) const { return sub() + "/resourceGroups/" + name; }
  [[nodiscard]] std::string box(const std::string& in, const std::string& name) const {
    return group(in) + "/providers/Sample.Boxes/boxes/" + name;
  }
  [[nodiscard]] static Json here() { return {{"location", "local"}}; }
  [[nodiscard]] static std::vector<std::string> names(const Answer& answer) {
    std::vector<std::string> out;
    for (const auto& item : answer.body["value"]) out.push_back(item.value("name", ""));
    return out;
  }

  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  SubscriptionId subscription_;
  PrincipalId owner_;
  PrincipalId stranger_;
  gate::testing::TestAuthority authority_;
  gate::testing::TestIdentities identities_;
  gate::testing::FakeAccounts accounts_;
  gate::testing::FakeLog log_;
  gate::BearerTrust trust_{authority_, identities_, {}};
  gate::resource::testing::MemoryProvider provider_;
  std::unique_ptr<gate::authz::AssignmentStore> assignments_;
  std::unique_ptr<ResourcesService> arm_;
  std::unique_ptr<gate::Pipeline> pipeline_;
  std::unique_ptr<runtime::Loops> loops_;
};

}  // namespace freehold::resources
