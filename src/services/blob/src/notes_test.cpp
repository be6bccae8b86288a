// What an account says about its blobs rests under its key, is bound to its row, and is found by who has the key alone.
#include "src/blob_store.h"
#include "src/container_row.h"
#include "src/note_cipher.h"
#include "src/row_keys.h"
#include "src/tag_index.h"
#include "src/tag_rules.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using runtime::run_blocking;
using Names = std::vector<std::string>;

struct NotesTest : ::testing::Test, TestRegion {
  NotesTest() { make_container("box"); }

  store::PartitionId container_partition() {
    const auto partitions = run_blocking(service->partitions());
    return *std::ranges::find_if(*partitions, [](const auto& p) { return p.value[16] == 'b'; });
  }
  store::PartitionId account_partition() {
    const auto account = service->accounts().find("acct1");
    return row_keys::account_partition(account->tenant, account->id);
  }
  // All that rests, with rows of containers opened as far as the region's own keys open them.
  Bytes all_that_rests() {
    const RowSealer sealer(row_keys, random);
    Bytes all;
    for (const auto& row : rows()) all += row.key + '\n' + row.value + '\n';
    const auto page = run_blocking(engine->partitions().scan(account_partition(), "n", "o", 1000));
    for (const auto& row : page->rows) {
      const auto plain = sealer.open(account_partition(), row.key, row.value);
      EXPECT_TRUE(plain.has_value());
      all += row.key + '\n' + plain.value_or("") + '\n';
    }
    return all;
  }
  Names found(const std::string& where, std::uint32_t at_once = 5'000) {
    Names names;
    std::string marker;
    do {
      const auto page = get("/?comp=blobs&where=" + percent_encode(where) + "&maxresults=" + std::to_string(at_once) +
                            "&marker=" + marker);
      EXPECT_EQ(page.status, 200) << page.body;
      for (auto& name : elements(page.body, "Name")) names.push_back(std::move(name));
      const auto next = elements(page.body, "NextMarker");
      marker = next.empty() ? "" : next.front();
    } while (!marker.empty());
    return names;
  }
  void put_row(Bytes key, Bytes value) {
    store::Commit commit{container_partition(), {1}, hybrid.next_transaction(), {}, {}, {}};
    commit.puts.push_back({std::move(key), std::move(value)});
    ASSERT_EQ(run_blocking(engine->partitions().commit(std::move(commit))).outcome, store::CommitOutcome::kOk);
  }
  // Writes a blob's row anew as a program of before had it: notes and the index of tags in the clear.
  void make_old(const std::string& name, const Notes& notes) {
    const auto key = row_keys::blob(name);
    const auto stored = run_blocking(engine->partitions().get(container_partition(), key));
    ASSERT_TRUE(stored && *stored);
    auto row = decode_blob_row(**stored);
    ASSERT_TRUE(row.has_value());
    row->notes = RowNotes();
    auto* clear = row->notes.read_in_clear();
    *clear = notes;
    put_row(key, encode_blob_row(*row));
    for (const auto& [tag, value] : notes.tags) put_row(row_keys::clear_tag(tag, value, name), "\x01");
  }
  std::size_t count(char prefix) {
    const auto all = rows();
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& row) { return row.key[0] == prefix; }));
  }
};

TEST_F(NotesTest, NothingOfThemRestsInTheClear) {
  const std::string words[] = {"MetaName", "meta-value", "TagName", "tag-value", "box-meta", "snap-value", "copied"};
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-meta-MetaName", "meta-value"}, {"x-ms-tags", "TagName=tag-value"}}).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=snapshot", {{"x-ms-meta-more", "snap-value"}}).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=snapshot").status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-MetaName", "copied"}}).status, 200);
  ASSERT_EQ(run(Method::kPut, "/box?restype=container&comp=metadata", {{"x-ms-meta-a", "box-meta"}}).status, 200);
  ASSERT_EQ(run(Method::kPut, "/more?restype=container", {{"x-ms-meta-a", "box-meta"}}).status, 201);
  const HeaderList copy = {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/b"}};
  ASSERT_EQ(run(Method::kPut, "/box/c", copy).status, 202);
  const auto all = all_that_rests();
  for (const auto& word : words) EXPECT_EQ(all.find(word), std::string::npos) << word;

  EXPECT_EQ(get("/box/b").header("x-ms-meta-MetaName"), "copied");
  EXPECT_EQ(get("/box/b").header("x-ms-tag-count"), "1");
  EXPECT_EQ(get("/box/c").header("x-ms-meta-MetaName"), "copied");
  EXPECT_EQ(run(Method::kHead, "/more?restype=container").header("x-ms-meta-a"), "box-meta");
  const auto list = get("/?comp=list&include=metadata").body;
  EXPECT_EQ(elements(list, "a"), (Names{"box-meta", "box-meta"}));
  const auto snapshots = get("/box?restype=container&comp=list&include=metadata,snapshots,tags").body;
  EXPECT_EQ(elements(snapshots, "MetaName"), (Names{"meta-value", "copied", "copied"}));
  EXPECT_EQ(elements(snapshots, "more"), Names{"snap-value"});
  EXPECT_EQ(elements(snapshots, "Value").size(), 3u);
}

TEST_F(NotesTest, TheyOpenInTheirOwnRowOnly) {
  ASSERT_EQ(put("/box/a", "x", {{"x-ms-meta-who", "a"}}).status, 201);
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-meta-who", "b"}}).status, 201);
  const auto a = run_blocking(engine->partitions().get(container_partition(), row_keys::blob("a")));
  const auto b = run_blocking(engine->partitions().get(container_partition(), row_keys::blob("b")));
  auto row = decode_blob_row(**b);
  row->notes = decode_blob_row(**a)->notes;
  put_row(row_keys::blob("b"), encode_blob_row(*row));
  EXPECT_EQ(get("/box/a").header("x-ms-meta-who"), "a");
  EXPECT_EQ(get("/box/b").code(), "InternalError");
  EXPECT_EQ(get("/box/b?comp=metadata").status, 500);
  EXPECT_EQ(run(Method::kDelete, "/box/b").status, 202);  // what is said of it isn't needed for that
}

TEST_F(NotesTest, TheIndexFollowsByMarks) {
  ASSERT_EQ(put("/box/a", "x", {{"x-ms-tags", "t=1&u=1"}}).status, 201);
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-tags", "t=2"}}).status, 201);
  EXPECT_EQ(count(row_keys::kTagPrefix), 3u);
  EXPECT_EQ(count(row_keys::kClearTagPrefix), 0u);
  EXPECT_EQ(found("\"t\"='1'"), Names{"a"});
  EXPECT_EQ(found("\"t\"='1' AND \"u\"='1'"), Names{"a"});
  EXPECT_EQ(found("\"t\"='1' AND \"u\"='2'"), Names{});
  EXPECT_EQ(found("\"t\">'1'"), Names{"b"});
  auto both = found("\"t\">='1'", 1);
  std::ranges::sort(both);
  EXPECT_EQ(both, (Names{"a", "b"}));
  ASSERT_EQ(put("/box/a", "y", {{"x-ms-tags", "u=1"}}).status, 201);
  EXPECT_EQ(count(row_keys::kTagPrefix), 2u);
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  EXPECT_EQ(count(row_keys::kTagPrefix), 0u);
}

// A range looks at one blob of each value that is outside of it.
TEST_F(NotesTest, ARangePassesOverValuesAsAWhole) {
  for (int i = 0; i < 60; ++i) {
    const auto value = i % 3 == 0 ? "1" : i % 3 == 1 ? "2" : "3";
    ASSERT_EQ(put("/box/" + std::to_string(i), "x", {{"x-ms-tags", std::string("t=") + value}}).status, 201);
  }
  int reads = 0;
  disk.on_get = [&](const Bytes& key) { reads += key.front() == row_keys::kBlobPrefix ? 1 : 0; };
  EXPECT_EQ(found("\"t\">'2'").size(), 20u);
  EXPECT_EQ(reads, 22);
  reads = 0;
  EXPECT_EQ(found("\"t\">'9'").size(), 0u);
  EXPECT_EQ(reads, 3);
  for (const std::uint32_t at_once : {1u, 7u, 20u}) {
    auto names = found("\"t\">='2'", at_once);
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::unique(names).size(), 0u);
    EXPECT_EQ(names.size(), 40u);
  }
}

TEST_F(NotesTest, RowsOfBeforeAreReadAndWrittenAnewUnderTheKey) {
  for (const auto* name : {"a", "b", "c"}) ASSERT_EQ(put(std::string("/box/") + name, "x").status, 201);
  make_old("a", {{{"m", "old-meta"}}, {{"t", "old-tag"}}});
  make_old("b", {{}, {{"t", "old-tag"}, {"u", "1"}}});
  ASSERT_EQ(put("/box/c", "x", {{"x-ms-tags", "t=old-tag"}}).status, 201);
  EXPECT_EQ(get("/box/a").header("x-ms-meta-m"), "old-meta");
  EXPECT_EQ(get("/box/a?comp=tags").status, 200);
  for (const std::uint32_t at_once : {1u, 2u, 5u}) {
    EXPECT_EQ(found("\"t\"='old-tag'", at_once), (Names{"c", "a", "b"}));
    EXPECT_EQ(found("\"t\">='a' AND \"u\"='1'", at_once), Names{"b"});
  }
  EXPECT_EQ(elements(get("/box?restype=container&comp=list&include=metadata").body, "m"), Names{"old-meta"});

  // Whatever is written next.
  ASSERT_EQ(run(Method::kPut, "/box/a?comp=properties", {{"x-ms-blob-content-type", "a/b"}}).status, 200);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-n", "v"}}).status, 200);
  EXPECT_EQ(count(row_keys::kClearTagPrefix), 0u);
  EXPECT_EQ(count(row_keys::kTagPrefix), 4u);
  const auto all = all_that_rests();
  EXPECT_EQ(all.find("old-"), std::string::npos);
  EXPECT_EQ(found("\"t\"='old-tag'"), (Names{"a", "b", "c"}));
  EXPECT_EQ(get("/box/a").header("x-ms-meta-m"), "old-meta");
}

TEST_F(NotesTest, AnOldRowGoesWithItsIndex) {
  ASSERT_EQ(put("/box/a", "x").status, 201);
  make_old("a", {{}, {{"t", "1"}}});
  ASSERT_EQ(run(Method::kDelete, "/box/a").status, 202);
  EXPECT_EQ(count(row_keys::kClearTagPrefix), 0u);
}

TEST_F(NotesTest, APurgeTakesBothIndexes) {
  ASSERT_EQ(put("/box/a", "x").status, 201);
  make_old("a", {{}, {{"t", "1"}}});
  ASSERT_EQ(put("/box/b", "x", {{"x-ms-tags", "t=1"}}).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  const auto partition = container_partition();
  for (int round = 0; round < 20 && service->garbage_waiting() > 0; ++round) {
    static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));
    take_audit_rows();
  }
  const auto left = run_blocking(engine->partitions().scan(partition, Bytes(1, '\0'), "", 10));
  ASSERT_TRUE(left.has_value());
  EXPECT_TRUE(left->rows.empty()) << left->rows.front().key;
}

TEST_F(NotesTest, KeysDifferByContainerAndDay) {
  const auto account = service->accounts().find("acct1");
  const auto key = run_blocking(service->accounts().account_key(account->id));
  ASSERT_TRUE(key.has_value());
  NoteCipher cipher(*key, container_partition());
  RowNotes notes(Notes{{{"a", "b"}}, {{"t", "v"}}});
  cipher.seal("row", notes, clock.now(), random);
  ASSERT_TRUE(notes.is_sealed());
  auto stored = RowNotes::decode_sealed(notes.encode_sealed());
  ASSERT_TRUE(stored.has_value());
  const auto closed = *stored;
  EXPECT_FALSE(closed.read().has_value());
  cipher.open("row", *stored);
  ASSERT_TRUE(stored->read().has_value());
  EXPECT_EQ(**stored->read(), (Notes{{{"a", "b"}}, {{"t", "v"}}}));

  const auto there = row_keys::container_partition(account->tenant, account->id, ContainerId{});
  NoteCipher other(*key, there);
  auto moved = closed;
  other.open("row", moved);
  EXPECT_EQ(moved.read().error().code, ErrorCode::kCorrupt);
  EXPECT_NE(other.mark("t", "v"), cipher.mark("t", "v"));
  EXPECT_NE(cipher.mark("tv", ""), cipher.mark("t", "v"));
  EXPECT_TRUE(cipher.mark("t", "v").starts_with(cipher.mark_of_name("t")));

  // Another day's are under another key, and all of them open.
  std::vector<RowNotes> all;
  for (int day = 0; day < 20; ++day) {
    RowNotes of_day(Notes{{{"day", std::to_string(day)}}, {}});
    cipher.seal("row", of_day, clock.now() + std::chrono::days(day), random);
    all.push_back(*RowNotes::decode_sealed(of_day.encode_sealed()));
  }
  EXPECT_NE(all[0].sealed().substr(0, 4), all[1].sealed().substr(0, 4));
  for (int day = 0; day < 20; ++day) {
    cipher.open("row", all[static_cast<std::size_t>(day)]);
    EXPECT_EQ((*all[static_cast<std::size_t>(day)].read())->metadata[0].second, std::to_string(day));
  }
}

}  // namespace
}  // namespace freehold::blob::testing
