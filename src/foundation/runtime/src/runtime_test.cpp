#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "runtime/loops.h"
#include "runtime/pool.h"
#include "runtime/task_scope.h"
#include "runtime/tenant_lanes.h"

namespace freehold::runtime {
namespace {

Task<Result<int>> doubled_on(Pool& pool, int value) {
  co_return co_await pool.run(0, [value]() -> Result<int> { return value * 2; });
}

TEST(Pool, RunsWorkAndComesBack) {
  Pool pool({.name = "test"});
  EXPECT_EQ(run_blocking(doubled_on(pool, 21)), 42);
}

TEST(Pool, RefusesPastItsLimitsAndAfterStop) {
  Pool pool({.name = "test", .threads = 1, .queue_limit = 2, .per_key_limit = 1});
  std::mutex gate;
  gate.lock();
  std::atomic<bool> started = false;
  ASSERT_TRUE(pool.submit(1, [&] {
    started = true;
    const std::lock_guard wait(gate);
  }));
  while (!started) std::this_thread::yield();
  EXPECT_TRUE(pool.submit(1, [] {}));
  EXPECT_FALSE(pool.submit(1, [] {}));  // the key's limit
  EXPECT_TRUE(pool.submit(2, [] {}));
  EXPECT_FALSE(pool.submit(3, [] {}));  // the pool's limit
  gate.unlock();
  pool.stop();
  EXPECT_EQ(pool.submit(1, [] {}).error().code, ErrorCode::kUnavailable);
}

TEST(Pool, KeysTakeTurns) {
  Pool pool({.name = "test", .threads = 1});
  std::mutex gate;
  gate.lock();
  std::vector<FairKey> order;
  ASSERT_TRUE(pool.submit(9, [&] { const std::lock_guard wait(gate); }));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(1, [&] { order.push_back(1); }));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.submit(2, [&] { order.push_back(2); }));
  gate.unlock();
  pool.stop();
  EXPECT_EQ(order, (std::vector<FairKey>{1, 2, 1, 2, 1}));
}

Task<> sleep_and_note(TaskScope& scope, std::atomic<int>& woken) {
  const bool in_peace = co_await scope.sleep(std::chrono::hours(1));
  woken += in_peace ? 100 : 1;
}

TEST(TaskScope, CloseWakesSleepersAndWaits) {
  Loops loops(2);
  loops.start();
  TaskScope scope;
  std::atomic<int> woken = 0;
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(scope.spawn(loops.context(i), sleep_and_note(scope, woken)));
  scope.close_and_wait();
  EXPECT_EQ(woken, 4);
  EXPECT_FALSE(scope.spawn(loops.context(0), sleep_and_note(scope, woken)));
}

Task<> hold_lane(TenantLanes& lanes, TenantId tenant, std::atomic<int>& held, Completion<bool> go) {
  if (!co_await lanes.take(tenant)) co_return;
  const HeldLane lane(lanes, tenant);
  ++held;
  co_await go.wait();
}

TEST(TenantLanes, OneTenantWaitsForItselfAlone) {
  Loops loops(1);
  loops.start();
  TenantLanes lanes(2);
  TenantId one;
  TenantId other;
  other.bytes.fill(7);
  std::atomic<int> held = 0;
  std::atomic<int> held_by_other = 0;
  TaskScope scope;
  std::vector<Completion<bool>> go(5);
  for (int i = 0; i < 4; ++i) scope.spawn(loops.context(0), hold_lane(lanes, one, held, go[i]));
  scope.spawn(loops.context(0), hold_lane(lanes, other, held_by_other, go[4]));
  while (held < 2 || held_by_other < 1) std::this_thread::yield();
  EXPECT_EQ(held, 2);
  go[0].complete(true);
  while (held < 3) std::this_thread::yield();
  EXPECT_EQ(held, 3);
  lanes.close();  // whoever waits is told, whoever has a lane keeps it
  for (int i = 1; i < 5; ++i) go[i].complete(true);
  scope.close_and_wait();
  EXPECT_EQ(held, 3);
  EXPECT_FALSE(run_blocking(lanes.take(one)));
}

}  // namespace
}  // namespace freehold::runtime
