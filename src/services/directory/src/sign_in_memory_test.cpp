#include "src/sign_in_memory.h"

#include <gtest/gtest.h>

namespace freehold::directory {
namespace {

struct Remembered : ::testing::Test {
  FakeClock clock;
  SeededRandom random{5};
  SignInMemory memory{clock, random};
};

TEST_F(Remembered, OneTimeCodesGoForward) {
  const PrincipalId user{};
  const auto present =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count() / 30);
  EXPECT_TRUE(memory.use_step(user, present));
  EXPECT_FALSE(memory.use_step(user, present));
  EXPECT_FALSE(memory.use_step(user, present - 1));
  EXPECT_TRUE(memory.use_step(user, present + 1));
}

TEST_F(Remembered, OneClientsAssertionsDontCrowdOutOthers) {
  const WallTime until = clock.now() + std::chrono::hours(24);
  int let = 0;
  for (int i = 0; i < 3'000; ++i) let += memory.use_assertion("one", std::to_string(i), until) ? 1 : 0;
  EXPECT_EQ(let, 2'048);
  EXPECT_TRUE(memory.use_assertion("other", "1", until));
  EXPECT_FALSE(memory.use_assertion("other", "1", until));
  clock.advance(std::chrono::hours(25));
  const WallTime later = clock.now() + std::chrono::hours(1);
  EXPECT_TRUE(memory.use_assertion("one", "again", later));  // the others are forgotten
}

TEST_F(Remembered, ManyClientsTogetherLeaveRoomForOneMore) {
  const WallTime until = clock.now() + std::chrono::hours(24);
  for (int client = 0; client < 150; ++client) {
    for (int i = 0; i < 2'048 && memory.use_assertion(std::to_string(client), std::to_string(i), until); ++i) continue;
  }
  EXPECT_TRUE(memory.use_assertion("one more", "1", until));
}

// Between a request's arrival and this, an assertion may end and what is remembered of it be forgotten.
TEST_F(Remembered, AnAssertionThatIsOverIsUsedNoMore) {
  const WallTime until = clock.now() + std::chrono::seconds(30);
  EXPECT_TRUE(memory.use_assertion("one", "1", until));
  clock.advance(std::chrono::seconds(30));
  EXPECT_FALSE(memory.use_assertion("one", "1", until));
}

TEST_F(Remembered, ADevicesCodeIsKeptAsItsLetters) {
  EXPECT_EQ(SignInMemory::letters_of("bcdf-ghjk"), "BCDFGHJK");
  EXPECT_EQ(SignInMemory::letters_of("bcd\xc3\xa4"), "BCD");
  EXPECT_EQ(SignInMemory::shown_code("BCDFGHJK"), "BCDF-GHJK");
}

}  // namespace
}  // namespace freehold::directory
