// Reading the log on from where one was.
#include "audit/log_reader.h"

#include "log_fixture.h"

namespace freehold::gate::audit {
namespace {

using runtime::run_blocking;

class LogReaderTest : public LogTest {
 protected:
  std::size_t lines(const LogReader& reader, const Leaf& leaf) {
    const auto sealed = run_blocking(reader.sealed(leaf.index));
    EXPECT_TRUE(sealed);
    const auto text = reader.open(leaf, *sealed);
    EXPECT_TRUE(text) << text.error().message;
    return text ? lines_of(*text).size() : 0;
  }
};

TEST_F(LogReaderTest, GoesOnWhereItWas) {
  auto log = open();
  const LogReader reader(store, keys, "fe0", log->verifier_key());
  EXPECT_EQ(run_blocking(reader.end()).value_or(9), 0u);
  EXPECT_EQ(run_blocking(reader.leaves(0, 10))->size(), 0u);
  append(*log, record('a'));
  append(*log, record('a'));
  ASSERT_TRUE(log->flush());
  const auto first = run_blocking(reader.leaves(0, 10));
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(lines(reader, first->front()), 2u);
  const auto end = run_blocking(reader.end()).value_or(0);
  EXPECT_EQ(end, 1u);
  append(*log, record('b'));
  append(*log, record('a'));
  ASSERT_TRUE(log->flush());
  const auto rest = run_blocking(reader.leaves(end, 10));
  EXPECT_EQ(rest->size(), 2u);
  EXPECT_EQ(run_blocking(reader.leaves(end, 1))->size(), 1u);
  EXPECT_EQ(run_blocking(reader.end()).value_or(0), 3u);
  log->stop();
}

TEST_F(LogReaderTest, SaysWhatItCantRead) {
  auto log = open();
  append(*log, record('a'));
  ASSERT_TRUE(log->flush());
  const LogReader reader(store, keys, "fe0", log->verifier_key());
  const auto leaf = run_blocking(reader.leaves(0, 1))->front();
  const auto sealed = run_blocking(reader.sealed(0));
  keys.withhold(tenant('a'));
  EXPECT_EQ(reader.open(leaf, *sealed).error().code, ErrorCode::kUnavailable);
  keys.give_back(tenant('a'));
  auto flipped = *sealed;
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_EQ(reader.open(leaf, flipped).error().code, ErrorCode::kCorrupt);
  delete_row(log_id, indexed_key(kBatchPrefix, 0));
  EXPECT_EQ(run_blocking(reader.sealed(0)).error().code, ErrorCode::kNotFound);
  put_row(log_id, {indexed_key(kLeafPrefix, 0), Bytes("no leaf")});
  EXPECT_EQ(run_blocking(reader.leaves(0, 1)).error().code, ErrorCode::kCorrupt);
  log->stop();
}

}  // namespace
}  // namespace freehold::gate::audit
