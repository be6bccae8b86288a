// The activity log: what is written down of an act, who is shown, what is found, and what is forgotten.
#include <gtest/gtest.h>

#include "insights/insights_service.h"
#include "keys/testing/sealed_table.h"
#include "runtime/task_scope.h"
#include "src/activity_event.h"
#include "src/insights_provider.h"

namespace freehold::insights {
namespace {

using gate::resource::Json;
using runtime::run_blocking;
using namespace std::chrono_literals;

class Names final : public CallerNames {
 public:
  [[nodiscard]] std::string name_of(TenantId, PrincipalId object) const override {
    return object == ada && !erased ? "ada@cloud.test" : std::string();
  }
  PrincipalId ada;
  bool erased = false;
};

class ActivityLog : public ::testing::Test {
 protected:
  ActivityLog() {
    tenant_.bytes.fill(0x7e);
    subscription_.bytes.fill(0x5b);
    other_.bytes.fill(0x5c);
    names_.ada.bytes.fill(0x0a);
    open();
  }
  void open() {
    service_ = std::make_unique<InsightsService>(
        InsightsServiceOptions{.store = memory_.sealed(), .clock = memory_.clock, .names = names_, .tenant = tenant_});
    registry_ = std::make_unique<gate::resource::Registry>();
    service_->add_resource_types(*registry_);
  }

  gate::Act act(const std::string& operation, const std::string& path) {
    memory_.clock.advance(1s);
    return {.tenant = tenant_,
            .request = random_id<RequestId>(memory_.random),
            .correlation = "11111111-2222-4333-8444-555555555555",
            .time = memory_.clock.now(),
            .operation = operation,
            .path = path,
            .caller = names_.ada};
  }
  void done(const gate::Act& act, int status, std::string code = {}) {
    ASSERT_TRUE(run_blocking(service_->journal().begun(act)));
    memory_.clock.advance(1ms);
    run_blocking(service_->journal().ended(act, {memory_.clock.now(), status, std::move(code)}));
  }
  std::string sub() const { return "/subscriptions/" + to_string(subscription_); }
  std::string account(const std::string& name) const {
    return sub() + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/" + name;
  }

  gate::ApiResult<gate::resource::ActionAnswer> ask(std::vector<std::pair<std::string, std::string>> query,
                                                    std::optional<SubscriptionId> subscription) {
    // As the resource manager reads the path: "management" is the name of an event type.
    gate::resource::ActionCall call{
        .action = "eventtypes/management/values",
        .id = {.subscription = subscription, .parts = {{"Microsoft.Insights", {"eventtypes"}, {"management"}}}},
        .api_version = "2015-04-01",
        .caller = {.tenant = tenant_, .object = {}, .now = {}, .origin = "https://m.test"}};
    for (const auto& [name, value] : query) call.query.push_back({name, value, name});
    return run_blocking(registry_->find("Microsoft.Insights/eventtypes")->behind->act(std::move(call)));
  }
  Json events(const std::string& filter = {}) {
    const auto answer = ask({{"$filter", filter}}, subscription_);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->body["value"] : Json();
  }
  static std::vector<std::string> of(const Json& events, const std::string& member) {
    std::vector<std::string> out;
    for (const auto& event : events) out.push_back(event[member]["value"]);
    return out;
  }

  keys::testing::MemoryStore memory_;
  TenantId tenant_;
  SubscriptionId subscription_;
  SubscriptionId other_;
  Names names_;
  std::unique_ptr<InsightsService> service_;
  std::unique_ptr<gate::resource::Registry> registry_;
};

TEST_F(ActivityLog, SaysWhoDidWhatToWhatAndHowItEnded) {
  done(act("Microsoft.Storage/storageAccounts/write", account("a")), 200);
  done(act("Microsoft.Storage/storageAccounts/delete", account("a")), 409, "ScopeLocked");
  open();
  const auto all = events();
  EXPECT_EQ(of(all, "status"), (std::vector<std::string>{"Failed", "Started", "Succeeded", "Started"}));
  const auto& failed = all[0];
  EXPECT_EQ(failed["caller"], "ada@cloud.test");
  EXPECT_EQ(failed["operationName"]["value"], "Microsoft.Storage/storageAccounts/delete");
  EXPECT_EQ(failed["resourceId"], account("a"));
  EXPECT_EQ(failed["resourceGroupName"], "g");
  EXPECT_EQ(failed["resourceType"]["value"], "Microsoft.Storage/storageAccounts");
  EXPECT_EQ(failed["subStatus"]["localizedValue"], "Conflict (HTTP Status Code: 409)");
  EXPECT_EQ(failed["level"], "Error");
  EXPECT_TRUE(failed["properties"]["statusMessage"].get<std::string>().contains("ScopeLocked"));
  EXPECT_EQ(failed["operationId"], all[1]["operationId"]);
  EXPECT_NE(failed["eventDataId"], all[1]["eventDataId"]);
  // What is kept is the object id: with the name erased, it is shown.
  names_.erased = true;
  EXPECT_EQ(events()[0]["caller"], to_string(names_.ada));
}

TEST_F(ActivityLog, FindsWhatIsAskedFor) {
  const auto first = act("Microsoft.Storage/storageAccounts/write", account("a"));
  done(first, 201);
  done(act("Microsoft.Resources/subscriptions/resourceGroups/write", sub() + "/resourceGroups/h"), 202);
  EXPECT_EQ(events("resourceGroupName eq 'G'").size(), 2u);
  EXPECT_EQ(events("resourceId eq '" + account("A") + "'").size(), 2u);
  EXPECT_EQ(events("resourceProvider eq 'microsoft.resources'").size(), 2u);
  EXPECT_EQ(events("status eq 'Accepted'").size(), 1u);
  EXPECT_EQ(events("caller eq 'ADA@cloud.test'").size(), 4u);
  EXPECT_EQ(events("caller eq '" + to_string(names_.ada) + "' and status eq 'Started'").size(), 2u);
  EXPECT_EQ(events("caller eq 'bob'").size(), 0u);
  EXPECT_EQ(events("eventTimestamp le '" + rfc3339_ticks(first.time) + "'").size(), 1u);
  EXPECT_EQ(events("eventTimestamp ge '" + rfc3339_ticks(first.time) + "'").size(), 4u);
  EXPECT_EQ(events("eventTimestamp ge '" + rfc3339_ticks(first.time + 500ms) + "'").size(), 2u);
  const auto selected = ask({{"$select", "eventName,status"}}, subscription_);
  EXPECT_EQ(selected->body["value"][0].size(), 2u);
  EXPECT_EQ(ask({{"$filter", "colour eq 'red'"}}, subscription_).error().status, 400);
  EXPECT_EQ(ask({{"$select", "colour"}}, subscription_).error().status, 400);
}

TEST_F(ActivityLog, EverySubscriptionHasItsOwn) {
  done(act("Microsoft.Storage/storageAccounts/write", account("a")), 200);
  done(act("Microsoft.Resources/tags/write", "/subscriptions/" + to_string(other_) + "/tagNames/x"), 200);
  done(act("Microsoft.Management/managementGroups/write", "/providers/Microsoft.Management/managementGroups/m"), 200);
  EXPECT_EQ(events().size(), 2u);
  EXPECT_EQ(ask({}, other_)->body["value"].size(), 2u);
  const auto above = ask({}, std::nullopt)->body["value"];
  ASSERT_EQ(above.size(), 2u);
  EXPECT_EQ(above[0]["resourceId"], "/providers/Microsoft.Management/managementGroups/m");
}

TEST_F(ActivityLog, PagesAndTakesNoTokenThatLeadsElsewhere) {
  for (int i = 0; i < 150; ++i)
    done(act("Microsoft.Storage/storageAccounts/write", account("a" + std::to_string(i))), 200);
  const auto first = ask({{"$filter", "caller eq 'ada@cloud.test'"}}, subscription_)->body;
  EXPECT_EQ(first["value"].size(), kPageEvents);
  const auto link = first["nextLink"].get<std::string>();
  EXPECT_TRUE(
      link.starts_with("https://m.test" + sub() + "/providers/Microsoft.Insights/eventtypes/management/values?"));
  EXPECT_TRUE(link.contains("&$filter=caller%20eq%20"));
  const std::string token = link.substr(link.rfind('=') + 1);
  const auto second = ask({{"$skiptoken", token}}, subscription_)->body;
  EXPECT_EQ(second["value"].size(), 100u);
  EXPECT_FALSE(second.contains("nextLink"));
  EXPECT_EQ(second["value"].back()["resourceId"], account("a0"));
  EXPECT_EQ(ask({{"$skiptoken", token}}, other_).error().status, 400);
  EXPECT_EQ(ask({{"$skiptoken", "!"}}, subscription_).error().status, 400);
}

TEST_F(ActivityLog, ForgetsAfterNinetyDays) {
  done(act("Microsoft.Storage/storageAccounts/write", account("old")), 200);
  done(act("Microsoft.Resources/tags/write", "/subscriptions/" + to_string(other_) + "/tagNames/x"), 200);
  memory_.clock.advance(std::chrono::hours(24 * 89));
  done(act("Microsoft.Storage/storageAccounts/write", account("new")), 200);
  EXPECT_EQ(run_blocking(service_->forget_old()).value_or(99), 0u);
  memory_.clock.advance(std::chrono::hours(48));
  EXPECT_EQ(run_blocking(service_->forget_old()).value_or(99), 4u);
  const auto left = events();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0]["resourceId"], account("new"));
}

TEST_F(ActivityLog, RowsAreSealedAndStrangersToOtherVersions) {
  const ActivityEvent event = event_of(act("Microsoft.Storage/storageAccounts/write", account("a")));
  const auto again = decode(key_of(event), encode(event));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->time, event.time);
  EXPECT_EQ(again->operation, event.operation);
  EXPECT_EQ(decode(key_of(event), R"({"v":2})").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode(key_of(event), "x").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(decode("a", encode(event)).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace freehold::insights
