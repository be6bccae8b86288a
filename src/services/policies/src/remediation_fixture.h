// Policies whose remediations run, at a resource manager that is played here.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "src/manager_client.h"
#include "src/policies_fixture.h"

namespace freehold::policies {

// Does what it is asked as a test says, and remembers who asked for what.
class SampleManager final : public ManagerDoor {
 public:
  struct Asked {
    PrincipalId who;
    http::Method method = http::Method::kGet;
    std::string id;
    Json body = nullptr;
  };
  using Answers = std::function<ManagerAnswer(const Asked&)>;

  runtime::Task<Result<>> act(Acting who, std::function<runtime::Task<>(AskManager)> work) override {
    const AskManager ask = [this, who](http::Method method, std::string id, std::string, Json body) {
      return answer({.who = who.identity, .method = method, .id = std::move(id), .body = std::move(body)});
    };
    co_await work(ask);
    co_return Result<>();
  }
  void answer_by(Answers answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  // Of PUT and PATCH.
  std::vector<Asked> writes() const {
    const std::lock_guard lock(mutex_);
    std::vector<Asked> out;
    for (const auto& one : asked_) {
      if (one.method != http::Method::kGet) out.push_back(one);
    }
    return out;
  }

 private:
  runtime::Task<ManagerAnswer> answer(Asked asked) {
    Answers answers;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(asked);
      answers = answers_;
    }
    co_return answers(asked);
  }
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  Answers answers_;
};

class RemediationTest : public PoliciesTest {
 protected:
  RemediationTest() {
    loops_.start();
    succeed();
    service_->start(loops_.context(0), manager_);
  }
  ~RemediationTest() override { service_->close_and_wait(); }
  // As another process would go on.
  void start_again() {
    service_->close_and_wait();
    restart();
    service_->start(loops_.context(0), manager_);
  }

  // Deployments succeed at once, and what a policy of lids deploys is there then.
  void succeed() {
    manager_.answer_by([this](const SampleManager::Asked& asked) {
      if (asked.method == http::Method::kPut) {
        const auto box = asked.body["properties"]["parameters"].value("box", Json::object()).value("value", "");
        if (!box.empty()) put(box + "/lids/l", Json::object());
      }
      return ManagerAnswer{.status = 200, .body = {{"properties", {{"provisioningState", "Succeeded"}}}}};
    });
  }
  void refuse(int status, const std::string& code) {
    manager_.answer_by([status, code](const SampleManager::Asked&) {
      return ManagerAnswer{.status = status, .body = {{"error", {{"code", code}, {"message", "No."}}}}};
    });
  }

  // Boxes have lids, or get one.
  static Json lids(Json details = Json::object()) {
    details["type"] = "Sample.Boxes/boxes/lids";
    details["roleDefinitionIds"] = Json::array({"r"});
    details["deployment"] = {{"properties",
                              {{"mode", "incremental"},
                               {"parameters", {{"box", {{"value", "[field('id')]"}}}}},
                               {"template", {{"resources", Json::array()}}}}}};
    return {{"if", {{"field", "type"}, {"equals", "Sample.Boxes/boxes"}}},
            {"then", {{"effect", "deployIfNotExists"}, {"details", std::move(details)}}}};
  }
  // Boxes get the tag of their group.
  static Json tagged() {
    return {{"if",
             {{"allOf", Json::array({{{"field", "type"}, {"equals", "Sample.Boxes/boxes"}},
                                     {{"field", "tags.cost"}, {"exists", false}}})}}},
            {"then",
             {{"effect", "modify"},
              {"details",
               {{"roleDefinitionIds", Json::array({"r"})},
                {"operations", Json::array({{{"operation", "add"}, {"field", "tags['cost']"}, {"value", "7"}}})}}}}}};
  }

  static std::string order_id(const std::string& scope, const std::string& name) {
    return scope + "/providers/Microsoft.PolicyInsights/remediations/" + name;
  }
  Answer order(const std::string& scope, const std::string& name, const std::string& assignment,
               Json more = Json::object()) {
    more["policyAssignmentId"] = assignment;
    return put(order_id(scope, name), {{"properties", std::move(more)}});
  }
  Json properties(const std::string& id) { return get(id)["properties"]; }
  Acted act(const std::string& id, const std::string& action,
            const std::vector<std::pair<std::string, std::string>>& query = {}) {
    gate::resource::ActionCall call{.action = action,
                                    .id = *gate::resource::parse_resource_id(id),
                                    .api_version = "2021-10-01",
                                    .caller = caller()};
    for (const auto& [name, value] : query) call.query.push_back({name, value, name});
    const auto* type = registry_->find("Microsoft.PolicyInsights/remediations");
    auto answer = run_blocking(type->behind->act(std::move(call)));
    if (!answer) return {.status = answer.error().status, .code = answer.error().code};
    return {.status = answer->status, .body = answer->body};
  }
  // What it came to in the end: its provisioningState. Whoever waits for a scan gets one, as nobody else makes any.
  std::string end_of(const std::string& id) {
    static const std::set<std::string> kEnds = {"Succeeded", "Failed", "Canceled"};
    std::string state;
    const auto ended = [&] {
      scan();
      return kEnds.contains(state = properties(id)["provisioningState"]);
    };
    EXPECT_TRUE(comes_true(ended)) << state;
    return state;
  }
  // Waits for what other threads do.
  static bool comes_true(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  SampleManager manager_;
  runtime::Loops loops_{1};
};

}  // namespace freehold::policies
