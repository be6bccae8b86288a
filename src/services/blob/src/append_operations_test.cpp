// Append blobs, through the pipeline.
#include "src/append_layout.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct AppendOperations : ::testing::Test, TestRegion {
  AppendOperations() { make_container("box"); }
  Answer create(const std::string& path, HeaderList headers = {}) {
    headers.emplace_back("x-ms-blob-type", "AppendBlob");
    return run(Method::kPut, path, std::move(headers));
  }
  Answer append(const std::string& path, Bytes body, HeaderList headers = {}) {
    return run(Method::kPut, path + "?comp=appendblock", std::move(headers), std::move(body));
  }
};

TEST_F(AppendOperations, BlocksStandInTheOrderTheyCame) {
  ASSERT_EQ(create("/box/log", {{"content-type", "text/plain"}, {"x-ms-meta-a", "b"}}).status, 201);
  Bytes all;
  int count = 0;
  for (const std::size_t size : {1u, 100u, 65536u, 65537u, 4'000'000u, 5u}) {
    const auto block = pattern(size, size);
    const auto answer = append("/box/log", block);
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.header("x-ms-blob-append-offset"), std::to_string(all.size()));
    EXPECT_EQ(answer.header("x-ms-blob-committed-block-count"), std::to_string(++count));
    EXPECT_EQ(answer.header("x-ms-request-server-encrypted"), "true");
    all += block;
    const auto got = get("/box/log");
    ASSERT_EQ(got.status, 200);
    EXPECT_TRUE(got.body == all) << size;
    EXPECT_EQ(got.header("etag"), answer.header("etag"));
  }
  const auto head = run(Method::kHead, "/box/log");
  EXPECT_EQ(head.head_length, all.size());
  EXPECT_EQ(head.header("x-ms-blob-type"), "AppendBlob");
  EXPECT_EQ(head.header("x-ms-blob-committed-block-count"), "6");
  EXPECT_EQ(head.header("x-ms-meta-a"), "b");
  EXPECT_EQ(head.header("content-type"), "text/plain");
  EXPECT_EQ(head.header("x-ms-access-tier"), "");
  const auto listing = get("/box?restype=container&comp=list");
  EXPECT_EQ(elements(listing.body, "BlobType"), std::vector<std::string>{"AppendBlob"});
  EXPECT_EQ(elements(listing.body, "Content-Length"), std::vector<std::string>{std::to_string(all.size())});
}

TEST_F(AppendOperations, PositionAndSizeConditionsDecide) {
  ASSERT_EQ(create("/box/log").status, 201);
  ASSERT_EQ(append("/box/log", "12345", {{"x-ms-blob-condition-appendpos", "0"}}).status, 201);
  const auto wrong_place = append("/box/log", "x", {{"x-ms-blob-condition-appendpos", "4"}});
  EXPECT_EQ(wrong_place.status, 412);
  EXPECT_EQ(wrong_place.code(), "AppendPositionConditionNotMet");
  ASSERT_EQ(append("/box/log", "67890", {{"x-ms-blob-condition-maxsize", "10"}}).status, 201);
  const auto too_large = append("/box/log", "x", {{"x-ms-blob-condition-maxsize", "10"}});
  EXPECT_EQ(too_large.status, 412);
  EXPECT_EQ(too_large.code(), "MaxBlobSizeConditionNotMet");
  EXPECT_EQ(append("/box/log", "x", {{"x-ms-blob-condition-maxsize", "ten"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(append("/box/log", "x", {{"if-match", "\"0x8OTHER\""}}).code(), "ConditionNotMet");
  EXPECT_EQ(get("/box/log").body, "1234567890");
}

TEST_F(AppendOperations, DigestsAreVerifiedAndTold) {
  ASSERT_EQ(create("/box/log").status, 201);
  EXPECT_EQ(append("/box/log", "x", {{"content-md5", md5_base64("y")}}).code(), "Md5Mismatch");
  EXPECT_EQ(append("/box/log", "x", {{"x-ms-content-crc64", "AAAAAAAAAAA="}}).code(), "Crc64Mismatch");
  const auto with_md5 = append("/box/log", "x", {{"content-md5", md5_base64("x")}});
  EXPECT_EQ(with_md5.header("content-md5"), md5_base64("x"));
  EXPECT_EQ(with_md5.header("x-ms-content-crc64"), "");
  const auto plain = append("/box/log", "x");
  EXPECT_EQ(plain.header("content-md5"), "");
  const auto crc = plain.header("x-ms-content-crc64");
  EXPECT_EQ(append("/box/log", "x", {{"x-ms-content-crc64", crc}}).status, 201);
  EXPECT_EQ(append("/box/log", "x", {{"x-ms-version", "2018-11-09"}}).header("content-md5"), md5_base64("x"));
  EXPECT_EQ(get("/box/log").body, "xxxx");
}

TEST_F(AppendOperations, LimitsGoByVersion) {
  ASSERT_EQ(create("/box/log").status, 201);
  const auto block = pattern(4 * 1024 * 1024 + 1);
  const auto refused = append("/box/log", block);
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.code(), "RequestBodyTooLarge");
  EXPECT_EQ(append("/box/log", block, {{"x-ms-version", "2022-11-02"}}).status, 201);
  EXPECT_EQ(append("/box/log", "").code(), "InvalidHeaderValue");
  EXPECT_EQ(append("/box/none", "x").code(), "BlobNotFound");
  EXPECT_EQ(run(Method::kPut, "/box/log", {{"x-ms-blob-type", "AppendBlob"}}, "body").status, 400);
  EXPECT_EQ(create("/box/other", {{"x-ms-access-tier", "Hot"}}).code(), "AccessTierNotSupportedForBlobType");
}

TEST_F(AppendOperations, ASealedBlobTakesNoMore) {
  ASSERT_EQ(create("/box/log").status, 201);
  const auto appended = append("/box/log", "all");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=seal", {{"x-ms-blob-condition-appendpos", "2"}}).code(),
            "AppendPositionConditionNotMet");
  for (int i = 0; i < 2; ++i) {
    const auto sealed = run(Method::kPut, "/box/log?comp=seal");
    EXPECT_EQ(sealed.status, 200);
    EXPECT_EQ(sealed.header("x-ms-blob-sealed"), "true");
    EXPECT_EQ(sealed.header("etag"), appended.header("etag"));
  }
  const auto refused = append("/box/log", "more");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "BlobIsSealed");
  EXPECT_EQ(run(Method::kHead, "/box/log").header("x-ms-blob-sealed"), "true");
  EXPECT_EQ(elements(get("/box?restype=container&comp=list").body, "Sealed"), std::vector<std::string>{"true"});
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=metadata", {{"x-ms-meta-a", "b"}}).status, 200);
  ASSERT_EQ(create("/box/log").status, 201);
  EXPECT_EQ(append("/box/log", "new").status, 201);
  EXPECT_EQ(get("/box/log").body, "new");
}

TEST_F(AppendOperations, OperationsOfOtherTypesAreRefused) {
  ASSERT_EQ(create("/box/log").status, 201);
  ASSERT_EQ(put("/box/block", "x").status, 201);
  EXPECT_EQ(append("/box/block", "x").code(), "InvalidBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/block?comp=seal").code(), "InvalidBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=block&blockid=YQ==", {}, "x").code(), "InvalidBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=blocklist", {}, "<BlockList></BlockList>").code(), "InvalidBlobType");
  EXPECT_EQ(get("/box/log?comp=blocklist").code(), "InvalidBlobType");
  EXPECT_EQ(get("/box/log?comp=pagelist").code(), "InvalidBlobType");
}

TEST_F(AppendOperations, ThousandsOfSmallBlocksStayCheap) {
  ASSERT_EQ(create("/box/log").status, 201);
  Bytes all;
  std::size_t longest_row = 0;
  for (int i = 0; i < 2500; ++i) {
    const auto block = pattern(static_cast<std::size_t>(1 + i % 90), static_cast<std::uint64_t>(i));
    ASSERT_EQ(append("/box/log", block).status, 201) << i;
    all += block;
    if (i % 50 != 0) continue;
    take_audit_rows();
    collect();
    for (const auto& row : rows()) {
      if (row.key.front() == 'b') longest_row = std::max(longest_row, row.value.size());
    }
    ASSERT_TRUE(get("/box/log").body == all) << i;
  }
  EXPECT_LT(longest_row, 6'000u);
  EXPECT_TRUE(get("/box/log").body == all);
  const auto range = get("/box/log", {{"range", "bytes=100-60099"}});
  EXPECT_TRUE(range.body == all.substr(100, 60'000));
  EXPECT_EQ(run(Method::kHead, "/box/log").header("x-ms-blob-committed-block-count"), "2500");
  take_audit_rows();
  EXPECT_LT(rows().size(), 300u);  // what was joined is gone
  ASSERT_EQ(run(Method::kDelete, "/box/log").status, 202);
  collect();
  take_audit_rows();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(AppendOperations, LargeBlocksFoldIntoManifests) {
  ASSERT_EQ(create("/box/log").status, 201);
  Bytes all;
  for (int i = 0; i < 420; ++i) {
    const auto block = pattern(65'537, static_cast<std::uint64_t>(i));
    ASSERT_EQ(append("/box/log", block).status, 201) << i;
    all += block;
  }
  EXPECT_TRUE(get("/box/log").body == all);
  EXPECT_TRUE(get("/box/log", {{"range", "bytes=10000000-10099999"}}).body == all.substr(10'000'000, 100'000));
  restart();
  EXPECT_TRUE(get("/box/log").body == all);
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
  EXPECT_TRUE(get("/box/log").body == all);
  ASSERT_EQ(put("/box/log", "now a block blob").status, 201);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

// Two blocks that are inline and still are when they are joined, then one that isn't: the runs that are joined at once
// are short and many.
TEST_F(AppendOperations, ManyShortRunsAreJoinedInOneCommit) {
  ASSERT_EQ(create("/box/log").status, 201);
  constexpr std::size_t kSizes[] = {32'000, 32'000, 66'000};
  Bytes all;
  for (std::size_t i = 0; i < 450; ++i) {
    const auto block = pattern(kSizes[i % 3], i);
    const auto answer = append("/box/log", block);
    ASSERT_EQ(answer.status, 201) << i << ' ' << answer.body;
    all += block;
    if (i % 100 == 0) collect();
  }
  take_audit_rows();
  collect();
  EXPECT_TRUE(get("/box/log").body == all);
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
  EXPECT_TRUE(get("/box/log").body == all);
  ASSERT_EQ(run(Method::kDelete, "/box/log").status, 202);
  collect();
  take_audit_rows();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(AppendOperations, BlocksOfAnySizeAroundTheInlineOnesFold) {
  ASSERT_EQ(create("/box/log").status, 201);
  SeededRandom dice(11);
  Bytes all;
  for (std::size_t i = 0; i < 600; ++i) {
    const auto roll = static_cast<unsigned char>(dice.bytes(1)[0]);
    const std::size_t around = roll % 2 == 0 ? 32 * 1024 : 64 * 1024;
    const auto block = pattern(around - 128 + roll, i);
    const auto answer = append("/box/log", block);
    ASSERT_EQ(answer.status, 201) << i << ' ' << answer.body;
    all += block;
  }
  take_audit_rows();
  collect();
  EXPECT_TRUE(get("/box/log").body == all);
}

// 50,000 blocks of 13 segments each: the list of manifests stays short.
TEST(AppendLayout, ManifestsMergeByClasses) {
  std::vector<ManifestRef> manifests;
  std::size_t longest = 0;
  for (int i = 0; i < 50'000 * 13 / 195; ++i) {
    manifests.push_back({{}, 4'000, 1});
    while (const auto count = mergeable(manifests)) {
      std::uint32_t bytes = 0;
      for (auto at = manifests.size() - count; at < manifests.size(); ++at) bytes += manifests[at].plain_bytes;
      manifests.resize(manifests.size() - count);
      manifests.push_back({{}, bytes, 1});
    }
    longest = std::max(longest, manifests.size());
  }
  EXPECT_LT(longest, 48u);
}

TEST_F(AppendOperations, SnapshotsKeepWhatWasFoldedAway) {
  ASSERT_EQ(create("/box/log").status, 201);
  Bytes all;
  std::vector<std::pair<std::string, Bytes>> snapshots;
  for (int i = 0; i < 700; ++i) {
    const auto block = pattern(static_cast<std::size_t>(1 + i * 37 % 900), static_cast<std::uint64_t>(i));
    ASSERT_EQ(append("/box/log", block).status, 201) << i;
    all += block;
    if (i % 150 != 99) continue;
    snapshots.emplace_back(run(Method::kPut, "/box/log?comp=snapshot").header("x-ms-snapshot"), all);
    collect();
  }
  take_audit_rows();
  collect();
  for (const auto& [time, content] : snapshots) EXPECT_TRUE(get("/box/log?snapshot=" + time).body == content) << time;
  EXPECT_TRUE(get("/box/log").body == all);
  ASSERT_EQ(run(Method::kDelete, "/box/log", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  take_audit_rows();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(AppendOperations, ConcurrentAppendsLandOnceAndWhole) {
  ASSERT_EQ(create("/box/log").status, 201);
  constexpr int kClients = 400;
  boost::asio::io_context loop(1);
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<http::Request> requests;
  const auto block = [](int i) { return Bytes(static_cast<std::size_t>(200 + i), static_cast<char>('a' + i % 26)); };
  for (int i = 0; i < kClients; ++i) {
    bodies.push_back(std::make_unique<BytesBody>(block(i)));
    requests.push_back(make(Method::kPut, "/box/log?comp=appendblock", {}, *bodies.back()));
  }
  std::vector<std::uint64_t> offsets(kClients);
  for (int i = 0; i < kClients; ++i) {
    boost::asio::co_spawn(loop, exchange(*pipeline, requests[static_cast<std::size_t>(i)]),
                          [&offsets, i](std::exception_ptr, const Answer& answer) {
                            EXPECT_EQ(answer.status, 201);
                            offsets[static_cast<std::size_t>(i)] =
                                parse_u64(answer.header("x-ms-blob-append-offset")).value_or(0);
                          });
  }
  loop.run();
  const auto content = get("/box/log").body;
  std::size_t length = 0;
  for (int i = 0; i < kClients; ++i) {
    EXPECT_EQ(content.substr(offsets[static_cast<std::size_t>(i)], block(i).size()), block(i));
    length += block(i).size();
  }
  EXPECT_EQ(content.size(), length);
}

}  // namespace
}  // namespace freehold::blob::testing
