#include "keys/sealed_rows.h"

#include <gtest/gtest.h>

#include "keys/sealed_page.h"
#include "keys/testing/sealed_table.h"

namespace freehold::keys {
namespace {

using runtime::run_blocking;

class SealedRowsTest : public ::testing::Test {
 protected:
  store::PartitionId partition(std::uint8_t tenant = 1) {
    TenantId id;
    id.bytes.fill(tenant);
    return store::make_partition_id(id, "table");
  }
  Result<std::vector<store::KeyValue>> load(std::size_t limit = 100) { return run_blocking(table_.load("a", limit)); }

  testing::MemoryStore store_;
  SealedRows table_{store_.sealed(), partition()};
};

TEST_F(SealedRowsTest, RowsComeBackAsTheyWerePutAndNeverLieInTheClear) {
  ASSERT_TRUE(run_blocking(table_.change({.puts = {{"a1", "one"}, {"a2", "two"}, {"b1", "other"}}})));
  const auto rows = load();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[1].value, "two");
  const auto raw = run_blocking(store_.engine->partitions().get(partition(), "a2"));
  ASSERT_TRUE(raw && *raw);
  EXPECT_FALSE((*raw)->contains("two"));
  EXPECT_EQ(load(1).error().code, ErrorCode::kExhausted);
}

TEST_F(SealedRowsTest, AMovedRowDoesNotOpen) {
  ASSERT_TRUE(run_blocking(table_.change({.puts = {{"a1", "one"}}})));
  const auto raw = run_blocking(store_.engine->partitions().get(partition(), "a1"));
  ASSERT_TRUE(raw && *raw);
  store::Commit move{partition(), store::Epoch{1}, store_.hybrid.next_transaction(), {}, {{"a2", **raw}}, {}};
  ASSERT_EQ(run_blocking(store_.engine->partitions().commit(std::move(move))).outcome, store::CommitOutcome::kOk);
  EXPECT_EQ(load().error().code, ErrorCode::kCorrupt);
}

TEST_F(SealedRowsTest, ALargeTableIsReadPageByPage) {
  ASSERT_TRUE(run_blocking(table_.change({.puts = {{"a1", "one"}, {"a2", "two"}, {"a3", "three"}, {"b1", "other"}}})));
  const auto page = [&](Bytes from) {
    return run_blocking(sealed_page(store_.sealed(), partition(), std::move(from), "b", 2));
  };
  const auto first = page("a1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->rows.size(), 2u);
  EXPECT_TRUE(first->more);
  const auto second = page(first->rows.back().key + '\0');
  ASSERT_TRUE(second);
  ASSERT_EQ(second->rows.size(), 1u);
  EXPECT_EQ(second->rows[0].value, "three");
  EXPECT_FALSE(second->more);
}

TEST_F(SealedRowsTest, WhatMustNotBeThereIsAConflict) {
  ASSERT_TRUE(run_blocking(table_.change({.puts = {{"a1", "one"}}, .absent = {"a1"}})));
  const auto again = run_blocking(table_.change({.puts = {{"a1", "two"}}, .absent = {"a1"}}));
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(run_blocking(table_.change({.deletes = {"a1"}})));
  EXPECT_TRUE(load()->empty());
}

}  // namespace
}  // namespace freehold::keys
