#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

#include "runtime/loops.h"
#include "runtime/pool.h"
#include "runtime/slices.h"
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

Task<> take_and_note(FairKey key, std::vector<FairKey>& order) { order.push_back(co_await take_slice(key) ? key : 0); }

Task<> take_all(std::vector<FairKey> keys, std::vector<FairKey>& order) {
  const auto loop = co_await boost::asio::this_coro::executor;
  for (const auto key : keys) boost::asio::co_spawn(loop, take_and_note(key, order), boost::asio::detached);
  for (int turn = 0; turn < 100; ++turn) co_await boost::asio::post(loop, use_task);
}

TEST(Slices, KeysTakeTurns) {
  std::vector<FairKey> order;
  run_blocking(take_all({1, 1, 1, 2, 2, 3}, order));
  EXPECT_EQ(order, (std::vector<FairKey>{1, 2, 3, 1, 2, 1}));
}

TEST(Slices, TooManyAreSentAway) {
  std::vector<FairKey> order;
  run_blocking(take_all(std::vector<FairKey>(kWaitingSlices + 2, 7), order));
  ASSERT_EQ(order.size(), kWaitingSlices + 2);
  EXPECT_EQ(std::count(order.begin(), order.end(), 0), 2);
  EXPECT_EQ(order.front(), 0U);  // at once
}

Task<> take_one_and_note(std::vector<std::string>& seen) {
  if (co_await take_slice(1)) seen.emplace_back("slice");
}

// Everything else that is ready goes between two slices.
Task<> take_among_others(std::vector<std::string>& seen) {
  const auto loop = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < 3; ++i) boost::asio::co_spawn(loop, take_one_and_note(seen), boost::asio::detached);
  for (int turn = 0; turn < 5; ++turn) {
    co_await boost::asio::post(loop, use_task);
    seen.emplace_back("other");
  }
}

TEST(Slices, OthersGoBetween) {
  std::vector<std::string> seen;
  run_blocking(take_among_others(seen));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "slice"), 3);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_FALSE(seen[i - 1] == "slice" && seen[i] == "slice") << i;
}

Task<> take_and_mark(std::shared_ptr<int> alive) {
  if (co_await take_slice(1)) ++*alive;
}

TEST(Slices, WhatWaitsIsDroppedWithTheLoop) {
  const auto alive = std::make_shared<int>(0);
  {
    boost::asio::io_context loop(1);
    for (int i = 0; i < 3; ++i) boost::asio::co_spawn(loop, take_and_mark(alive), boost::asio::detached);
    loop.poll_one();
    EXPECT_GT(alive.use_count(), 1);
  }
  EXPECT_EQ(alive.use_count(), 1);
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
