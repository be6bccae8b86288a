// The activity log: an event and its places in queues are one commit, and from there it is delivered once.
#include "src/test_delivery.h"

namespace freehold::insights {
namespace {

class EventDelivery : public DeliveryTest {
 protected:
  EventDelivery() { subscription_.bytes.fill(0x5b); }
  void act(int number) {
    ActivityEvent event{.time = memory_.clock.now(),
                        .request = random_id<RequestId>(memory_.random),
                        .subscription = subscription_,
                        .ended = true,
                        .operation = "Microsoft.Resources/tags/write",
                        .resource = std::string(kSub) + "/n" + std::to_string(number),
                        .method = "PUT",
                        .correlation = std::to_string(number),
                        .status = 200};
    keys::SealedRows rows(memory_.sealed(), store::make_partition_id(tenant_, "activity"));
    keys::RowChange change{.puts = {{key_of(event), encode(event)}}};
    for (const auto& id : settings_->wanting(subscription_)) change.puts.push_back(queued_row(id, event));
    ASSERT_TRUE(run_blocking(rows.change(std::move(change))));
    memory_.clock.advance(1ms);
  }
  std::vector<int> told() const {
    std::vector<int> out;
    for (const auto& line : blobs_.lines("insights-activity-logs")) {
      out.push_back(std::stoi(line["correlationId"].get<std::string>()));
    }
    return out;
  }
  SubscriptionId subscription_;
};

TEST_F(EventDelivery, BringsEventsInOrderFromTheSettingOn) {
  act(99);
  const auto setting = want("", all_logs());
  const int count = 2 * static_cast<int>(kEventsAtOnce) + 3;
  for (int i = 0; i < count; ++i) act(i);
  EXPECT_GT(run()->bytes, 0u);
  EXPECT_EQ(told(), up_to(count));
  EXPECT_TRUE(run_blocking(settings_->queued(setting->id, 10))->empty());
}

TEST_F(EventDelivery, ACrashAtAnyRequestLosesNothingAndDoublesNothing) {
  want("", all_logs());
  int count = 0;
  for (const bool doing : {false, true}) {
    for (int requests = 0; requests < 6; ++requests) {
      act(count++);
      blobs_.asked = 0;
      blobs_.fail_after = requests;
      blobs_.fail_after_doing = doing;
      ASSERT_TRUE(run());
      blobs_.fail_after = -1;
      restart();
      act(count++);  // comes before what was planned is ended
    }
  }
  ASSERT_TRUE(run());
  EXPECT_EQ(told(), up_to(count));
}

TEST_F(EventDelivery, QueuesOfSettingsThatAreGoneAreForgotten) {
  const auto setting = want("", all_logs());
  act(0);
  EXPECT_EQ(run_blocking(settings_->forget_queued(memory_.clock.now() - 1h)).value_or(9), 0u);
  EXPECT_EQ(run_blocking(settings_->queued(setting->id, 10))->size(), 1u);
  ASSERT_TRUE(run_blocking(settings_->remove(setting->key())));
  EXPECT_EQ(run_blocking(settings_->forget_queued(memory_.clock.now() - 1h)).value_or(9), 0u);
  EXPECT_TRUE(run_blocking(settings_->queued(setting->id, 10))->empty());
  const auto again = want("", all_logs());
  EXPECT_NE(again->id, setting->id);
  act(1);
  EXPECT_EQ(run_blocking(settings_->forget_queued(memory_.clock.now() + 1h)).value_or(9), 1u);
}

}  // namespace
}  // namespace freehold::insights
