#include "src/copy_queue.h"

#include <gtest/gtest.h>

namespace freehold::blob {
namespace {

TenantId tenant(std::uint8_t number) {
  TenantId id;
  id.bytes.fill(number);
  return id;
}

class CopyQueueTest : public ::testing::Test {
 protected:
  void add(std::uint8_t of, int count) {
    for (int i = 0; i < count; ++i) {
      PendingCopy copy;
      copy.account.tenant = tenant(of);
      queue_.add(std::move(copy));
    }
  }
  // Whose copies begin now: "1 1 2 ".
  std::string begin() {
    std::string out;
    while (const auto copy = queue_.take(now_)) out += std::to_string(copy->account.tenant.bytes[0]) + " ";
    return out;
  }
  CopyQueue queue_;
  CopyQueue::Moment now_ = std::chrono::steady_clock::now();
};

TEST_F(CopyQueueTest, WhoeverComesNextFindsAPlace) {
  add(1, 9);
  EXPECT_EQ(begin(), "1 1 1 ");  // hours of work, perhaps
  add(2, 2);
  EXPECT_EQ(begin(), "2 ");
  EXPECT_EQ(begin(), "");
  queue_.finished(tenant(1));
  queue_.finished(tenant(1));
  EXPECT_EQ(begin(), "1 ");  // and the last place waits for a third
  add(3, 1);
  EXPECT_EQ(begin(), "3 ");
}

TEST_F(CopyQueueTest, TenantsTakeTurns) {
  add(1, 4);
  add(2, 4);
  add(3, 4);
  EXPECT_EQ(begin(), "1 2 3 ");
  add(4, 1);
  EXPECT_EQ(begin(), "4 ");
  EXPECT_EQ(queue_.waiting(), 9u);
}

TEST_F(CopyQueueTest, WhatIsNotDueWaits) {
  PendingCopy later;
  later.account.tenant = tenant(1);
  later.due = now_ + std::chrono::seconds(1);
  queue_.add(std::move(later));
  EXPECT_EQ(begin(), "");
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(begin(), "1 ");
}

}  // namespace
}  // namespace freehold::blob
