#include "src/keyed_lock.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace freehold::blob {
namespace {

using runtime::Task;

// Takes the lock, notes it, and holds it until told to go.
struct Writer {
  std::string key;
  runtime::Completion<bool> go;
  bool inside = false;
};

Task<> write(KeyedLock& lock, std::shared_ptr<Writer> writer) {
  const auto guard = co_await lock.lock(writer->key);
  EXPECT_TRUE(guard.has_value());
  writer->inside = true;
  co_await writer->go.wait();
  writer->inside = false;
}

struct KeyedLockTest : ::testing::Test {
  std::shared_ptr<Writer> begin(std::string key) {
    auto writer = std::make_shared<Writer>();
    writer->key = std::move(key);
    boost::asio::co_spawn(loop, write(*lock, writer), boost::asio::detached);
    run();
    return writer;
  }
  void end(Writer& writer) {
    writer.go.complete(true);
    run();
  }
  void run() {
    loop.restart();
    loop.poll();
  }
  std::unique_ptr<KeyedLock> lock = std::make_unique<KeyedLock>();
  boost::asio::io_context loop{1};
};

TEST_F(KeyedLockTest, OneKeyIsHeldByOneAtATimeInOrder) {
  const auto first = begin("k");
  const auto second = begin("k");
  const auto third = begin("k");
  EXPECT_TRUE(first->inside && !second->inside && !third->inside);
  end(*first);
  EXPECT_TRUE(!first->inside && second->inside && !third->inside);
  end(*second);
  EXPECT_TRUE(third->inside);
  end(*third);
  const auto fourth = begin("k");
  EXPECT_TRUE(fourth->inside);
  end(*fourth);
}

// One tenant's queue, however long, is never in the way of another's key.
TEST_F(KeyedLockTest, OtherKeysNeverWait) {
  std::vector<std::shared_ptr<Writer>> crowd;
  for (int i = 0; i < 100; ++i) crowd.push_back(begin("crowded"));
  std::vector<std::shared_ptr<Writer>> others;
  for (int i = 0; i < 10'000; ++i) {
    others.push_back(begin("other " + std::to_string(i)));
    ASSERT_TRUE(others.back()->inside) << i;
  }
  for (const auto& writer : others) end(*writer);
  for (const auto& writer : crowd) {
    EXPECT_TRUE(writer->inside);
    end(*writer);
  }
}

TEST_F(KeyedLockTest, TooManyWaitersOfOneKeyAreTurnedAway) {
  std::vector<std::shared_ptr<Writer>> crowd;
  for (int i = 0; i < 4'097; ++i) crowd.push_back(begin("crowded"));
  bool refused = false;
  const auto attempt = [](KeyedLock& keyed, bool& told) -> Task<> {
    const auto guard = co_await keyed.lock("crowded");
    told = !guard.has_value() && guard.error().code == ErrorCode::kExhausted;
  };
  boost::asio::co_spawn(loop, attempt(*lock, refused), boost::asio::detached);
  run();
  EXPECT_TRUE(refused);
  const auto other = begin("other");
  EXPECT_TRUE(other->inside);
  end(*other);
  for (const auto& writer : crowd) end(*writer);
}

}  // namespace
}  // namespace freehold::blob
