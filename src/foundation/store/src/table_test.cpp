#include "store/table.h"

#include <gtest/gtest.h>

#include "runtime/task_scope.h"
#include "store/hybrid_clock.h"
#include "store/intent.h"
#include "store/reference_engine.h"

namespace freehold::store {
namespace {

using runtime::run_blocking;

class TableTest : public testing::Test {
 protected:
  [[nodiscard]] PartitionId part(const Bytes& name) { return make_partition_id(tenant_, name); }
  [[nodiscard]] Table three_ranges() {
    return Table::make(engine_->partitions(), {{"", part("1")}, {"g", part("2")}, {"p", part("3")}}).value();
  }
  [[nodiscard]] CommitResult put(const Table& table, std::vector<Bytes> keys) {
    Commit commit{{}, Epoch{1}, ids_.next_transaction(), {}, {}, {}};
    for (auto& key : keys) commit.puts.push_back({key, "v" + key});
    return run_blocking(table.commit(std::move(commit)));
  }

  FakeClock clock_;
  SeededRandom random_{1};
  HybridClock ids_{clock_, random_};
  TenantId tenant_;
  std::unique_ptr<Engine> engine_ = make_reference_engine(clock_);
};

TEST_F(TableTest, ScansGoAcrossRanges) {
  const Table table = three_ranges();
  for (const Bytes key : {"a", "f", "g", "h", "p", "z"}) {
    ASSERT_EQ(put(table, {key}).outcome, CommitOutcome::kOk);
  }
  EXPECT_EQ(run_blocking(table.get("h")).value(), "vh");
  EXPECT_EQ(table.partition_of("fzzz"), part("1"));
  EXPECT_EQ(table.partition_of("g"), part("2"));
  Bytes keys;
  Bytes from;
  for (bool more = true; more;) {
    const auto page = run_blocking(table.scan(from, "z", 2)).value();
    for (const auto& row : page.rows) keys += row.key;
    more = page.more;
    if (more) from = page.rows.back().key + Bytes(1, '\0');
    ASSERT_LE(page.rows.size(), 2u);
  }
  EXPECT_EQ(keys, "afghp");
  const auto full = run_blocking(table.scan("", "g", 2)).value();
  EXPECT_EQ(full.rows.size(), 2u);
  EXPECT_FALSE(full.more);
}

TEST_F(TableTest, ACommitStaysInOneRange) {
  const Table table = three_ranges();
  EXPECT_EQ(put(table, {"a", "b"}).outcome, CommitOutcome::kOk);
  const auto refused = put(table, {"a", "h"});
  EXPECT_EQ(refused.outcome, CommitOutcome::kUnavailable);
  EXPECT_EQ(refused.error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(run_blocking(table.get("h")).value(), std::nullopt);
  EXPECT_FALSE(Table::make(engine_->partitions(), {{"b", part("1")}}));
  EXPECT_FALSE(Table::make(engine_->partitions(), {{"", part("1")}, {"b", part("1")}}));
}

// Moves a row from one partition to another in two steps, and can be cut off between them.
struct Move {
  PartitionStore& store;
  HybridClock& ids;
  PartitionId from;
  PartitionId to;
  bool cut_off = false;
};

Task<Result<>> move_row(Move* move, Intent intent) {
  const auto row = co_await move->store.get(move->from, intent.arguments);
  if (row && *row) {
    Commit copy{move->to, Epoch{1}, move->ids.next_transaction(), {}, {{intent.arguments, **row}}, {}};
    (void)co_await move->store.commit(std::move(copy));
    if (move->cut_off) co_return fail(ErrorCode::kUnavailable, "cut off");
    Commit drop{move->from, Epoch{1}, move->ids.next_transaction(), {}, {}, {intent.arguments}};
    (void)co_await move->store.commit(std::move(drop));
  }
  co_return Result<>{};
}

TEST_F(TableTest, AnIntentThatWasCutOffIsResumed) {
  auto& store = engine_->partitions();
  Move move{store, ids_, part("from"), part("to"), true};
  Commit seed{move.from, Epoch{1}, ids_.next_transaction(), {}, {{"k", "v"}}, {}};
  ASSERT_EQ(run_blocking(store.commit(std::move(seed))).outcome, CommitOutcome::kOk);
  {
    IntentJournal journal(store, part("home"), "i", Epoch{1}, ids_);
    journal.on("move", [&move](Intent intent) { return move_row(&move, std::move(intent)); });
    EXPECT_FALSE(run_blocking(journal.run("move", "k")));
    EXPECT_EQ(run_blocking(journal.resume()).value(), 1u);
  }
  move.cut_off = false;
  IntentJournal journal(store, part("home"), "i", Epoch{1}, ids_);
  journal.on("move", [&move](Intent intent) { return move_row(&move, std::move(intent)); });
  EXPECT_EQ(run_blocking(journal.resume()).value(), 0u);
  EXPECT_EQ(run_blocking(store.get(move.from, "k")).value(), std::nullopt);
  EXPECT_EQ(run_blocking(store.get(move.to, "k")).value(), "v");
  EXPECT_TRUE(run_blocking(store.scan(part("home"), "", "", 10)).value().rows.empty());
}

}  // namespace
}  // namespace freehold::store
