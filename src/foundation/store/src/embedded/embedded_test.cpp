#include "store/embedded.h"

#include "src/embedded/test_placement.h"
#include "store/conformance.h"

namespace freehold::store {
namespace {

class EmbeddedSubject final : public Subject {
 public:
  EmbeddedSubject() : random_(3) { open(); }
  Engine& engine() override { return *engine_; }
  FakeClock& clock() override { return clock_; }
  bool reopen() override {
    engine_.reset();
    open();
    return true;
  }

 private:
  void open() {
    auto opened = open_embedded(small_options(), disk_, keys_, clock_, random_);
    if (!opened) ADD_FAILURE() << opened.error().message << " " << opened.error().detail;
    engine_ = std::move(*opened);
  }

  disk::SimDisk disk_;
  FixedKeys keys_;
  FakeClock clock_;
  SeededRandom random_;
  std::unique_ptr<EmbeddedEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, EngineConformance,
                         testing::Values(MakeSubject([] { return std::make_unique<EmbeddedSubject>(); })));

// After a start RocksDB has only some of its tables open, and says of the others' keys "found", without a value.
TEST(EmbeddedRowsTest, AreReadRightWhileTheirTablesAreNotOpen) {
  constexpr int kRows = 12'000;
  constexpr int kRowsOfCommit = 100;
  disk::SimDisk disk;
  FixedKeys keys;
  FakeClock clock;
  SeededRandom random(5);
  HybridClock ids(clock, random);
  auto options = small_options();
  options.write_buffers_bytes = 768u << 10;  // many small tables
  const auto partition = make_partition_id(random_id<TenantId>(random), "many");
  const auto value_of = [](int number) {
    Bytes value(900, '\0');
    SeededRandom(static_cast<std::uint64_t>(number)).fill(value);
    return value;
  };
  const auto open = [&] {
    auto opened = open_embedded(options, disk, keys, clock, random);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  };

  auto engine = open();
  for (int first = 0; first < kRows; first += kRowsOfCommit) {
    Commit commit{partition, Epoch{1}, ids.next_transaction(), {}, {}, {}};
    for (int i = first; i < first + kRowsOfCommit; ++i) {
      commit.puts.push_back({"row" + std::to_string(i * 7919 % kRows), value_of(i * 7919 % kRows)});
    }
    ASSERT_EQ(runtime::run_blocking(engine->partitions().commit(std::move(commit))).outcome, CommitOutcome::kOk);
  }
  engine.reset();
  engine = open();
  for (int i = 0; i < kRows; i += 37) {
    const auto number = std::to_string(i);
    const auto row = runtime::run_blocking(engine->partitions().get(partition, "row" + number));
    ASSERT_TRUE(row) << row.error().message;
    EXPECT_EQ(*row, value_of(i)) << number;
    const auto none = runtime::run_blocking(engine->partitions().get(partition, "row" + number + "x"));
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_EQ(*none, std::nullopt) << number;
  }
}

}  // namespace
}  // namespace freehold::store
