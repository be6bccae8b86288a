// Guessing, and what strangers can do to whom they know the name of.
#include "src/user_login_fixture.h"

namespace freehold::directory {
namespace {

using namespace testing;

TEST_F(UserLogin, OneTimeCodesCanBeGuessedTwentyTimesADay) {
  give_second_factor();
  const auto asked = [this] {
    const auto page = page_of(send(Method::kGet, asking()));
    return page_of(post(page, password()), page);
  };
  auto second = asked();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(post(second, "code=000000").status, 401);
    if (i % 8 == 7) {
      memory_.clock.advance(std::chrono::minutes(2));
      second = asked();
    }
  }
  static_cast<void>(log_.take_entries());
  const auto refused = post(second, "code=" + one_time_code(step()));
  EXPECT_EQ(refused.status, 401);
  EXPECT_TRUE(body_text(refused).contains("tomorrow"));
  EXPECT_EQ(log_.take_entries().back().record.caller, to_string(user_.object));
  change_user([this](User& user) { user.password_changed = memory_.clock.now(); });  // an administrator's new password
  EXPECT_EQ(post(asked(), "code=" + one_time_code(step())).status, 303);
}

TEST_F(UserLogin, ARightCodeForgetsTheWrongOnes) {
  give_second_factor();
  for (int round = 0; round < 3; ++round) {
    const auto page = page_of(send(Method::kGet, asking()));
    const auto second = page_of(post(page, password()), page);
    for (int i = 0; i < 15; ++i) EXPECT_EQ(post(second, "code=000000").status, 401);
    EXPECT_EQ(post(second, "code=" + one_time_code(step())).status, 303) << round;
    memory_.clock.advance(std::chrono::minutes(5));
  }
}

TEST_F(UserLogin, AnEarlierCodeIsWorthNothingAfterALaterOne) {
  give_second_factor();
  const auto page = page_of(send(Method::kGet, asking()));
  const auto second = page_of(post(page, password()), page);
  EXPECT_EQ(post(second, "code=" + one_time_code(step())).status, 303);
  EXPECT_EQ(post(second, "code=" + one_time_code(step() - 1)).status, 401);
}

TEST_F(UserLogin, NoNameThatIsTypedIsAnotherCountersKey) {
  give_second_factor();
  for (const std::string& name : {std::string("device code"), "code of " + to_string(user_.object)}) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refusal(token(by_password("x", name))), "400 invalid_grant 50126");
  }
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=" + device().user_code).status, 200);
  const auto page = page_of(send(Method::kGet, asking()));
  EXPECT_EQ(post(page_of(post(page, password()), page), "code=" + one_time_code(step())).status, 303);
}

TEST_F(UserLogin, AStrangersDeviceCodesAreTheirOwnTrouble) {
  const auto mine = device();
  address_ = "203.0.113.9";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send(Method::kPost, "/device", "user_code=BCDFGHJK").status, 400);
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=" + mine.user_code).status, 429);
  address_ = "198.51.100.7";
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=" + mine.user_code).status, 200);
}

TEST_F(UserLogin, APlaceHasSoManyPasswordsCheckedWhateverTheNames) {
  change_user([](User& user) { user.must_change_password = true; });
  address_ = "203.0.113.9";
  const auto page = page_of(send(Method::kGet, asking()));
  const auto second = page_of(post(page, password()), page);
  for (int i = 1; i < 60; ++i) {
    EXPECT_EQ(refusal(token(by_password("x", std::to_string(i)))), "400 invalid_grant 50126");
  }
  EXPECT_EQ(token(by_password("x", "another")).status, 429);
  EXPECT_EQ(post(second, "new_password=another+password&again=another+password").status, 429);
  address_ = "198.51.100.7";
  EXPECT_EQ(post(second, "new_password=another+password&again=another+password").status, 303);
}

TEST_F(UserLogin, RecordsHoldNoNamesThatStrangersMakeUp) {
  const auto page = page_of(send(Method::kGet, asking()));
  static_cast<void>(log_.take_entries());
  static_cast<void>(post(page, password("x", "made-up@freehold.test")));
  static_cast<void>(token(by_password("x", "made-up@freehold.test")));
  for (const auto& entry : log_.take_entries()) EXPECT_EQ(entry.record.caller, "user unknown");
  // Who comes too often isn't looked at at all.
  for (int i = 0; i < 1'200; ++i) static_cast<void>(token("grant_type=x&client_id=" + std::string(kAzureCli)));
  static_cast<void>(log_.take_entries());
  EXPECT_EQ(token(by_password()).status, 429);
  EXPECT_EQ(log_.take_entries().back().record.caller, "");
}

TEST_F(UserLogin, APasswordChangeIsRecordedInItsOwnCommit) {
  change_user([](User& user) { user.must_change_password = true; });
  const auto page = page_of(send(Method::kGet, asking()));
  const auto second = page_of(post(page, password()), page);
  static_cast<void>(log_.take_entries());
  EXPECT_EQ(post(second, "new_password=another+password&again=another+password").status, 303);
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].way, gate::testing::FakeLog::Way::kSettled);
  EXPECT_EQ(entries[0].record.caller, to_string(user_.object));
  EXPECT_EQ(entries[0].record.tenant, tenant_);
  EXPECT_EQ(log_.open_slots(), 0);
}

}  // namespace
}  // namespace freehold::directory
