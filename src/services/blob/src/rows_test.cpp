// Row formats and keys: what is written is what is read, and what isn't whole is refused.
#include <gtest/gtest.h>

#include "base/random.h"
#include "src/blob_row.h"
#include "src/container_row.h"
#include "src/garbage_row.h"
#include "src/pending_copy.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

BlobRow sample() {
  BlobRow row;
  row.etag = 77;
  row.created = 66;
  row.length = 1234567;
  row.content = {"text/plain", "gzip", "de", "inline", "no-cache", Bytes(16, 'm')};
  row.notes.set({{{"a", "1"}, {"b", ""}}, {{"project", "x"}, {"state", ""}}});
  row.notes.sealed_as("sealed", {Bytes(kTagMarkBytes, '1'), Bytes(kTagMarkBytes, '2')});
  row.wrapped_key = Bytes(40, 'w');
  row.layout.direct = {{"id1", {{Segment::Place::kInline, {1, 2}, 3}}}, {"", {{Segment::Place::kChunk, {4, 5}, 6}}}};
  row.layout.manifests = {{{7, 8}, 9, 10}};
  row.staging = Staging{11, 12, 13, {}};
  row.tier = {AccessTier::kArchive, true, 88, Rehydration{AccessTier::kCool, RehydratePriority::kHigh, 99}};
  row.lease = Lease{Bytes(16, 'l'), 15, WallTime(std::chrono::seconds(5)), std::nullopt};
  row.copy = CopyState{"id", "https://source", CopyStatus::kFailed, "why", 1, 2, 3, true, 4, "work"};
  row.page = PageState{1, 2, 3, {{4, 5, 6}}};
  row.append = AppendState{50'000, true};
  row.customer_key_sha256 = Bytes(32, 'k');
  row.snapshot = 55;
  row.has_snapshots = row.shared_content = true;
  row.unknown = {{50, "kept"}};
  return row;
}

TEST(BlobRow, RoundTrip) {
  const auto row = sample();
  const auto bytes = encode_blob_row(row);
  const auto back = decode_blob_row(bytes);
  ASSERT_TRUE(back.has_value()) << back.error().detail;
  EXPECT_EQ(encode_blob_row(*back), bytes);
  EXPECT_EQ(back->etag, 77u);
  EXPECT_EQ(back->content, row.content);
  EXPECT_TRUE(back->notes.is_closed());
  EXPECT_EQ(back->notes.sealed(), "sealed");
  EXPECT_EQ(back->notes.marks(), row.notes.marks());
  EXPECT_EQ(back->layout, row.layout);
  EXPECT_EQ(back->staging, row.staging);
  EXPECT_EQ(back->unknown, row.unknown);
}

TEST(BlobRow, StatesRoundTrip) {
  const auto row = sample();
  const auto back = decode_blob_row(encode_blob_row(row));
  ASSERT_TRUE(back.has_value()) << back.error().detail;
  EXPECT_EQ(back->tier, row.tier);
  EXPECT_EQ(back->lease, row.lease);
  EXPECT_EQ(back->notes.tag_count(), 2u);
  EXPECT_EQ(back->copy, row.copy);
  EXPECT_EQ(back->page, row.page);
  EXPECT_EQ(back->append, row.append);
  EXPECT_EQ(back->customer_key_sha256, row.customer_key_sha256);
  EXPECT_EQ(back->snapshot, 55u);
  EXPECT_TRUE(back->has_snapshots && back->shared_content);
}

TEST(BlobRow, TheOldFieldOfTheTierIsStillRead) {
  BlobRow plain;
  plain.etag = 1;
  auto bytes = encode_blob_row(plain);
  append_u8(bytes, 9);
  append_sized(bytes, "1");
  const auto row = decode_blob_row(bytes);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->tier, (TierState{AccessTier::kHot, true, 0, std::nullopt}));
}

// Of a program of before: in the clear, and so they stay until they are set or sealed.
TEST(BlobRow, OldNotesAreReadAndNeverMixedWithSealedOnes) {
  BlobRow plain;
  plain.etag = 1;
  auto bytes = encode_blob_row(plain);
  append_u8(bytes, 8);
  append_sized(bytes, encode_metadata({{"a", "1"}}));
  append_u8(bytes, 138);
  append_sized(bytes, encode_tags({{"t", "2"}}));
  auto row = decode_blob_row(bytes);
  ASSERT_TRUE(row.has_value());
  ASSERT_TRUE(row->notes.read().has_value());
  EXPECT_EQ(**row->notes.read(), (Notes{{{"a", "1"}}, {{"t", "2"}}}));
  EXPECT_TRUE(row->notes.is_in_clear());
  const auto again = decode_blob_row(encode_blob_row(*row));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(**again->notes.read(), **row->notes.read());
  append_u8(bytes, 154);
  append_sized(bytes, Bytes("\0sealed", 7));
  EXPECT_EQ(decode_blob_row(bytes).error().code, ErrorCode::kCorrupt);
  row->notes.sealed_as("sealed", {Bytes(kTagMarkBytes, '1')});
  const auto sealed = decode_blob_row(encode_blob_row(*row));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_TRUE(sealed->notes.is_closed());
}

// The bytes of the example in docs/formats/blob-rows.md.
TEST(BlobRow, DocumentedExample) {
  BlobRow row;
  row.etag = row.created = 1;
  row.length = 3;
  row.layout.direct = {{"", {{Segment::Place::kInline, {1, 2}, 3}}}};
  EXPECT_EQ(encode_blob_row(row), Bytes("\x01"
                                        "\x80\0\0\0\x02\x01\x02"
                                        "\x81\0\0\0\x08\0\0\0\0\0\0\0\x01"
                                        "\x01\0\0\0\x08\0\0\0\0\0\0\0\x01"
                                        "\x82\0\0\0\x08\0\0\0\0\0\0\0\x03"
                                        "\x84\0\0\0\x1a\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03",
                                        1 + 7 + 13 * 3 + 5 + 26));
}

TEST(BlobRow, NewerVersionsAndUnknownCriticalFieldsAreRefused) {
  auto bytes = encode_blob_row(sample());
  bytes[0] = 2;
  EXPECT_EQ(decode_blob_row(bytes).error().code, ErrorCode::kUnsupported);
  bytes[0] = 1;
  append_u8(bytes, 250);
  append_sized(bytes, "new");
  EXPECT_EQ(decode_blob_row(bytes).error().code, ErrorCode::kUnsupported);
}

TEST(BlobRow, EveryCutIsRefusedOrWhole) {
  const auto bytes = encode_blob_row(sample());
  int refused = 0;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto row = decode_blob_row(BytesView(bytes).substr(0, n));
    if (!row) ++refused;
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) - 30);  // a cut between two fields can't be seen
}

TEST(GarbageRow, RoundTrip) {
  GarbageRow row{"key",
                 {{{"", {{Segment::Place::kChunk, {1, 2}, 3}}}}, {{{7, 8}, 9, 10}}},
                 {{5, 6}},
                 "name",
                 9,
                 true,
                 "shared",
                 "disk",
                 {{7, 0, kAllWindows, false}, {7, 0, 0, true}}};
  const auto back = decode_garbage_row(encode_garbage_row(row));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->expand, row.expand);
  EXPECT_EQ(back->chunks, row.chunks);
  EXPECT_EQ(back->staged_name, "name");
  EXPECT_EQ(back->staged_generation, 9u);
  EXPECT_TRUE(back->staged_content);
  EXPECT_EQ(back->shared_name, "shared");
  EXPECT_EQ(back->page_name, "disk");
  EXPECT_EQ(back->pages, row.pages);
}

// A block of 4,000 MiB named 50,000 times, and two of them in turn: 190 TiB that cost what 50,000 ids cost.
TEST(Layout, RepeatedBlocksCostWhatTheirIdsCost) {
  const auto block_of = [](std::string id, std::uint64_t time) {
    std::vector<Segment> segments;
    for (std::uint64_t i = 0; i < 500; ++i) segments.push_back({Segment::Place::kChunk, {time, i}, 8 * 1024 * 1024});
    return Block{std::move(id), std::move(segments)};
  };
  const auto a = block_of("a", 1);
  const auto b = block_of("b", 2);
  Layout layout;
  for (int i = 0; i < 25'000; ++i) {
    layout.push_back(a);
    layout.push_back(b);
  }
  EXPECT_EQ(length_of(layout), 50'000ull * 4'000 * 1'048'576);
  EXPECT_EQ(distinct_segments(layout).size(), 2u);
  const auto encoded = encode_layout(layout);
  EXPECT_EQ(encoded.size(), encoded_size(layout));
  EXPECT_LT(encoded.size(), 400'000u);
  const auto back = decode_layout(encoded);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(*back == layout);
  EXPECT_EQ(distinct_segments(*back).size(), 2u);

  SegmentsSharer sharer;
  Layout joined;
  for (const auto& part : split_layout(layout, 100'000)) {
    auto read = decode_layout(encode_layout(part));
    ASSERT_TRUE(read.has_value());
    EXPECT_LE(encoded_size(*read), 100'000u);
    for (auto& block : *read) {
      sharer.share(block);
      joined.push_back(std::move(block));
    }
  }
  EXPECT_TRUE(joined == layout);
  EXPECT_EQ(distinct_segments(joined).size(), 2u);
}

TEST(Layout, RefersOnlyToSegmentsThatStandBeforeIt) {
  const Layout twice = {{"a", {{Segment::Place::kChunk, {1, 2}, 3}}}, {"b", {{Segment::Place::kChunk, {1, 2}, 3}}}};
  auto encoded = encode_layout(twice);
  ASSERT_TRUE(decode_layout(encoded).has_value());
  ASSERT_EQ(encoded.substr(encoded.size() - 4), Bytes("\x80\0\0\0", 4));
  for (const char index : {'\x01', '\x02', '\x7f'}) {
    encoded.back() = index;
    EXPECT_FALSE(decode_layout(encoded).has_value());
  }
  // A block without segments can't lend any.
  EXPECT_FALSE(decode_layout(Bytes("\0\0\0\0\0\0\x80\0\0\0", 10)).has_value());
}

TEST(Layout, SplitsAtBlocksAndKeepsTheirOrder) {
  Layout layout;
  for (std::uint32_t i = 0; i < 1000; ++i) layout.push_back({"id", {{Segment::Place::kChunk, {i, 0}, i}}});
  const auto parts = split_layout(layout, 1000);
  EXPECT_GT(parts.size(), 10u);
  Layout joined;
  for (const auto& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  EXPECT_EQ(joined, layout);
}

TEST(RowKeys, NamesSortAsTheirBytesAndComeBack) {
  std::vector<std::string> names = {"a",
                                    "a!",
                                    "a/",
                                    "a/b",
                                    "ab",
                                    "b",
                                    "ä",
                                    "\U0001F600",
                                    std::string("a\0", 2),
                                    std::string("a\0b", 3),
                                    "a\x01",
                                    std::string(1024, 'z')};
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + 1 < names.size(); ++i) EXPECT_LT(row_keys::blob(names[i]), row_keys::blob(names[i + 1]));
  for (const auto& name : names) {
    ASSERT_TRUE(row_keys::parse_blob(row_keys::blob(name)).has_value());
    EXPECT_EQ(row_keys::parse_blob(row_keys::blob(name))->name, name);
    EXPECT_LT(row_keys::blob(name, 5), row_keys::blob(name, 6));
    EXPECT_LT(row_keys::blob(name, ~std::uint64_t{0}), row_keys::blob(name));
    EXPECT_EQ(row_keys::parse_blob(row_keys::blob(name, 7))->snapshot, 7u);
    EXPECT_GE(row_keys::blob(name), row_keys::blobs_from(name));
    EXPECT_LT(row_keys::blob(name), row_keys::blobs_after(name));
  }
}

TEST(RowKeys, StagedBlocksOfOneNameDoNotReachIntoAnother) {
  const auto from = row_keys::staged("a", 5);
  const auto end = row_keys::staged("a", 6);
  const auto inside = [&](const Bytes& key) { return key >= from && key < end; };
  EXPECT_TRUE(inside(row_keys::staged("a", 5, Bytes(64, '\xff'))));
  EXPECT_FALSE(inside(row_keys::staged("a", 6, "x")));
  EXPECT_FALSE(inside(row_keys::staged("aa", 5, "x")));
}

TEST(ContainerRow, RoundTrip) {
  ContainerRow row;
  SeededRandom random(1);
  row.id = random_id<ContainerId>(random);
  row.etag = 5;
  row.notes.set({{{"a", "b"}}, {}});
  row.notes.sealed_as("sealed", {});
  row.lease = Lease{Bytes(16, 'l'), Lease::kInfinite, std::nullopt, WallTime(std::chrono::seconds(7))};
  row.public_access = PublicAccess::kContainer;
  row.policies = {{"one", WallTime(std::chrono::seconds(-1)), std::nullopt, "rwd"}, {"two", {}, {}, ""}};
  const auto back = decode_container_row(encode_container_row(row));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->id, row.id);
  EXPECT_EQ(back->notes.sealed(), "sealed");
  EXPECT_EQ(back->lease, row.lease);
  EXPECT_EQ(back->public_access, row.public_access);
  EXPECT_EQ(back->policies, row.policies);
  EXPECT_FALSE(decode_container_row("\x01").has_value());
}

TEST(CopyWork, IsWhatAnotherProcessGoesOnBy) {
  const CopyWork plain{.etag = "\"0x8\"", .version = "2021-12-02", .type = BlobType::kAppend, .here = true};
  EXPECT_EQ(encode_copy_work(plain).front(), 1);  // as earlier programs wrote it
  for (const bool more : {false, true}) {
    auto work = plain;
    if (more) {
      work.previous = "2026-01-01T00:00:00.0000000Z";
      work.dirty = work.seal = true;
      work.md5 = Bytes(16, 'm');
    }
    const auto bytes = encode_copy_work(work);
    const auto read = decode_copy_work(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->etag, work.etag);
    EXPECT_EQ(read->version, work.version);
    EXPECT_EQ(read->type, work.type);
    EXPECT_EQ(read->here, work.here);
    EXPECT_EQ(read->previous, work.previous);
    EXPECT_EQ(read->dirty, work.dirty);
    EXPECT_EQ(read->seal, work.seal);
    EXPECT_EQ(read->md5, work.md5);
    EXPECT_FALSE(decode_copy_work(bytes + "x"));
    EXPECT_FALSE(decode_copy_work(bytes.substr(0, bytes.size() - 1)));
  }
}

}  // namespace
}  // namespace freehold::blob
