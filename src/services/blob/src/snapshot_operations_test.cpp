// Snapshots: what they keep, how they are named, and that content lives exactly as long as a row names it.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

constexpr std::size_t kBig = 9'000'000;

struct SnapshotOperations : ::testing::Test, TestRegion {
  SnapshotOperations() { make_container("box"); }
  Answer snapshot(const std::string& path, HeaderList headers = {}) {
    return run(Method::kPut, path + "?comp=snapshot", std::move(headers));
  }
  // "?snapshot=..." of a new snapshot.
  std::string take(const std::string& path) {
    const auto answer = snapshot(path);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return "?snapshot=" + answer.header("x-ms-snapshot");
  }
  Answer remove(const std::string& path, HeaderList headers = {}) {
    return run(Method::kDelete, path, std::move(headers));
  }
  std::size_t sweep() { return runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99); }
};

TEST_F(SnapshotOperations, TheyKeepContentAndPropertiesAsTheyWere) {
  const auto first = put("/box/b", "one", {{"x-ms-meta-Version", "1"}, {"content-type", "text/plain"}});
  const auto answer = snapshot("/box/b");
  ASSERT_EQ(answer.status, 201);
  EXPECT_EQ(answer.header("etag"), first.header("etag"));
  const auto one = "/box/b?snapshot=" + answer.header("x-ms-snapshot");
  EXPECT_EQ(get("/box/b").header("etag"), first.header("etag"));
  ASSERT_EQ(put("/box/b", pattern(kBig), {{"x-ms-meta-Version", "2"}}).status, 201);
  const auto two = "/box/b" + take("/box/b");
  ASSERT_EQ(put("/box/b", "three").status, 201);
  EXPECT_EQ(get(one).body, "one");
  EXPECT_EQ(get(one).header("x-ms-meta-Version"), "1");
  EXPECT_EQ(get(one).header("x-ms-lease-state"), "");
  EXPECT_TRUE(get(two).body == pattern(kBig));
  EXPECT_EQ(get("/box/b").body, "three");
  const auto head = run(Method::kHead, two);
  EXPECT_EQ(head.head_length, kBig);
  EXPECT_EQ(head.header("x-ms-meta-Version"), "2");
  EXPECT_EQ(get(one + "&comp=metadata").header("x-ms-meta-Version"), "1");
  EXPECT_EQ(get(two, {{"x-ms-range", "bytes=5-9"}}).body, pattern(kBig).substr(5, 5));
  EXPECT_EQ(get("/box/b?snapshot=2001-01-01T00:00:00.0000000Z").code(), "BlobNotFound");
  EXPECT_EQ(get("/box/b?snapshot=yesterday").code(), "InvalidQueryParameterValue");
  // They are read-only.
  EXPECT_EQ(put(one, "x").code(), "InvalidOperation");
  EXPECT_EQ(run(Method::kPut, one + "&comp=metadata", {{"x-ms-meta-a", "1"}}).code(), "InvalidOperation");
}

TEST_F(SnapshotOperations, MetadataOfTheirOwn) {
  const auto blob = put("/box/b", "content", {{"x-ms-meta-a", "1"}});
  const auto answer = snapshot("/box/b", {{"x-ms-meta-b", "2"}});
  EXPECT_NE(answer.header("etag"), blob.header("etag"));
  const auto shown = get("/box/b?snapshot=" + answer.header("x-ms-snapshot"));
  EXPECT_EQ(shown.header("x-ms-meta-a"), "");
  EXPECT_EQ(shown.header("x-ms-meta-b"), "2");
  EXPECT_EQ(get("/box/b").header("x-ms-meta-a"), "1");
}

TEST_F(SnapshotOperations, ContentLivesAsLongAsARowNamesIt) {
  ASSERT_EQ(put("/box/b", pattern(kBig)).status, 201);
  const auto one = "/box/b" + take("/box/b");
  const auto two = "/box/b" + take("/box/b");
  const auto chunks = chunk_count();
  ASSERT_EQ(put("/box/b", "small").status, 201);
  collect();
  EXPECT_EQ(chunk_count(), chunks);
  EXPECT_EQ(sweep(), 0u);
  ASSERT_EQ(remove(one).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), chunks);
  EXPECT_TRUE(get(two).body == pattern(kBig));
  ASSERT_EQ(remove(two).status, 202);
  EXPECT_EQ(get(two).code(), "BlobNotFound");
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(get("/box/b").body, "small");
}

TEST_F(SnapshotOperations, InlineContentToo) {
  ASSERT_EQ(put("/box/b", "inline").status, 201);
  const auto one = "/box/b" + take("/box/b");
  ASSERT_EQ(put("/box/b", "other").status, 201);
  collect();
  EXPECT_EQ(get(one).body, "inline");
  ASSERT_EQ(remove(one).status, 202);
  collect();
  EXPECT_EQ(get("/box/b").body, "other");
  ASSERT_EQ(remove("/box/b").status, 202);
  collect();
  EXPECT_EQ(rows().size(), 1u);  // the open marker
}

TEST_F(SnapshotOperations, BlocksThatABlockListKeepsAreShared) {
  const auto stage = [&](const std::string& id, Bytes content) {
    return run(Method::kPut, "/box/b?comp=block&blockid=" + id, {}, std::move(content)).status;
  };
  const auto commit = [&](const std::string& list) {
    return run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList>" + list + "</BlockList>").status;
  };
  ASSERT_EQ(stage("AAAA", pattern(100'000, 1)), 201);
  ASSERT_EQ(stage("BBBB", pattern(100'000, 2)), 201);
  ASSERT_EQ(commit("<Latest>AAAA</Latest><Latest>BBBB</Latest>"), 201);
  const auto one = "/box/b" + take("/box/b");
  ASSERT_EQ(stage("CCCC", pattern(100'000, 3)), 201);
  ASSERT_EQ(commit("<Committed>AAAA</Committed><Latest>CCCC</Latest>"), 201);
  collect();
  EXPECT_EQ(chunk_count(), 3u);
  EXPECT_TRUE(get(one).body == pattern(100'000, 1) + pattern(100'000, 2));
  EXPECT_TRUE(get("/box/b").body == pattern(100'000, 1) + pattern(100'000, 3));
  EXPECT_EQ(elements(get(one + "&comp=blocklist").body, "Name"), (std::vector<std::string>{"AAAA", "BBBB"}));
  ASSERT_EQ(remove(one).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 2u);
  EXPECT_TRUE(get("/box/b").body == pattern(100'000, 1) + pattern(100'000, 3));
}

TEST_F(SnapshotOperations, ManifestsOfLongListsAreShared) {
  std::string list;
  for (int i = 0; i < 300; ++i) {
    const auto id = to_base64("block" + std::to_string(1000 + i));
    ASSERT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=" + percent_encode(id), {}, pattern(70'000, 1)).status, 201);
    list += "<Latest>" + id + "</Latest>";
  }
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList>" + list + "</BlockList>").status, 201);
  const auto one = "/box/b" + take("/box/b");
  const auto chunks = chunk_count();
  // Half of the blocks stay.
  list.resize(list.size() / 300 * 150);
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList>" + list + "</BlockList>").status, 201);
  collect();
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(run(Method::kHead, one).head_length, 300u * 70'000u);
  EXPECT_EQ(get(one).body.size(), 300u * 70'000u);
  ASSERT_EQ(remove("/box/b", {{"x-ms-delete-snapshots", "only"}}).status, 202);
  collect();
  EXPECT_EQ(get("/box/b").body.size(), 150u * 70'000u);
  EXPECT_LT(chunk_count(), chunks);
  ASSERT_EQ(remove("/box/b").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(SnapshotOperations, DeletingABlobThatHasSome) {
  ASSERT_EQ(put("/box/b", pattern(kBig)).status, 201);
  const auto one = "/box/b" + take("/box/b");
  EXPECT_EQ(remove("/box/b").code(), "SnapshotsPresent");
  EXPECT_EQ(remove("/box/b", {{"x-ms-delete-snapshots", "some"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(remove(one, {{"x-ms-delete-snapshots", "only"}}).code(), "InvalidHeaderValue");
  ASSERT_EQ(remove("/box/b", {{"x-ms-delete-snapshots", "only"}}).status, 202);
  EXPECT_EQ(get(one).code(), "BlobNotFound");
  EXPECT_EQ(get("/box/b").status, 200);
  const auto two = "/box/b" + take("/box/b");
  ASSERT_EQ(remove("/box/b", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  EXPECT_EQ(get(two).code(), "BlobNotFound");
  EXPECT_EQ(get("/box/b").code(), "BlobNotFound");
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(SnapshotOperations, MoreThanOneCommitHolds) {
  ASSERT_EQ(put("/box/b", "content").status, 201);
  for (int i = 0; i < 1'000; ++i) {
    if (i % 100 == 0) ASSERT_EQ(put("/box/b", pattern(100, static_cast<std::uint64_t>(i))).status, 201);
    ASSERT_EQ(snapshot("/box/b").status, 201);
  }
  ASSERT_EQ(remove("/box/b", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(SnapshotOperations, ListingsShowThemOldestFirst) {
  ASSERT_EQ(put("/box/a", "a").status, 201);
  ASSERT_EQ(put("/box/b", "b").status, 201);
  const auto first = take("/box/b").substr(10);
  const auto second = take("/box/b").substr(10);
  ASSERT_EQ(put("/box/c", "c").status, 201);
  const auto plain = get("/box?restype=container&comp=list").body;
  EXPECT_EQ(elements(plain, "Name"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(elements(plain, "Snapshot"), std::vector<std::string>());
  const auto all = get("/box?restype=container&comp=list&include=snapshots,metadata").body;
  EXPECT_EQ(elements(all, "Name"), (std::vector<std::string>{"a", "b", "b", "b", "c"}));
  EXPECT_EQ(elements(all, "Snapshot"), (std::vector<std::string>{first, second}));
  EXPECT_EQ(get("/box?restype=container&comp=list&include=snapshots&delimiter=/").code(), "InvalidQueryParameterValue");
  // By pages of one.
  std::vector<std::string> names;
  std::string marker;
  do {
    const auto page = get("/box?restype=container&comp=list&include=snapshots&maxresults=1&marker=" + marker).body;
    for (auto& name : elements(page, "Name")) names.push_back(std::move(name));
    const auto next = elements(page, "NextMarker");
    marker = next.empty() ? "" : next.front();
  } while (!marker.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "b", "b", "c"}));
}

TEST_F(SnapshotOperations, AContainersEndTakesAllOfThemAlong) {
  ASSERT_EQ(put("/box/b", pattern(kBig)).status, 201);
  take("/box/b");
  take("/box/b");
  ASSERT_EQ(put("/box/b", pattern(100'000)).status, 201);
  take("/box/b");
  ASSERT_EQ(put("/box/b", "small", {{"x-ms-tags", "a=1"}}).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  take_audit_rows();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(SnapshotOperations, AReaderOfOneKeepsWhatItReads) {
  ASSERT_EQ(put("/box/b", pattern(kBig)).status, 201);
  const auto one = "/box/b" + take("/box/b");
  ASSERT_EQ(put("/box/b", "small").status, 201);
  BytesBody none("");
  auto request = make(Method::kGet, one, {}, none);
  auto response = runtime::run_blocking(pipeline->handle(request));
  auto& stream = std::get<http::StreamBody>(response.body);
  Bytes content(*runtime::run_blocking(stream.writer->next()));
  ASSERT_EQ(remove(one).status, 202);
  ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  while (content.size() < stream.length) {
    const auto piece = runtime::run_blocking(stream.writer->next());
    ASSERT_TRUE(piece.has_value() && !piece->empty());
    content += *piece;
  }
  EXPECT_TRUE(content == pattern(kBig));
  stream.writer.reset();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

// Seeded: writes, block lists, snapshots, deletions, collector rounds, sweeps and restarts in any order, against what a
// map of strings says.
TEST_F(SnapshotOperations, AgreeWithAModel) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SeededRandom dice(seed);
    std::map<std::string, Bytes> model;  // by path
    const auto step = [&](int i) {
      const std::string blob = dice.below(2) == 0 ? "/box/x" : "/box/y";
      const auto content = pattern(dice.below(3) == 0 ? 200'000 : 500, seed * 1000 + static_cast<std::uint64_t>(i));
      switch (dice.below(9)) {
        case 0:
        case 1:
          ASSERT_EQ(put(blob, content).status, 201);
          model[blob] = content;
          break;
        case 2: {
          ASSERT_EQ(
              run(Method::kPut, blob + "?comp=block&blockid=" + (i % 2 == 0 ? "AAAA" : "BBBB"), {}, content).status,
              201);
          const auto list = get(blob + "?comp=blocklist&blocklisttype=all").body;
          std::string named;
          for (const auto& id : elements(list, "Name")) named += "<Latest>" + id + "</Latest>";
          ASSERT_EQ(run(Method::kPut, blob + "?comp=blocklist", {}, "<BlockList>" + named + "</BlockList>").status,
                    201);
          model[blob] = get(blob).body;
          break;
        }
        case 3:
        case 4:
          if (model.contains(blob)) model[blob + take(blob)] = model[blob];
          break;
        case 5: {
          if (model.empty()) break;
          auto victim = model.begin();
          std::advance(victim, static_cast<std::ptrdiff_t>(dice.below(model.size())));
          if (victim->first == blob || victim->first.find('?') == std::string::npos) break;
          ASSERT_EQ(remove(victim->first).status, 202);
          model.erase(victim);
          break;
        }
        case 6:
          if (dice.below(4) != 0 || !model.contains(blob)) break;
          ASSERT_EQ(remove(blob, {{"x-ms-delete-snapshots", "include"}}).status, 202);
          std::erase_if(model, [&](const auto& entry) { return entry.first.starts_with(blob); });
          break;
        case 7:
          collect();
          ASSERT_EQ(sweep(), 0u);
          break;
        default:
          restart();
          ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)).has_value());
      }
    };
    for (int i = 0; i < 150; ++i) {
      step(i);
      if (HasFatalFailure()) FAIL() << "seed " << seed << " step " << i;
    }
    collect();
    for (const auto& [path, content] : model) {
      ASSERT_TRUE(get(path).body == content) << "seed " << seed << ' ' << path;
    }
    for (const std::string blob : {"/box/x", "/box/y"}) remove(blob, {{"x-ms-delete-snapshots", "include"}});
    collect();
    EXPECT_EQ(chunk_count(), 0u) << "seed " << seed;
    EXPECT_EQ(rows().size(), 1u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace freehold::blob::testing
