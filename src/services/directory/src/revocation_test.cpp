// What a changed password and a call back end: also what is under way.
#include "src/user_login_fixture.h"

namespace freehold::directory {
namespace {

using namespace testing;

class Revocation : public UserLogin {
 protected:
  void set_password() {
    memory_.clock.advance(std::chrono::seconds(1));
    change_user([this](User& user) { user.password_changed = user.sessions_from = memory_.clock.now(); });
  }
  void call_back() {
    memory_.clock.advance(std::chrono::seconds(1));
    change_user([this](User& user) { user.sessions_from = memory_.clock.now(); });
  }
  void approve(const Device& device) {
    const auto page = page_of(send(Method::kPost, "/device", "user_code=" + device.user_code));
    EXPECT_EQ(post(page, password()).status, 200);
  }
};

TEST_F(Revocation, ACodeIsWorthNothingAfterIt) {
  auto old = code();
  set_password();
  EXPECT_EQ(refusal(token(redeeming(old))), "400 invalid_grant 50173");
  old = code();
  call_back();
  EXPECT_EQ(refusal(token(redeeming(old))), "400 invalid_grant 50173");
  EXPECT_EQ(token(redeeming(code())).status, 200);
}

TEST_F(Revocation, NorIsADeviceThatWasApprovedBefore) {
  const auto old = device();
  approve(old);
  set_password();
  EXPECT_EQ(refusal(token(old.poll)), "400 invalid_grant 50173");
  const auto fresh = device();
  approve(fresh);
  EXPECT_EQ(token(fresh.poll).status, 200);
}

TEST_F(Revocation, NorASignInThatWaitsForItsSecondFactor) {
  give_second_factor();
  const auto page = page_of(send(Method::kGet, asking()));
  const auto second = page_of(post(page, password()), page);
  call_back();
  EXPECT_EQ(post(second, "code=" + one_time_code(step())).status, 403);
}

// Whoever knew the old password and was quick doesn't keep what they got.
TEST_F(Revocation, ANewPasswordEndsWhatTheOldOneBegan) {
  const auto old = code();
  const std::string refresh = body_json(token(redeeming(code()))).value("refresh_token", "");
  change_user([](User& user) { user.must_change_password = true; });
  const auto begin = [this] {
    const auto page = page_of(send(Method::kGet, asking()));
    return page_of(post(page, password()), page);
  };
  const auto mine = begin();
  const auto other = begin();
  memory_.clock.advance(std::chrono::seconds(1));
  const auto changed = post(mine, "new_password=another+password&again=another+password");
  ASSERT_EQ(changed.status, 303);
  EXPECT_EQ(post(other, "new_password=a+third+password&again=a+third+password").status, 403);
  EXPECT_EQ(refusal(token(redeeming(old))), "400 invalid_grant 50173");
  EXPECT_EQ(refusal(token(refreshing(refresh))), "400 invalid_grant 700082");
  const auto own = between(std::string(changed.headers.get("location")) + "&", "code=", "&");
  const auto answer = body_json(token(redeeming(own)));
  EXPECT_EQ(token(refreshing(answer.value("refresh_token", ""))).status, 200);
}

// A session is as old as the password's proof, not as its tokens.
TEST_F(Revocation, ASessionBeganWhenThePasswordWasRight) {
  const auto late = code();
  memory_.clock.advance(std::chrono::minutes(2));
  const auto between_them = memory_.clock.now() - std::chrono::minutes(1);
  const std::string refresh = body_json(token(redeeming(late))).value("refresh_token", "");
  ASSERT_FALSE(refresh.empty());
  change_user([&](User& user) { user.sessions_from = between_them; });
  EXPECT_EQ(refusal(token(refreshing(refresh))), "400 invalid_grant 50173");
}

}  // namespace
}  // namespace freehold::directory
