#include "store/reference_engine.h"

#include "runtime/task_scope.h"
#include "store/conformance.h"

namespace freehold::store {
namespace {

class ReferenceSubject final : public Subject {
 public:
  Engine& engine() override { return *engine_; }
  FakeClock& clock() override { return clock_; }
  bool reopen() override { return false; }

 private:
  FakeClock clock_;
  std::unique_ptr<Engine> engine_ = make_reference_engine(clock_);
};

INSTANTIATE_TEST_SUITE_P(Reference, EngineConformance,
                         testing::Values(MakeSubject([] { return std::make_unique<ReferenceSubject>(); })));

TEST(HybridClock, NeverGoesBack) {
  FakeClock clock;
  SeededRandom random(1);
  HybridClock hybrid(clock, random);
  auto last = hybrid.next();
  clock.step_wall(-std::chrono::hours(1));
  for (int i = 0; i < 1000; ++i) {
    const auto next = hybrid.next();
    ASSERT_GT(next, last);
    last = next;
  }
  hybrid.observe(last + 1000);
  EXPECT_EQ(hybrid.next(), last + 1001);
  EXPECT_EQ(HybridClock::wall_time(HybridClock::from_wall(clock.now())), clock.now());
}

// Answers kUnknown first, as an engine does whose disks failed in the middle of a commit.
class UnsureStore final : public PartitionStore {
 public:
  UnsureStore(PartitionStore& below, bool applies) : below_(below), applies_(applies) {}
  Task<CommitResult> commit(Commit commit) override {
    if (applies_) (void)co_await below_.commit(std::move(commit));
    co_return CommitResult{CommitOutcome::kUnknown, {}};
  }
  Task<Result<std::optional<Bytes>>> get(PartitionId p, Bytes k) override {
    return below_.get(std::move(p), std::move(k));
  }
  Task<Result<ScanPage>> scan(PartitionId p, Bytes f, Bytes e, std::uint32_t l) override {
    return below_.scan(std::move(p), std::move(f), std::move(e), l);
  }
  Task<Result<bool>> find_transaction(PartitionId p, TransactionId t) override {
    if (++asked_ < 3) co_return fail(ErrorCode::kUnavailable, "not yet");
    co_return co_await below_.find_transaction(std::move(p), t);
  }
  Task<Result<std::vector<Change>>> changes(PartitionId p, std::uint64_t a, std::uint32_t l) override {
    return below_.changes(std::move(p), a, l);
  }

 private:
  PartitionStore& below_;
  bool applies_;
  int asked_ = 0;
};

TEST(CommitSettled, LearnsWhatBecameOfAnUnknownCommit) {
  FakeClock clock;
  SeededRandom random(1);
  HybridClock hybrid(clock, random);
  auto engine = make_reference_engine(clock);
  for (const bool applies : {true, false}) {
    UnsureStore unsure(engine->partitions(), applies);
    Commit commit{
        make_partition_id(random_id<TenantId>(random), "p"), Epoch{1}, hybrid.next_transaction(), {}, {{"k", "v"}}, {}};
    const auto result = runtime::run_blocking(commit_settled(unsure, std::move(commit)));
    EXPECT_EQ(result.outcome, applies ? CommitOutcome::kOk : CommitOutcome::kUnavailable);
  }
}

}  // namespace
}  // namespace freehold::store
