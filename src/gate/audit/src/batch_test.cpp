#include "audit/batch.h"

#include <gtest/gtest.h>

#include "audit/log_layout.h"
#include "audit_format/record_text.h"
#include "base/encoding.h"
#include "base/limits.h"

namespace freehold::gate::audit {
namespace {

const Secret& key() {
  static const Secret kKey(BytesView("0123456789abcdef0123456789abcdef"));
  return kKey;
}

BatchText text_of_lines(std::size_t count, std::size_t random_bytes) {
  SeededRandom random(count);
  BatchText text;
  text.tenant = random_id<TenantId>(random);
  for (std::size_t i = 0; i < count; ++i) {
    text.text += "line " + std::to_string(i) + " " + to_base64url(random.bytes(random_bytes)) + "\n";
    text.lines.push_back({text.text.size(), WallTime(std::chrono::seconds(1000 + i))});
  }
  return text;
}

TEST(Batch, EveryRecordIsInOneBatchInOrderAndEveryBatchFitsARow) {
  SeededRandom random(1);
  for (const auto& [count, bytes] : {std::pair{1, 10}, {10'000, 10}, {20'000, 40}, {3'000, 900}, {300, 9'000}}) {
    const auto text = text_of_lines(static_cast<std::size_t>(count), static_cast<std::size_t>(bytes));
    BatchMaker maker(random);
    const auto batches = maker.make(text, 100, "log", key());
    Bytes joined;
    std::uint64_t index = 100;
    for (const auto& batch : batches) {
      EXPECT_EQ(batch.leaf.index, index++);
      EXPECT_LE(batch.sealed.size(), limits::kValueBytes);
      EXPECT_LE(batch.leaf.count, kBatchRecords);
      EXPECT_EQ(batch.leaf.first, text.lines[batch.first_line].time);
      EXPECT_EQ(batch.leaf.last, text.lines[batch.first_line + batch.leaf.count - 1].time);
      const auto opened = open_batch(batch.leaf, batch.sealed, "log", key());
      ASSERT_TRUE(opened.has_value());
      joined += *opened;
      std::vector<Hash> hashes;
      for (const auto line : lines_of(*opened)) hashes.push_back(record_hash(line));
      EXPECT_EQ(root_of(hashes), batch.leaf.sub_root);
    }
    EXPECT_EQ(joined, text.text);
  }
}

TEST(Batch, DoesNotOpenElsewhere) {
  SeededRandom random(1);
  BatchMaker maker(random);
  const auto batch = maker.make(text_of_lines(5, 10), 3, "log", key()).at(0);
  EXPECT_TRUE(open_batch(batch.leaf, batch.sealed, "log", key()).has_value());
  EXPECT_FALSE(open_batch(batch.leaf, batch.sealed, "other log", key()).has_value());
  EXPECT_FALSE(open_batch(batch.leaf, batch.sealed, "log", Secret(std::size_t{32})).has_value());
  auto moved = batch.leaf;
  moved.index = 4;
  EXPECT_FALSE(open_batch(moved, batch.sealed, "log", key()).has_value());
  auto harmed = batch.sealed;
  harmed[20] ^= 1;
  EXPECT_FALSE(open_batch(batch.leaf, harmed, "log", key()).has_value());
  auto smaller = batch.leaf;
  smaller.text_bytes -= 1;
  EXPECT_FALSE(open_batch(smaller, batch.sealed, "log", key()).has_value());
}

TEST(Layout, TilePathsAreThoseOfTlogTiles) {
  EXPECT_EQ(tile_key(0, 0), "tile/0/000");
  EXPECT_EQ(tile_key(1, 67), "tile/1/067");
  EXPECT_EQ(tile_key(0, 1'234'067), "tile/0/x001/x234/067");
}

TEST(Layout, SettledRowsComeBackAndBrokenOnesAreRefused) {
  const std::vector<SettledRow> rows = {{{"partition"},
                                         {"\x01"
                                          "audit/0123456789abcdef",
                                          "\x01"
                                          "audit/fedcba9876543210"}},
                                        {{"other"}, {}}};
  const auto bytes = encode_settled(rows);
  const auto back = decode_settled(bytes);
  ASSERT_TRUE(back.has_value());
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ(back->at(0).keys, rows[0].keys);
  EXPECT_EQ(back->at(1).partition, rows[1].partition);
  EXPECT_FALSE(decode_settled(BytesView(bytes).substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(decode_settled("").has_value());
}

}  // namespace
}  // namespace freehold::gate::audit
