// Page blobs, through the pipeline.
#include "src/page_test_client.h"

namespace freehold::blob::testing {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

struct PageOperations : ::testing::Test, PageTestClient {
  PageOperations() { make_container("box"); }
};

TEST_F(PageOperations, UnwrittenPagesAreZeros) {
  const auto created = create("/box/disk", 10 * kMiB, {{"x-ms-blob-sequence-number", "7"}});
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.header("x-ms-request-server-encrypted"), "true");
  const auto content = pattern(3 * 512);
  const auto written = write("/box/disk", kMiB - 512, content);
  ASSERT_EQ(written.status, 201) << written.body;
  EXPECT_EQ(written.header("x-ms-blob-sequence-number"), "7");
  EXPECT_NE(written.header("x-ms-content-crc64"), "");
  Bytes all(10 * kMiB, '\0');
  all.replace(kMiB - 512, content.size(), content);
  const auto got = get("/box/disk");
  ASSERT_EQ(got.status, 200);
  EXPECT_TRUE(got.body == all);
  EXPECT_EQ(got.header("x-ms-blob-type"), "PageBlob");
  EXPECT_EQ(got.header("x-ms-blob-sequence-number"), "7");
  EXPECT_EQ(got.header("etag"), written.header("etag"));
  const auto part = get("/box/disk", {{"range", "bytes=1048000-1049700"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_TRUE(part.body == all.substr(1'048'000, 1'701));
  EXPECT_EQ(ranges("/box/disk"), (Ranges{{kMiB - 512, kMiB + 1023}}));
  const auto listing = get("/box?restype=container&comp=list");
  EXPECT_EQ(elements(listing.body, "x-ms-blob-sequence-number"), std::vector<std::string>{"7"});
  EXPECT_EQ(elements(listing.body, "BlobType"), std::vector<std::string>{"PageBlob"});
}

TEST_F(PageOperations, TheLargestBlobCostsNothingUntilItIsWritten) {
  constexpr std::uint64_t kEight = 8ULL * 1024 * 1024 * kMiB;
  ASSERT_EQ(create("/box/disk", kEight).status, 201);
  ASSERT_EQ(write("/box/disk", kEight - 512, pattern(512)).status, 201);
  EXPECT_EQ(run(Method::kHead, "/box/disk").head_length, kEight);
  const auto end = get("/box/disk", {{"x-ms-range", "bytes=" + std::to_string(kEight - 1024) + "-"}});
  EXPECT_TRUE(end.body == Bytes(512, '\0') + pattern(512));
  EXPECT_EQ(ranges("/box/disk"), (Ranges{{kEight - 512, kEight - 1}}));
  EXPECT_EQ(rows().size(), 4u);  // the marker, the blob, its window and the page
  ASSERT_EQ(clear("/box/disk", 0, kEight).status, 201);
  EXPECT_EQ(ranges("/box/disk"), Ranges{});
  collect();
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(PageOperations, UpdatesReplaceAndClearsEmpty) {
  ASSERT_EQ(create("/box/disk", 8 * kMiB).status, 201);
  Bytes all(8 * kMiB, '\0');
  const auto put_both = [&](std::uint64_t offset, std::size_t size, std::uint64_t seed) {
    const auto content = pattern(size, seed);
    ASSERT_EQ(write("/box/disk", offset, content).status, 201);
    all.replace(offset, size, content);
  };
  put_both(512, 4 * kMiB, 1);  // five windows
  put_both(kMiB, kMiB, 2);
  put_both(2 * kMiB - 512, 1024, 3);
  ASSERT_EQ(clear("/box/disk", 3 * kMiB - 1024, 2048).status, 201);
  all.replace(3 * kMiB - 1024, 2048, Bytes(2048, '\0'));
  EXPECT_TRUE(get("/box/disk").body == all);
  EXPECT_EQ(ranges("/box/disk"), (Ranges{{512, 3 * kMiB - 1025}, {3 * kMiB + 1024, 4 * kMiB + 511}}));
  ASSERT_EQ(clear("/box/disk", 0, 8 * kMiB).status, 201);
  EXPECT_TRUE(get("/box/disk").body == Bytes(8 * kMiB, '\0'));
  EXPECT_EQ(ranges("/box/disk"), Ranges{});
  collect();
  take_audit_rows();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(PageOperations, RangesAndLengthsAreChecked) {
  ASSERT_EQ(create("/box/disk", 8 * kMiB).status, 201);
  const auto unaligned = put_range("/box/disk", "bytes=1-512", pattern(512), "update");
  EXPECT_EQ(unaligned.status, 416);
  EXPECT_EQ(unaligned.code(), "InvalidPageRange");
  EXPECT_EQ(put_range("/box/disk", "bytes=8388608-8389119", pattern(512), "update").code(), "InvalidPageRange");
  EXPECT_EQ(put_range("/box/disk", "bytes=0-1023", pattern(512), "update").code(), "InvalidHeaderValue");
  EXPECT_EQ(put_range("/box/disk", "bytes=0-4194815", pattern(4 * kMiB + 512), "update").code(), "RequestBodyTooLarge");
  EXPECT_EQ(put_range("/box/disk", "bytes=0-511", "", "erase").code(), "InvalidHeaderValue");
  EXPECT_EQ(put_range("/box/disk", "bytes=0-511", pattern(512), "clear").code(), "InvalidHeaderValue");
  for (const char* digest : {"content-md5", "x-ms-content-crc64"}) {
    const HeaderList headers = {{"x-ms-page-write", "clear"}, {"x-ms-range", "bytes=0-511"}, {digest, "AAAAAAAAAAA="}};
    EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", headers).status, 400) << digest;
  }
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", {{"range", "bytes=0-511"}}).code(), "MissingRequiredHeader");
  EXPECT_EQ(create("/box/odd", 513).code(), "InvalidHeaderValue");
  EXPECT_EQ(run(Method::kPut, "/box/odd", {{"x-ms-blob-type", "PageBlob"}}).code(), "MissingRequiredHeader");
  EXPECT_EQ(write("/box/none", 0, pattern(512)).code(), "BlobNotFound");
  ASSERT_EQ(put("/box/block", "x").status, 201);
  EXPECT_EQ(write("/box/block", 0, pattern(512)).code(), "InvalidBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=block&blockid=YQ==", {}, "x").code(), "InvalidBlobType");
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=appendblock", {}, "x").code(), "InvalidBlobType");
  EXPECT_EQ(write("/box/disk", 0, pattern(512), {{"content-md5", md5_base64("y")}}).code(), "Md5Mismatch");
  EXPECT_EQ(ranges("/box/disk"), Ranges{});
}

TEST_F(PageOperations, SequenceNumbersGuardWrites) {
  ASSERT_EQ(create("/box/disk", kMiB, {{"x-ms-blob-sequence-number", "5"}}).status, 201);
  const auto refused = write("/box/disk", 0, pattern(512), {{"x-ms-if-sequence-number-lt", "5"}});
  EXPECT_EQ(refused.status, 412);
  EXPECT_EQ(refused.code(), "SequenceNumberConditionNotMet");
  EXPECT_EQ(write("/box/disk", 0, pattern(512), {{"x-ms-if-sequence-number-le", "5"}}).status, 201);
  EXPECT_EQ(write("/box/disk", 0, pattern(512), {{"x-ms-if-sequence-number-eq", "5"}}).status, 201);
  const auto set = [this](HeaderList headers) {
    return run(Method::kPut, "/box/disk?comp=properties", std::move(headers)).header("x-ms-blob-sequence-number");
  };
  EXPECT_EQ(set({{"x-ms-sequence-number-action", "increment"}}), "6");
  EXPECT_EQ(set({{"x-ms-sequence-number-action", "max"}, {"x-ms-blob-sequence-number", "3"}}), "6");
  EXPECT_EQ(set({{"x-ms-sequence-number-action", "update"}, {"x-ms-blob-sequence-number", "3"}}), "3");
  EXPECT_EQ(run(Method::kHead, "/box/disk").header("x-ms-blob-sequence-number"), "3");
}

TEST_F(PageOperations, ResizingKeepsOtherPropertiesAndForgetsWhatIsCutOff) {
  ASSERT_EQ(create("/box/disk", 40 * kMiB, {{"content-type", "application/x-disk"}}).status, 201);
  for (std::uint64_t at = 0; at < 40; at += 4) ASSERT_EQ(write("/box/disk", at * kMiB, pattern(4 * kMiB)).status, 201);
  const auto resize = [this](std::uint64_t length) {
    return run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", std::to_string(length)}});
  };
  ASSERT_EQ(resize(kMiB + 1024).status, 200);
  ASSERT_EQ(resize(40 * kMiB).status, 200);
  EXPECT_EQ(ranges("/box/disk"), (Ranges{{0, kMiB + 1023}}));
  const auto expected = pattern(4 * kMiB).substr(0, kMiB + 1024) + Bytes(39 * kMiB - 1024, '\0');
  auto got = get("/box/disk");
  EXPECT_TRUE(got.body == expected);
  EXPECT_EQ(got.header("content-type"), "application/x-disk");
  ASSERT_EQ(write("/box/disk", 20 * kMiB, pattern(512)).status, 201);  // into the hole, before it is filled
  collect();
  EXPECT_EQ(chunk_count(), 2u);  // the two windows that are left; the page is inline
  EXPECT_EQ(ranges("/box/disk"), (Ranges{{0, kMiB + 1023}, {20 * kMiB, 20 * kMiB + 511}}));
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", "1000"}}).code(),
            "InvalidHeaderValue");
  ASSERT_EQ(put("/box/block", "x").status, 201);
  EXPECT_EQ(run(Method::kPut, "/box/block?comp=properties", {{"x-ms-blob-content-length", "1024"}}).code(),
            "InvalidBlobType");
}

TEST_F(PageOperations, RangesComeInPages) {
  ASSERT_EQ(create("/box/disk", 8 * kMiB).status, 201);
  Ranges expected;
  for (std::uint64_t at = 0; at < 8 * kMiB; at += kMiB / 2) {
    ASSERT_EQ(write("/box/disk", at, pattern(512)).status, 201);
    expected.push_back({at, at + 511});
  }
  EXPECT_EQ(ranges("/box/disk"), expected);
  EXPECT_EQ(ranges("/box/disk", 3), expected);
  EXPECT_EQ(get("/box/disk?comp=pagelist&maxresults=0").code(), "OutOfRangeQueryParameterValue");
  EXPECT_EQ(get("/box/disk?comp=pagelist&marker=junk").code(), "InvalidQueryParameterValue");
  const auto old = get("/box/disk?comp=pagelist&maxresults=3", {{"x-ms-version", "2019-12-12"}});
  EXPECT_EQ(elements(old.body, "Start").size(), expected.size());
  const auto part = get("/box/disk?comp=pagelist", {{"range", "bytes=256-1048575"}});
  EXPECT_EQ(elements(part.body, "Start"), (std::vector<std::string>{"256", "524288"}));
  EXPECT_EQ(part.header("x-ms-blob-content-length"), std::to_string(8 * kMiB));
}

TEST_F(PageOperations, SmallWritesAreJoinedNowAndThen) {
  ASSERT_EQ(create("/box/disk", kMiB).status, 201);
  Bytes all(kMiB, '\0');
  std::size_t longest = 0;
  SeededRandom random(3);
  for (int i = 0; i < 600; ++i) {
    const auto page = random.u64() % 2048;
    const auto content = pattern(512, static_cast<std::uint64_t>(i));
    ASSERT_EQ(write("/box/disk", page * 512, content).status, 201);
    all.replace(page * 512, 512, content);
    if (i % 40 != 0) continue;
    take_audit_rows();
    collect();
    for (const auto& row : rows()) longest = std::max(longest, row.key.front() == 'p' ? row.value.size() : 0);
    ASSERT_TRUE(get("/box/disk").body == all) << i;
  }
  collect();
  take_audit_rows();
  EXPECT_LT(longest, 16'000u);
  EXPECT_LT(rows().size(), 140u);
  EXPECT_TRUE(get("/box/disk").body == all);
}

TEST_F(PageOperations, TypesReplaceEachOtherAndLeaveNothing) {
  ASSERT_EQ(create("/box/b", 8 * kMiB).status, 201);
  ASSERT_EQ(write("/box/b", 0, pattern(4 * kMiB)).status, 201);
  ASSERT_EQ(put("/box/b", pattern(100'000)).status, 201);
  EXPECT_TRUE(get("/box/b").body == pattern(100'000));
  ASSERT_EQ(create("/box/b", kMiB).status, 201);
  EXPECT_TRUE(get("/box/b").body == Bytes(kMiB, '\0'));  // nothing of the earlier pages
  ASSERT_EQ(write("/box/b", 0, pattern(kMiB)).status, 201);
  ASSERT_EQ(create("/box/b", kMiB).status, 201);
  EXPECT_EQ(ranges("/box/b"), Ranges{});
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  ASSERT_EQ(write("/box/b", 0, pattern(kMiB)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  collect();
  take_audit_rows();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(PageOperations, PurgesSweepsAndRestartsKnowPages) {
  ASSERT_EQ(create("/box/disk", 8 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 512, pattern(4 * kMiB)).status, 201);
  ASSERT_EQ(runtime::run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000))).has_value(),
            true);
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 1u);
  ASSERT_EQ(clear("/box/disk", 0, 8 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 0, pattern(100'352)).status, 201);
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)).has_value());
  collect();
  EXPECT_EQ(chunk_count(), 1u);
  EXPECT_TRUE(get("/box/disk").body == pattern(100'352) + Bytes(8 * kMiB - 100'352, '\0'));
  ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
  take_audit_rows();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 0u);
}

TEST_F(PageOperations, ConcurrentWritersOfOneWindowAllLand) {
  ASSERT_EQ(create("/box/disk", kMiB).status, 201);
  constexpr std::uint64_t kClients = 300;
  boost::asio::io_context loop(1);
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<http::Request> requests;
  for (std::uint64_t i = 0; i < kClients; ++i) {
    bodies.push_back(std::make_unique<BytesBody>(pattern(1024, i)));
    requests.push_back(make(Method::kPut, "/box/disk?comp=page",
                            {{"x-ms-page-write", "update"}, {"range", range_text(i * 1024, 1024)}}, *bodies.back()));
  }
  int written = 0;
  for (auto& request : requests) {
    boost::asio::co_spawn(loop, exchange(*pipeline, request),
                          [&](std::exception_ptr, const Answer& answer) { written += answer.status == 201 ? 1 : 0; });
  }
  loop.run();
  EXPECT_EQ(written, static_cast<int>(kClients));
  Bytes all;
  for (std::uint64_t i = 0; i < kClients; ++i) all += pattern(1024, i);
  EXPECT_TRUE(get("/box/disk", {{"range", range_text(0, all.size())}}).body == all);
}

TEST_F(PageOperations, SnapshotsFreezePagesAndDiffsTellWhatChanged) {
  const auto snapshot = [this] { return run(Method::kPut, "/box/disk?comp=snapshot").header("x-ms-snapshot"); };
  ASSERT_EQ(create("/box/disk", 4 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 0, pattern(2 * kMiB)).status, 201);
  const auto first = snapshot();
  ASSERT_EQ(write("/box/disk", kMiB, pattern(1024, 7)).status, 201);
  ASSERT_EQ(clear("/box/disk", 0, 512).status, 201);
  const auto second = snapshot();
  ASSERT_EQ(write("/box/disk", 3 * kMiB, pattern(512, 8)).status, 201);
  EXPECT_TRUE(get("/box/disk?snapshot=" + first).body == pattern(2 * kMiB) + Bytes(2 * kMiB, '\0'));
  EXPECT_EQ(ranges("/box/disk?snapshot=" + first), (Ranges{{0, 2 * kMiB - 1}}));
  const auto diff = "/box/disk?snapshot=" + second + "&prevsnapshot=" + first;
  EXPECT_EQ(ranges(diff), (Ranges{{kMiB, kMiB + 1023}}));
  EXPECT_EQ(ranges(diff, 0, "ClearRange"), (Ranges{{0, 511}}));
  EXPECT_EQ(ranges("/box/disk?prevsnapshot=" + second), (Ranges{{3 * kMiB, 3 * kMiB + 511}}));
  const auto code = [this](const std::string& query) { return get("/box/disk?comp=pagelist&" + query).code(); };
  EXPECT_EQ(code("snapshot=" + first + "&prevsnapshot=" + second), "PreviousSnapshotCannotBeNewer");
  EXPECT_EQ(code("prevsnapshot=2020-01-01T00:00:00.0000000Z"), "PreviousSnapshotNotFound");
  EXPECT_EQ(code("prevsnapshot=yesterday"), "InvalidQueryParameterValue");
  // The same as the URL of that snapshot.
  const auto by_url = [&](const std::string& url) {
    return get("/box/disk?comp=pagelist&snapshot=" + second, {{"x-ms-previous-snapshot-url", url}});
  };
  const std::string host = "https://acct1.blob.core.freehold.test";
  EXPECT_EQ(by_url(host + "/box/disk?snapshot=" + first).body, get(diff + "&comp=pagelist").body);
  EXPECT_EQ(by_url(host + "/box/disk").code(), "InvalidHeaderValue");
  for (const std::string& url :
       {host + "/box/other?snapshot=" + first, "https://files.example/box/disk?snapshot=" + first}) {
    EXPECT_EQ(by_url(url).code(), "PreviousSnapshotOperationNotSupported");
  }
  ASSERT_EQ(create("/box/disk", kMiB).status, 201);
  EXPECT_EQ(code("prevsnapshot=" + second), "BlobOverwritten");
  EXPECT_TRUE(get("/box/disk?snapshot=" + first).body == pattern(2 * kMiB) + Bytes(2 * kMiB, '\0'));
  ASSERT_EQ(run(Method::kDelete, "/box/disk", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  take_audit_rows();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(PageOperations, WhatOnlyADeletedSnapshotSawIsFreed) {
  ASSERT_EQ(create("/box/disk", 4 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 0, pattern(4 * kMiB)).status, 201);
  const auto snapshot = run(Method::kPut, "/box/disk?comp=snapshot").header("x-ms-snapshot");
  ASSERT_EQ(write("/box/disk", 0, pattern(2 * kMiB, 2)).status, 201);
  collect();
  EXPECT_EQ(chunk_count(), 6u);
  ASSERT_EQ(run(Method::kDelete, "/box/disk?snapshot=" + snapshot).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 4u);
  // Windows whose rows are older than the snapshot that isn't there any more.
  ASSERT_EQ(write("/box/disk", 0, pattern(4 * kMiB, 3)).status, 201);
  collect();
  EXPECT_EQ(chunk_count(), 4u);
  EXPECT_TRUE(get("/box/disk").body == pattern(4 * kMiB, 3));
}

TEST_F(PageOperations, AReaderOfASnapshotKeepsItsPages) {
  ASSERT_EQ(create("/box/disk", 8 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 0, pattern(4 * kMiB)).status, 201);
  ASSERT_EQ(write("/box/disk", 4 * kMiB, pattern(4 * kMiB)).status, 201);
  const auto snapshot = run(Method::kPut, "/box/disk?comp=snapshot").header("x-ms-snapshot");
  // Garbage of before the read, which is collected only after the snapshot is gone.
  ASSERT_EQ(write("/box/disk", 0, pattern(4 * kMiB, 2)).status, 201);
  BytesBody none("");
  auto request = make(Method::kGet, "/box/disk?snapshot=" + snapshot, {}, none);
  auto response = runtime::run_blocking(pipeline->handle(request));
  auto& stream = std::get<http::StreamBody>(response.body);
  Bytes content(*runtime::run_blocking(stream.writer->next()));
  ASSERT_EQ(run(Method::kDelete, "/box/disk?snapshot=" + snapshot).status, 202);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  while (content.size() < stream.length) {
    const auto piece = runtime::run_blocking(stream.writer->next());
    ASSERT_TRUE(piece.has_value() && !piece->empty());
    content += *piece;
  }
  EXPECT_TRUE(content == pattern(4 * kMiB) + pattern(4 * kMiB));
  stream.writer.reset();
  collect();
  EXPECT_EQ(chunk_count(), 8u);
}

TEST_F(PageOperations, LeasesGuardPages) {
  ASSERT_EQ(create("/box/disk", kMiB).status, 201);
  const auto lease =
      run(Method::kPut, "/box/disk?comp=lease", {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}})
          .header("x-ms-lease-id");
  EXPECT_EQ(write("/box/disk", 0, pattern(512)).code(), "LeaseIdMissing");
  EXPECT_EQ(clear("/box/disk", 0, 512).code(), "LeaseIdMissing");
  EXPECT_EQ(write("/box/disk", 0, pattern(512), {{"x-ms-lease-id", lease}}).status, 201);
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", "512"}}).code(),
            "LeaseIdMissing");
}

TEST_F(PageOperations, ASlowReaderSeesOneMoment) {
  ASSERT_EQ(create("/box/disk", 20 * kMiB).status, 201);
  for (std::uint64_t at = 0; at < 20; at += 4) ASSERT_EQ(write("/box/disk", at * kMiB, pattern(4 * kMiB)).status, 201);
  Bytes all;
  for (int i = 0; i < 5; ++i) all += pattern(4 * kMiB);
  BytesBody none("");
  auto request = make(Method::kGet, "/box/disk", {}, none);
  auto response = runtime::run_blocking(pipeline->handle(request));
  auto& stream = std::get<http::StreamBody>(response.body);
  Bytes content(*runtime::run_blocking(stream.writer->next()));
  ASSERT_EQ(clear("/box/disk", 0, 20 * kMiB).status, 201);
  ASSERT_EQ(write("/box/disk", 4 * kMiB, pattern(512, 9)).status, 201);
  ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  while (content.size() < stream.length) {
    const auto piece = runtime::run_blocking(stream.writer->next());
    ASSERT_TRUE(piece.has_value() && !piece->empty());
    content += *piece;
  }
  EXPECT_TRUE(content == all);
  stream.writer.reset();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

}  // namespace
}  // namespace freehold::blob::testing
