#include "store/conformance.h"

#include "base/limits.h"
#include "runtime/task_scope.h"

namespace freehold::store {
namespace {
using runtime::run_blocking;
using enum CommitOutcome;
}  // namespace

Commit EngineConformance::put(Bytes key, Bytes value) {
  Commit commit = make_commit();
  commit.puts.push_back({std::move(key), std::move(value)});
  return commit;
}

CommitOutcome EngineConformance::run(Commit commit) {
  const CommitResult result = run_blocking(rows().commit(std::move(commit)));
  if (result.outcome == kUnavailable && result.error.code != ErrorCode::kInvalidArgument) {
    ADD_FAILURE() << result.error.message << " " << result.error.detail;
  }
  return result.outcome;
}

std::optional<Bytes> EngineConformance::get(Bytes key) {
  auto value = run_blocking(rows().get(partition_, std::move(key)));
  if (!value) ADD_FAILURE() << value.error().message << " " << value.error().detail;
  return value ? *value : std::nullopt;
}

ScanPage EngineConformance::scan(Bytes from, Bytes end, std::uint32_t limit) {
  auto page = run_blocking(rows().scan(partition_, std::move(from), std::move(end), limit));
  if (!page) ADD_FAILURE() << page.error().message << " " << page.error().detail;
  return page ? *page : ScanPage{};
}

AlignedBuffer EngineConformance::pattern(std::size_t size, char seed) const {
  AlignedBuffer bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes.data()[i] = static_cast<char>(seed + static_cast<char>(i * 31 + i / 4096));
  return bytes;
}

Result<> EngineConformance::put_chunk(ChunkId id, AlignedBuffer bytes) {
  return run_blocking(chunks().put(tenant_, id, std::move(bytes)));
}

Result<Bytes> EngineConformance::read_chunk(ChunkId id, std::uint32_t offset, std::uint32_t length) {
  auto read = run_blocking(chunks().read(tenant_, id, offset, length));
  if (!read) return pass_on(read);
  return Bytes(read->bytes.view());
}

TEST_P(EngineConformance, APutIsReadAndADeleteIsNot) {
  EXPECT_EQ(run(put("a", "1")), kOk);
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), std::nullopt);
  Commit commit = put("b", "2");
  commit.deletes.push_back("a");
  EXPECT_EQ(run(commit), kOk);
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_EQ(get("b"), "2");
}

TEST_P(EngineConformance, ExpectationsGateTheWholeCommit) {
  Commit commit = put("k", "1");
  commit.expect.push_back(absent("k"));
  EXPECT_EQ(run(commit), kOk);
  commit = put("k", "2");
  commit.expect.push_back(absent("k"));
  EXPECT_EQ(run(commit), kConflict);
  commit = put("k", "2");
  commit.puts.push_back({"other", "x"});
  commit.expect = {equals("k", "1"), equals("other", "x")};
  EXPECT_EQ(run(commit), kConflict);
  EXPECT_EQ(get("k"), "1");
  EXPECT_EQ(get("other"), std::nullopt);
  commit.transaction = ids_.next_transaction();
  commit.expect = {equals("k", "1"), absent("other")};
  EXPECT_EQ(run(commit), kOk);
  EXPECT_EQ(get("k"), "2");
}

TEST_P(EngineConformance, AnOldEpochIsFencedAndAHigherOneRaisesIt) {
  Commit commit = put("k", "1");
  commit.epoch = Epoch{5};
  EXPECT_EQ(run(commit), kOk);
  EXPECT_EQ(run(put("k", "2")), kFenced);
  EXPECT_EQ(get("k"), "1");
  commit = put("k", "3");
  commit.epoch = Epoch{5};
  EXPECT_EQ(run(commit), kOk);
  if (!subject_->reopen()) return;
  EXPECT_EQ(run(put("k", "4")), kFenced);
}

TEST_P(EngineConformance, PartitionsDoNotSeeEachOther) {
  EXPECT_EQ(run(put("k", "1")), kOk);
  for (const Bytes& rest : {Bytes("row"), Bytes("rowsk"), Bytes("rows\0", 5), Bytes()}) {
    const PartitionId other = make_partition_id(tenant_, rest);
    auto value = run_blocking(rows().get(other, "k"));
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, std::nullopt);
    auto page = run_blocking(rows().scan(other, {}, {}, 10));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->rows.empty());
  }
}

TEST_P(EngineConformance, ScansAreOrderedBoundedAndSayWhetherMoreRemains) {
  const std::vector<Bytes> keys = {Bytes("\0", 1), Bytes("a"), Bytes("a\0", 2),
                                   Bytes("ab"),    Bytes("b"), Bytes("\xfe\xff")};
  Commit commit = make_commit();
  for (const auto& key : keys) commit.puts.push_back({key, "v" + key});
  std::ranges::reverse(commit.puts);
  EXPECT_EQ(run(commit), kOk);

  auto all = scan({}, {}, 1000);
  ASSERT_EQ(all.rows.size(), keys.size());
  EXPECT_FALSE(all.more);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(all.rows[i].key, keys[i]);
    EXPECT_EQ(all.rows[i].value, "v" + keys[i]);
  }
  auto middle = scan("a", "b", 2);
  ASSERT_EQ(middle.rows.size(), 2u);
  EXPECT_EQ(middle.rows[1].key, keys[2]);
  EXPECT_TRUE(middle.more);
  middle = scan("a", "b", 3);
  EXPECT_EQ(middle.rows.size(), 3u);
  EXPECT_FALSE(middle.more);
  EXPECT_TRUE(scan("c", "d", 5).rows.empty());
}

TEST_P(EngineConformance, ALongScanGoesPageByPage) {
  Bytes key;
  for (int block = 0; block < 3; ++block) {
    Commit commit = make_commit();
    for (int i = 0; i < 700; ++i) {
      key = "k";
      append_u32(key, static_cast<std::uint32_t>(block * 700 + i));
      commit.puts.push_back({key, Bytes(800, 'x')});
    }
    ASSERT_EQ(run(std::move(commit)), kOk);
  }
  Bytes from;
  std::size_t seen = 0;
  for (int pages = 0; pages < 100; ++pages) {
    auto page = scan(from, {}, 5000);
    ASSERT_LE(page.rows.size(), limits::kScanLimit);
    seen += page.rows.size();
    if (!page.more) break;
    ASSERT_FALSE(page.rows.empty());
    from = page.rows.back().key + Bytes(1, '\0');
  }
  EXPECT_EQ(seen, 2100u);
}

TEST_P(EngineConformance, LimitsAreKept) {
  const Bytes longest_key(limits::kKeyBytes, 'k');
  const Bytes longest_value(limits::kValueBytes, 'v');
  EXPECT_EQ(run(put(longest_key, longest_value)), kOk);
  EXPECT_EQ(get(longest_key), longest_value);

  const auto refused = [this](Commit commit) {
    const auto result = run_blocking(rows().commit(std::move(commit)));
    return result.outcome == kUnavailable && result.error.code == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused(put(longest_key + "k", "v")));
  EXPECT_TRUE(refused(put("k", longest_value + "v")));
  EXPECT_TRUE(refused(put("", "v")));
  EXPECT_TRUE(refused(put("k", "")));
  EXPECT_TRUE(refused(put("\xffk", "v")));
  Commit commit = put("k", "v");
  commit.deletes.push_back("k");
  EXPECT_TRUE(refused(commit));
  commit = make_commit();
  for (std::size_t i = 0; i <= limits::kCommitItems; ++i) commit.deletes.push_back("d" + std::to_string(i));
  EXPECT_TRUE(refused(commit));
  commit = make_commit();
  for (int i = 0; i < 16; ++i) commit.puts.push_back({"p" + std::to_string(i), longest_value});
  EXPECT_TRUE(refused(commit));
  commit = put("k", "v");
  commit.partition.value.resize(limits::kPartitionIdBytes + 1, 'p');
  EXPECT_TRUE(refused(commit));
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_P(EngineConformance, TransactionsAreFoundForAnHour) {
  Commit commit = put("k", "1");
  const auto applied = commit.transaction;
  EXPECT_EQ(run(commit), kOk);
  Commit failed = put("k", "2");
  failed.expect.push_back(absent("k"));
  const auto refused = failed.transaction;
  EXPECT_EQ(run(failed), kConflict);
  const auto found = [this](TransactionId t) { return run_blocking(rows().find_transaction(partition_, t)); };
  EXPECT_EQ(found(applied).value(), true);
  EXPECT_EQ(found(refused).value(), false);
  subject_->clock().advance(std::chrono::minutes(59));
  EXPECT_EQ(found(applied).value(), true);
  subject_->clock().advance(std::chrono::minutes(2));
  const auto old = found(applied);
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, ErrorCode::kInvalidArgument);
}

TEST_P(EngineConformance, ChangesHaveNoGapsAndStayOutOfScans) {
  std::vector<TransactionId> ids;
  for (int i = 0; i < 5; ++i) {
    Commit commit = put("k" + std::to_string(i), "v");
    if (i > 0) commit.deletes.push_back("k" + std::to_string(i - 1));
    commit.change = i == 2 ? ChangeRecord::kNone : ChangeRecord::kWrite;
    if (i != 2) ids.push_back(commit.transaction);
    ASSERT_EQ(run(std::move(commit)), kOk);
  }
  if (subject_->reopen()) {
    Commit commit = put("k9", "v");
    commit.change = ChangeRecord::kWrite;
    ids.push_back(commit.transaction);
    ASSERT_EQ(run(std::move(commit)), kOk);
  }
  auto changes = run_blocking(rows().changes(partition_, 0, 1000));
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ((*changes)[i].sequence, i + 1);
    EXPECT_EQ((*changes)[i].transaction, ids[i]);
  }
  EXPECT_EQ((*changes)[1].put_keys, std::vector<Bytes>{"k1"});
  EXPECT_EQ((*changes)[1].deleted_keys, std::vector<Bytes>{"k0"});
  auto some = run_blocking(rows().changes(partition_, 1, 2));
  ASSERT_TRUE(some);
  ASSERT_EQ(some->size(), 2u);
  EXPECT_EQ(some->front().sequence, 2u);
  EXPECT_EQ(scan({}, {}, 1000).rows.size(), get("k9") ? 2u : 1u);
}

TEST_P(EngineConformance, AcknowledgedRowsOutliveTheEngine) {
  ASSERT_EQ(run(put("k", "1")), kOk);
  ASSERT_EQ(run(put("long", Bytes(60'000, 'l'))), kOk);
  if (!subject_->reopen()) GTEST_SKIP() << "keeps nothing";
  EXPECT_EQ(get("k"), "1");
  EXPECT_EQ(get("long"), Bytes(60'000, 'l'));
}

TEST_P(EngineConformance, ChunksAreReadInRanges) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, std::size_t{70'001}, std::size_t{1'500'000}}) {
    const auto id = ids_.next_chunk();
    const auto bytes = pattern(size, 'c');
    ASSERT_TRUE(put_chunk(id, pattern(size, 'c')));
    const auto all = read_chunk(id, 0, static_cast<std::uint32_t>(size));
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(*all == bytes.view());
    const auto from = static_cast<std::uint32_t>(size / 3);
    const auto length = static_cast<std::uint32_t>(size - from - size / 5);
    const auto part = read_chunk(id, from, length);
    ASSERT_TRUE(part);
    EXPECT_TRUE(*part == bytes.view().substr(from, length));
    const auto past = read_chunk(id, from, static_cast<std::uint32_t>(size));
    if (from > 0) {
      ASSERT_FALSE(past);
      EXPECT_EQ(past.error().code, ErrorCode::kInvalidArgument);
    }
  }
}

TEST_P(EngineConformance, ChunksAreNeverOverwrittenAndRemovalIsIdempotent) {
  const auto id = ids_.next_chunk();
  ASSERT_TRUE(put_chunk(id, pattern(5000, 'a')));
  const auto again = put_chunk(id, pattern(5000, 'b'));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(read_chunk(id, 0, 5000).value() == pattern(5000, 'a').view());
  EXPECT_TRUE(run_blocking(chunks().remove(id)));
  EXPECT_TRUE(run_blocking(chunks().remove(id)));
  const auto gone = read_chunk(id, 0, 1);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(put_chunk(ids_.next_chunk(), AlignedBuffer(0)));
  EXPECT_FALSE(put_chunk(ids_.next_chunk(), AlignedBuffer(limits::kChunkBytes + 1)));
}

// The second put meets the first at every point of its way into the index.
TEST_P(EngineConformance, AChunkIsNotOverwrittenWhileItIsIndexed) {
  for (int i = 0; i < 300; ++i) {
    const auto id = ids_.next_chunk();
    ASSERT_TRUE(put_chunk(id, pattern(100, 'a')));
    for (int again = 0; again < 3; ++again) {
      const auto second = put_chunk(id, pattern(100, 'b'));
      ASSERT_FALSE(second) << "after " << i << " chunks";
      ASSERT_EQ(second.error().code, ErrorCode::kConflict);
    }
    ASSERT_TRUE(read_chunk(id, 0, 100).value() == pattern(100, 'a').view());
  }
}

TEST_P(EngineConformance, ChunksAreListedInOrderOfCreation) {
  std::vector<ChunkId> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back(ids_.next_chunk());
    ASSERT_TRUE(put_chunk(ids.back(), pattern(static_cast<std::size_t>(1000 + i), 'l')));
  }
  ASSERT_TRUE(run_blocking(chunks().remove(ids[3])));
  auto page = run_blocking(chunks().list(ChunkId{}, 4)).value();
  ASSERT_EQ(page.chunks.size(), 4u);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.chunks[0].id, ids[0]);
  EXPECT_EQ(page.chunks[3].id, ids[4]);
  EXPECT_EQ(page.chunks[3].length, 1004u);
  page = run_blocking(chunks().list(ids[5], 1000)).value();
  EXPECT_EQ(page.chunks.size(), 2u);
  EXPECT_FALSE(page.more);
  if (!subject_->reopen()) return;
  EXPECT_EQ(run_blocking(chunks().list(ChunkId{}, 1000)).value().chunks.size(), 6u);
  EXPECT_TRUE(read_chunk(ids[6], 0, 1006).value() == pattern(1006, 'l').view());
}

TEST_P(EngineConformance, LeasesHaveGrowingEpochs) {
  const auto first = run_blocking(coordinator().acquire("audit")).value();
  EXPECT_EQ(run_blocking(coordinator().acquire("audit")).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(run_blocking(coordinator().renew(first)));
  EXPECT_TRUE(run_blocking(coordinator().release(first)));
  EXPECT_FALSE(run_blocking(coordinator().renew(first)));
  const auto second = run_blocking(coordinator().acquire("audit")).value();
  EXPECT_GT(second.epoch, first.epoch);
  if (!subject_->reopen()) return;
  const auto third = run_blocking(coordinator().acquire("audit")).value();
  EXPECT_GT(third.epoch, second.epoch);
}

TEST_P(EngineConformance, NoticesReachTheirTopicUntilTheSubscriptionEnds) {
  std::vector<Bytes> heard;
  auto subscription = coordinator().subscribe("t", [&heard](BytesView m) { heard.emplace_back(m); });
  coordinator().notify("t", "one");
  coordinator().notify("u", "other");
  subscription.reset();
  coordinator().notify("t", "two");
  EXPECT_EQ(heard, std::vector<Bytes>{"one"});
}

}  // namespace freehold::store
