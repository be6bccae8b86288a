// Put Block, Put Block List and Get Block List, through the pipeline.
#include "src/blob_store.h"
#include "src/crc64.h"
#include "src/row_keys.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

std::string block_path(const std::string& id) { return "/box/b?comp=block&blockid=" + percent_encode(to_base64(id)); }

std::string list_of(const std::vector<std::string>& ids, const std::string& element = "Latest") {
  std::string body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (const auto& id : ids) body += '<' + element + '>' + to_base64(id) + "</" + element + '>';
  return body + "</BlockList>";
}

struct BlockOperations : ::testing::Test, TestRegion {
  BlockOperations() { make_container("box"); }
  Answer put_block(const std::string& id, Bytes content, HeaderList headers = {}) {
    return run(Method::kPut, block_path(id), std::move(headers), std::move(content));
  }
  Answer commit(const std::string& body, HeaderList headers = {}) {
    return run(Method::kPut, "/box/b?comp=blocklist", std::move(headers), body);
  }
};

TEST_F(BlockOperations, StagedBlocksAreInvisibleUntilNamed) {
  const auto a = pattern(3'000'000, 1);
  const auto b = pattern(10, 2);
  ASSERT_EQ(put_block("a", a).status, 201);
  ASSERT_EQ(put_block("b", b).status, 201);
  EXPECT_EQ(get("/box/b").code(), "BlobNotFound");
  EXPECT_EQ(run(Method::kDelete, "/box/b").code(), "BlobNotFound");
  EXPECT_TRUE(elements(get("/box?restype=container&comp=list").body, "Name").empty());
  EXPECT_EQ(elements(get("/box?restype=container&comp=list&include=uncommittedblobs").body, "Name"),
            std::vector<std::string>{"b"});
  const auto listed = get("/box/b?comp=blocklist&blocklisttype=all");
  EXPECT_EQ(elements(listed.body, "Name"), (std::vector<std::string>{"YQ==", "Yg=="}));
  EXPECT_EQ(elements(listed.body, "Size"), (std::vector<std::string>{"3000000", "10"}));
  EXPECT_EQ(listed.header("etag"), "");

  const auto done = commit(list_of({"b", "a", "b"}), {{"x-ms-blob-content-type", "text/x"}, {"x-ms-meta-m", "1"}});
  ASSERT_EQ(done.status, 201) << done.body;
  const auto got = get("/box/b");
  EXPECT_TRUE(got.body == b + a + b);
  EXPECT_EQ(got.header("content-type"), "text/x");
  EXPECT_EQ(got.header("x-ms-meta-m"), "1");
  EXPECT_EQ(got.header("etag"), done.header("etag"));
  const auto range = get("/box/b", {{"range", "bytes=5-15"}});
  EXPECT_TRUE(range.body == (b + a).substr(5, 11));
  const auto committed = get("/box/b?comp=blocklist");
  EXPECT_EQ(elements(committed.body, "Name"), (std::vector<std::string>{"Yg==", "YQ==", "Yg=="}));
  EXPECT_EQ(committed.header("x-ms-blob-content-length"), std::to_string(got.body.size()));
}

TEST_F(BlockOperations, DigestsOfWhatCameAreToldByVersion) {
  const auto crc = [](BytesView data) { return to_base64(crc64_bytes(crc64(0, data))); };
  const auto answer = [this](const std::string& target, BytesView body, HeaderList more) {
    return run(Method::kPut, target, std::move(more), Bytes(body));
  };
  const std::string block = "/box/b?comp=block&blockid=YQ==";
  const auto list = list_of({"a"});
  const auto plain = answer(block, "x", {});
  EXPECT_EQ(plain.header("x-ms-content-crc64"), crc("x"));
  EXPECT_EQ(plain.header("content-md5"), "");
  const auto with_md5 = answer(block, "x", {{"content-md5", md5_base64("x")}});
  EXPECT_EQ(with_md5.header("x-ms-content-crc64"), "");
  EXPECT_EQ(with_md5.header("content-md5"), md5_base64("x"));
  EXPECT_EQ(answer(block, "x", {{"x-ms-version", "2018-03-28"}}).header("content-md5"), md5_base64("x"));
  EXPECT_EQ(answer("/box/b?comp=blocklist", list, {}).header("x-ms-content-crc64"), crc(list));
  const auto old_list = answer("/box/b?comp=blocklist", list, {{"x-ms-version", "2018-03-28"}});
  EXPECT_EQ(old_list.header("content-md5"), md5_base64(list));
  const auto blob = put("/box/b", "Hello World");
  EXPECT_EQ(blob.header("x-ms-content-crc64"), "YeJLfssylmU=");
  EXPECT_EQ(blob.header("content-md5"), md5_base64("Hello World"));
}

TEST_F(BlockOperations, ADigestOfTheListIsVerified) {
  ASSERT_EQ(put_block("a", "x").status, 201);
  const auto list = list_of({"a"});
  const auto crc = to_base64(crc64_bytes(crc64(0, list)));
  EXPECT_EQ(commit(list, {{"x-ms-content-crc64", "AAAAAAAAAAA="}}).code(), "Crc64Mismatch");
  EXPECT_EQ(commit(list, {{"content-md5", md5_base64("other")}}).code(), "Md5Mismatch");
  const auto done = commit(list, {{"x-ms-content-crc64", crc}});
  EXPECT_EQ(done.status, 201) << done.body;
  EXPECT_EQ(done.header("x-ms-content-crc64"), crc);
}

TEST_F(BlockOperations, ABlobIsChangedBlockByBlock) {
  for (const auto* id : {"a", "b", "c"})
    ASSERT_EQ(put_block(id, pattern(100'000, static_cast<unsigned char>(id[0]))).status, 201);
  ASSERT_EQ(commit(list_of({"a", "b", "c"})).status, 201);
  ASSERT_EQ(put_block("b", pattern(200'000, 9)).status, 201);
  EXPECT_EQ(get("/box/b").body.size(), 300'000u);
  ASSERT_EQ(commit(list_of({"a", "b"})).status, 201);
  EXPECT_TRUE(get("/box/b").body == pattern(100'000, 'a') + pattern(200'000, 9));
  collect();
  EXPECT_EQ(chunk_count(), 2u);
  EXPECT_TRUE(get("/box/b").body == pattern(100'000, 'a') + pattern(200'000, 9));
  EXPECT_EQ(commit(list_of({"c"})).code(), "InvalidBlockList");
  EXPECT_EQ(commit(list_of({"b"}, "Uncommitted")).code(), "InvalidBlockList");
  ASSERT_EQ(commit(list_of({})).status, 201);
  EXPECT_EQ(get("/box/b").body, "");
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 2u);  // the marker and the empty blob
}

TEST_F(BlockOperations, ABlockPutAgainReplacesTheFirst) {
  ASSERT_EQ(put_block("a", pattern(100'000, 1)).status, 201);
  ASSERT_EQ(put_block("a", pattern(100'000, 2)).status, 201);
  ASSERT_EQ(commit(list_of({"a"})).status, 201);
  EXPECT_TRUE(get("/box/b").body == pattern(100'000, 2));
  collect();
  EXPECT_EQ(chunk_count(), 1u);
}

TEST_F(BlockOperations, PutBlobForgetsStagedBlocks) {
  ASSERT_EQ(put_block("a", pattern(100'000, 1)).status, 201);
  ASSERT_EQ(put_block("b", "small").status, 201);
  ASSERT_EQ(put("/box/b", "whole").status, 201);
  EXPECT_EQ(commit(list_of({"a"})).code(), "InvalidBlockList");
  EXPECT_EQ(get("/box/b").body, "whole");
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 3u);  // the marker, the blob and its content
}

TEST_F(BlockOperations, BlockIdsOfABlobHaveOneLength) {
  ASSERT_EQ(put_block("aa", "x").status, 201);
  EXPECT_EQ(put_block("b", "x").code(), "InvalidBlobOrBlock");
  EXPECT_EQ(put_block("bb", "").code(), "InvalidHeaderValue");
  EXPECT_EQ(put_block("bb", "x", {{"content-md5", md5_base64("y")}}).code(), "Md5Mismatch");
  EXPECT_EQ(commit("<BlockList><Latest>", {}).code(), "InvalidXmlDocument");
}

TEST_F(BlockOperations, ABlockThatNoListCouldNameIsRefused) {
  for (const char* id : {"a", "b", "c", "b"}) ASSERT_EQ(put_block(id, id).status, 201);
  const auto partitions = runtime::run_blocking(service->partitions());
  const auto partition = std::ranges::find_if(*partitions, [](const auto& p) { return p.value[16] == 'b'; });
  const NoteSealer notes(service->accounts(), clock, random);
  BlobStore blobs(engine->partitions(), {1}, hybrid, notes);
  auto stored = runtime::run_blocking(blobs.read(*partition, "b"));
  ASSERT_TRUE(stored && *stored && (*stored)->row.staging);
  auto& row = (*stored)->row;
  EXPECT_EQ(row.staging->revision % (1u << 17), 3u);  // the one that was put twice is one
  row.staging->revision += 100'000 - 3;
  auto commit_row = blobs.begin(*partition);
  commit_row.puts.push_back({row_keys::blob("b", 0), encode_blob_row(row)});
  ASSERT_TRUE(runtime::run_blocking(blobs.commit(std::move(commit_row)))->applied);
  const auto refused = put_block("d", "d");
  EXPECT_EQ(refused.code(), "BlockCountExceedsLimit");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(put_block("a", "A").status, 201);  // it replaces one
  ASSERT_EQ(commit(list_of({"a", "b", "c"})).status, 201);
  EXPECT_EQ(get("/box/b").body, "Abc");
  EXPECT_EQ(put_block("d", "d").status, 201);
}

TEST_F(BlockOperations, ALongListLiesInManifestsAndGivesThemBack) {
  std::vector<std::string> ids;
  Bytes content;
  for (int i = 0; i < 400; ++i) {
    ids.push_back("block-" + std::to_string(1000 + i));
    const auto block = pattern(100, static_cast<std::uint64_t>(i));
    ASSERT_EQ(put_block(ids.back(), block).status, 201);
    content += block;
  }
  ASSERT_EQ(commit(list_of(ids)).status, 201);
  EXPECT_EQ(chunk_count(), 1u);  // the manifest: the blocks themselves are inline
  EXPECT_TRUE(get("/box/b").body == content);
  EXPECT_TRUE(get("/box/b", {{"range", "bytes=12345-23456"}}).body == content.substr(12345, 11112));
  EXPECT_EQ(elements(get("/box/b?comp=blocklist").body, "Name").size(), 400u);
  ids.resize(300);
  ASSERT_EQ(commit(list_of(ids)).status, 201);
  collect();
  EXPECT_EQ(chunk_count(), 1u);
  EXPECT_TRUE(get("/box/b").body == content.substr(0, 30'000));
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 1u);
}

// The first block of a blob makes the blob's row too: one commit, one record, and nothing of it without the block.
TEST_F(BlockOperations, TheFirstBlockIsOneWriteAndARefusedOneIsNone) {
  static_cast<void>(log.take_entries());
  EXPECT_EQ(put_block("a", "x", {{"content-md5", md5_base64("y")}}).code(), "Md5Mismatch");
  EXPECT_EQ(rows().size(), 1u);  // the marker
  EXPECT_EQ(put_block("a", "x").status, 201);
  const auto entries = log.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].way, gate::testing::FakeLog::Way::kAppended);
  EXPECT_EQ(entries[1].way, gate::testing::FakeLog::Way::kSettled);
  std::size_t attached = 0;
  for (const auto& partition : *runtime::run_blocking(service->partitions())) {
    if (partition.value[16] != 'b') continue;
    attached += runtime::run_blocking(engine->partitions().scan(partition, "\x01", "\x02", 1000))->rows.size();
  }
  EXPECT_EQ(attached, 1u);
}

TEST_F(BlockOperations, ABlockWhoseBlobIsOverwrittenMeanwhileIsRefused) {
  struct Meddler final : http::BodyReader {
    explicit Meddler(TestRegion& r) : region(r) {}
    [[nodiscard]] std::optional<std::uint64_t> length() const override { return 1; }
    [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
      EXPECT_EQ(region.put("/box/b", "other").status, 201);
      out[0] = 'x';
      co_return 1;
    }
    TestRegion& region;
  };
  Meddler body(*this);
  EXPECT_EQ(send(Method::kPut, block_path("a"), {}, body).code(), "ServerBusy");
  EXPECT_EQ(commit(list_of({"a"})).code(), "InvalidBlockList");
  EXPECT_EQ(put_block("a", "x").status, 201);
}

// 50,000 times one block of three chunks: a terabyte that is kept once, read anywhere, and given back.
TEST_F(BlockOperations, ABlockMayBeNamedAsOftenAsAListIsLong) {
  constexpr std::uint64_t kTimes = 50'000;
  const auto block = pattern(20'000'000);
  ASSERT_EQ(put_block("a", block).status, 201);
  ASSERT_EQ(commit(list_of(std::vector<std::string>(kTimes, "a"))).status, 201);
  EXPECT_EQ(chunk_count(), 4u);  // the block's, and one manifest
  const auto properties = run(Method::kHead, "/box/b");
  EXPECT_EQ(properties.head_length.value_or(0), kTimes * block.size());
  const auto at = (kTimes - 1) * block.size() - 5;
  const auto range = "bytes=" + std::to_string(at) + "-" + std::to_string(at + 9);
  EXPECT_TRUE(get("/box/b", {{"range", range}}).body == block.substr(block.size() - 5) + block.substr(0, 5));
  EXPECT_EQ(elements(get("/box/b?comp=blocklist").body, "Name").size(), kTimes);
  // The next list may name what the blob is made of.
  ASSERT_EQ(commit(list_of({"a", "a"}, "Committed")).status, 201);
  collect();
  EXPECT_TRUE(get("/box/b").body == block + block);
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(BlockOperations, BlocksPutAtTheSameTimeMakeOneBlob) {
  constexpr int kBlocks = 40;
  boost::asio::io_context loop(1);
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<http::Request> requests;
  std::vector<std::string> ids;
  Bytes content;
  for (int i = 0; i < kBlocks; ++i) {
    ids.push_back(std::to_string(100 + i));
    const auto block = pattern(70'000, static_cast<std::uint64_t>(i));
    content += block;
    bodies.push_back(std::make_unique<BytesBody>(block));
    requests.push_back(make(Method::kPut, block_path(ids.back()), {}, *bodies.back()));
  }
  int created = 0;
  for (auto& request : requests) {
    boost::asio::co_spawn(loop, exchange(*pipeline, request),
                          [&](std::exception_ptr, const Answer& answer) { created += answer.status == 201 ? 1 : 0; });
  }
  loop.run();
  EXPECT_EQ(created, kBlocks);
  ASSERT_EQ(commit(list_of(ids)).status, 201);
  EXPECT_TRUE(get("/box/b").body == content);
}

// "Put Block": a week after the last one.
TEST_F(BlockOperations, BlocksThatNobodyCommitsAreDiscardedAfterAWeek) {
  const auto sweep = [this] {
    ASSERT_TRUE(runtime::run_blocking(service->sweep_orphans(*pipeline)));
    collect();
  };
  const auto list_of = [this](const std::string& path) {
    return elements(get(path + "?comp=blocklist&blocklisttype=uncommitted").body, "Name").size();
  };
  const auto stage = [this](const std::string& path, const std::string& id) {
    const auto where = path + "?comp=block&blockid=" + percent_encode(to_base64(id));
    ASSERT_EQ(run(Method::kPut, where, {}, pattern(100'000, id.front())).status, 201);
  };
  ASSERT_EQ(put("/box/kept", "content").status, 201);
  stage("/box/kept", "a");
  stage("/box/new", "a");
  stage("/box/busy", "a");
  clock.advance(std::chrono::hours(4 * 24));
  stage("/box/busy", "b");
  clock.advance(std::chrono::hours(4 * 24));
  static_cast<void>(log.take_entries());
  sweep();
  EXPECT_EQ(get("/box/kept").body, "content");
  EXPECT_EQ(list_of("/box/kept"), 0u);
  EXPECT_EQ(get("/box/new?comp=blocklist&blocklisttype=all").status, 404);
  EXPECT_EQ(list_of("/box/busy"), 2u);
  EXPECT_EQ(chunk_count(), 2u);
  std::size_t records = 0;
  for (const auto& entry : log.take_entries()) records += entry.record.operation == "DiscardStagedBlocks" ? 1 : 0;
  EXPECT_EQ(records, 2u);
  clock.advance(std::chrono::hours(8 * 24));
  sweep();
  EXPECT_EQ(chunk_count(), 0u);
  sweep();
  for (const auto& entry : log.take_entries()) records += entry.record.operation == "DiscardStagedBlocks" ? 1 : 0;
  EXPECT_EQ(records, 3u);  // and none of those that found nothing
}

}  // namespace
}  // namespace freehold::blob::testing
