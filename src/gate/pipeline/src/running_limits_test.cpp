#include "running_limits.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace freehold::gate {
namespace {

TenantId tenant(std::uint8_t n) {
  TenantId id;
  id.bytes.fill(n);
  return id;
}

// Takes what the tenant can get.
std::vector<Place> take_all(RunningLimits& limits, TenantId id) {
  std::vector<Place> places;
  while (auto place = limits.take(id)) places.push_back(std::move(*place));
  return places;
}

TEST(RunningLimits, OneTenantAloneGetsThreeQuarters) {
  RunningLimits limits(4'096, 4'096);
  EXPECT_EQ(take_all(limits, tenant(1)).size(), 3'072u);
  EXPECT_EQ(limits.running(), 0u);
}

TEST(RunningLimits, ATenantsOwnLimitHolds) {
  RunningLimits limits(4'096, 10);
  EXPECT_EQ(take_all(limits, tenant(1)).size(), 10u);
}

TEST(RunningLimits, ThereIsRoomForEveryTenantThatComes) {
  RunningLimits limits(4'096, 3'072);
  std::vector<std::vector<Place>> held;
  for (std::uint8_t n = 1; n <= 5; ++n) {
    held.push_back(take_all(limits, tenant(n)));
    EXPECT_FALSE(held.back().empty()) << int{n};
  }
  EXPECT_FALSE(limits.full());
}

TEST(RunningLimits, NeverMoreThanTheLimit) {
  RunningLimits limits(8, 8);
  std::vector<std::vector<Place>> held;
  for (std::uint8_t n = 1; n <= 50; ++n) held.push_back(take_all(limits, tenant(n)));
  EXPECT_EQ(limits.running(), 8u);
  EXPECT_TRUE(limits.full());
  held.clear();
  EXPECT_EQ(limits.running(), 0u);
}

TEST(RunningLimits, APlaceIsGivenBackOnceHoweverItMoves) {
  RunningLimits limits(8, 8);
  auto place = limits.take(tenant(1));
  ASSERT_TRUE(place);
  Place moved = std::move(*place);
  Place again;
  again = std::move(moved);
  EXPECT_EQ(limits.running(), 1u);
  again = Place();
  EXPECT_EQ(limits.running(), 0u);
}

TEST(RunningLimits, CountsRightFromManyThreads) {
  RunningLimits limits(64, 64);
  std::vector<std::thread> threads;
  for (std::uint8_t n = 1; n <= 4; ++n) {
    threads.emplace_back([&limits, n] {
      for (int i = 0; i < 5'000; ++i) (void)limits.take(tenant(n));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(limits.running(), 0u);
}

}  // namespace
}  // namespace freehold::gate
