// Put, Get, properties, metadata and deletion of blobs, through the pipeline.
#include "src/crc64.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct BlobOperations : ::testing::Test, TestRegion {
  BlobOperations() { make_container("box"); }
};

TEST_F(BlobOperations, ContentOfEverySizeComesBack) {
  constexpr std::size_t kMiB = 1024 * 1024;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{65536},
                                 std::size_t{65537}, kMiB + 1, 8 * kMiB, 8 * kMiB + 1, 20 * kMiB + 12345}) {
    const auto content = pattern(size, size);
    const auto put_answer = put("/box/b", content, {{"x-ms-meta-who", "me"}, {"content-type", "text/plain"}});
    ASSERT_EQ(put_answer.status, 201) << size << ' ' << put_answer.body;
    EXPECT_EQ(put_answer.header("content-md5"), md5_base64(content));
    EXPECT_EQ(put_answer.header("x-ms-request-server-encrypted"), "true");
    const auto got = get("/box/b");
    ASSERT_EQ(got.status, 200) << size << ' ' << got.body;
    EXPECT_TRUE(got.body == content) << size;
    EXPECT_EQ(got.header("etag"), put_answer.header("etag"));
    EXPECT_EQ(got.header("content-md5"), md5_base64(content));
    EXPECT_EQ(got.header("x-ms-meta-who"), "me");
    EXPECT_EQ(got.header("content-type"), "text/plain");
    EXPECT_EQ(got.header("x-ms-version"), "2021-12-02");
    const auto head = run(Method::kHead, "/box/b");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.head_length, size);
    EXPECT_EQ(head.header("x-ms-access-tier-inferred"), "true");
    EXPECT_TRUE(head.body.empty());
  }
}

TEST_F(BlobOperations, RangesDecryptAlone) {
  const auto content = pattern(10'000'000);
  ASSERT_EQ(put("/box/b", content).status, 201);
  const std::pair<std::size_t, std::size_t> ranges[] = {
      {0, 1}, {65535, 2}, {65536, 65536}, {8388600, 100}, {1048575, 1048578}, {9999999, 1}, {123, 9'000'000}};
  for (const auto& [first, length] : ranges) {
    const auto range = "bytes=" + std::to_string(first) + '-' + std::to_string(first + length - 1);
    const auto got = get("/box/b", {{"x-ms-range", range}});
    ASSERT_EQ(got.status, 206) << range;
    EXPECT_TRUE(got.body == content.substr(first, length)) << range;
    EXPECT_EQ(got.header("content-range"), "bytes " + range.substr(6) + "/10000000");
    EXPECT_EQ(got.header("x-ms-blob-content-md5"), md5_base64(content));
    EXPECT_EQ(got.header("content-md5"), "");
  }
  const auto hashed = get("/box/b", {{"range", "bytes=5-99"}, {"x-ms-range-get-content-md5", "true"}});
  EXPECT_EQ(hashed.header("content-md5"), md5_base64(BytesView(content).substr(5, 95)));
  EXPECT_EQ(get("/box/b", {{"range", "bytes=0-4194304"}, {"x-ms-range-get-content-md5", "true"}}).code(),
            "OutOfRangeInput");
  const auto summed = get("/box/b", {{"range", "bytes=5-99"}, {"x-ms-range-get-content-crc64", "true"}});
  EXPECT_EQ(summed.header("x-ms-content-crc64"), to_base64(crc64_bytes(crc64(0, BytesView(content).substr(5, 95)))));
  EXPECT_EQ(summed.header("content-md5"), "");
  const auto neither = get("/box/b", {{"range", "bytes=5-99"}, {"x-ms-range-get-content-crc64", "false"}});
  EXPECT_EQ(neither.status, 206);
  EXPECT_EQ(neither.header("x-ms-content-crc64"), "");
  const std::string bad[] = {"maybe", "1"};
  for (const char* name : {"x-ms-range-get-content-md5", "x-ms-range-get-content-crc64"}) {
    EXPECT_EQ(get("/box/b", {{"range", "bytes=0-4194304"}, {name, "true"}}).code(), "OutOfRangeInput") << name;
    EXPECT_EQ(get("/box/b", {{name, "true"}}).code(), "InvalidHeaderValue") << name;
    for (const auto& value : bad) {
      EXPECT_EQ(get("/box/b", {{"range", "bytes=0-9"}, {name, value}}).code(), "InvalidHeaderValue") << name;
    }
  }
  EXPECT_EQ(
      get("/box/b",
          {{"range", "bytes=5-99"}, {"x-ms-range-get-content-md5", "true"}, {"x-ms-range-get-content-crc64", "true"}})
          .code(),
      "InvalidHeaderValue");
  const auto etag = hashed.header("etag");
  EXPECT_EQ(get("/box/b", {{"range", "bytes=5-99"}, {"if-range", etag}}).status, 206);
  const auto changed = get("/box/b", {{"range", "bytes=5-99"}, {"if-range", "\"0x8OTHER\""}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_TRUE(changed.body == content);
  const auto past = get("/box/b", {{"range", "bytes=10000000-"}});
  EXPECT_EQ(past.status, 416);
  EXPECT_EQ(past.header("content-range"), "bytes */10000000");
}

TEST_F(BlobOperations, WrongDigestsStoreNothing) {
  const auto wrong = md5_base64("something else");
  for (const std::size_t size : {10u, 3'000'000u}) {
    const auto small = put("/box/b", pattern(size), {{"content-md5", wrong}});
    EXPECT_EQ(small.status, 400);
    EXPECT_EQ(small.code(), "Md5Mismatch");
    EXPECT_EQ(put("/box/b", pattern(size), {{"x-ms-blob-content-md5", wrong}}).code(), "Md5Mismatch");
    EXPECT_EQ(put("/box/b", pattern(size), {{"x-ms-content-crc64", "AAAAAAAAAAA="}}).code(), "Crc64Mismatch");
  }
  EXPECT_EQ(put("/box/b", "x", {{"content-md5", "short"}}).code(), "InvalidMd5");
  EXPECT_EQ(get("/box/b").status, 404);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(BlobOperations, ABodyThatEndsEarlyLeavesNothing) {
  for (const std::size_t size : {100u, 100'000u, 9'000'000u}) {
    ShortBody body(size + 1, pattern(size));
    EXPECT_EQ(send(Method::kPut, "/box/b", {{"x-ms-blob-type", "BlockBlob"}}, body).status, 400);
  }
  EXPECT_EQ(get("/box/b").code(), "BlobNotFound");
  EXPECT_GT(chunk_count(), 0u);  // of the longest: its first chunk was put
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(BlobOperations, OverwritingAndDeletingGiveSpaceBack) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(put("/box/b", pattern(9'000'000, 2)).status, 201);
  EXPECT_EQ(chunk_count(), 6u);
  collect();
  EXPECT_EQ(chunk_count(), 2u);
  EXPECT_TRUE(get("/box/b").body == pattern(9'000'000, 2));
  ASSERT_EQ(put("/box/b", "small").status, 201);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  EXPECT_EQ(run(Method::kDelete, "/box/b").code(), "BlobNotFound");
  collect();
  EXPECT_EQ(rows().size(), 1u);  // the open marker
}

TEST_F(BlobOperations, AFullDiskIsEmptiedByDeleting) {
  ASSERT_EQ(put("/box/small", pattern(1000)).status, 201);
  ASSERT_EQ(put("/box/large", pattern(20'000'000)).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/staged?comp=block&blockid=AAAA", {}, pattern(1000)).status, 201);
  make_container("other");
  ASSERT_EQ(put("/other/large", pattern(20'000'000)).status, 201);
  disk.full = true;
  EXPECT_GE(put("/box/more", pattern(1000)).status, 500);
  EXPECT_EQ(run(Method::kDelete, "/box/small").status, 202);
  EXPECT_EQ(run(Method::kDelete, "/box/large").status, 202);
  EXPECT_EQ(run(Method::kDelete, "/other?restype=container").status, 202);
  disk.full = false;
  take_audit_rows();
  disk.full = true;
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(BlobOperations, NothingRestsInTheClear) {
  const std::string canary = "canary-0123456789-canary";
  ASSERT_EQ(put("/box/b", canary).status, 201);
  for (const auto& row : rows(false)) EXPECT_EQ(row.value.find(canary), row.value.npos);
}

TEST_F(BlobOperations, ConditionsDecideOverWrites) {
  EXPECT_EQ(put("/box/b", "1", {{"if-match", "*"}}).status, 412);
  const auto first = put("/box/b", "1", {{"if-none-match", "*"}});
  EXPECT_EQ(first.status, 201);
  const auto again = put("/box/b", "2", {{"if-none-match", "*"}});
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "BlobAlreadyExists");
  const auto second = put("/box/b", "2", {{"if-match", first.header("etag")}});
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(second.header("etag"), first.header("etag"));
  EXPECT_EQ(run(Method::kDelete, "/box/b", {{"if-match", first.header("etag")}}).code(), "ConditionNotMet");
  const auto unchanged = get("/box/b", {{"if-none-match", second.header("etag")}});
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_TRUE(unchanged.body.empty());
  EXPECT_EQ(unchanged.header("etag"), second.header("etag"));
  EXPECT_EQ(get("/box/b", {{"if-match", first.header("etag")}}).status, 412);
}

TEST_F(BlobOperations, PropertiesAndMetadataAreReplacedWhole) {
  ASSERT_EQ(put("/box/b", "content", {{"x-ms-meta-a", "1"}, {"content-type", "text/plain"}}).status, 201);
  const auto set = run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-b", "2"}});
  EXPECT_EQ(set.status, 200);
  const auto metadata = get("/box/b?comp=metadata");
  EXPECT_EQ(metadata.header("x-ms-meta-a"), "");
  EXPECT_EQ(metadata.header("x-ms-meta-b"), "2");
  EXPECT_EQ(metadata.header("etag"), set.header("etag"));
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=properties",
                {{"x-ms-blob-content-language", "de"}, {"x-ms-blob-cache-control", "no-store"}})
                .status,
            200);
  const auto got = get("/box/b");
  EXPECT_EQ(got.body, "content");
  EXPECT_EQ(got.header("content-type"), "application/octet-stream");
  EXPECT_EQ(got.header("content-language"), "de");
  EXPECT_EQ(got.header("cache-control"), "no-store");
  EXPECT_EQ(got.header("content-md5"), "");
  EXPECT_EQ(run(Method::kPut, "/box/none?comp=metadata").code(), "BlobNotFound");
}

TEST_F(BlobOperations, ErrorsLookLikeAzures) {
  const auto missing = get("/box/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("content-type"), "application/xml");
  EXPECT_TRUE(
      missing.body.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code>"
                               "<Message>The specified blob does not exist.\nRequestId:"))
      << missing.body;
  EXPECT_NE(missing.body.find("\nTime:"), missing.body.npos);
  const auto head = run(Method::kHead, "/box/none");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.code(), "BlobNotFound");
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(get("/nobox/b").code(), "ContainerNotFound");
  EXPECT_EQ(run(Method::kPut, "/box/b", {}, "x").code(), "MissingRequiredHeader");
  EXPECT_EQ(run(Method::kPut, "/box/b", {{"x-ms-blob-type", "PageBlob"}}).code(), "MissingRequiredHeader");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=legalhold").status, 501);
  EXPECT_EQ(get("/box/b?snapshot=2026-01-01T00:00:00.0000000Z").code(), "BlobNotFound");
  EXPECT_EQ(put("/box/b?snapshot=2026-01-01T00:00:00.0000000Z", "other").code(), "InvalidOperation");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=metadata&versionid=2026-01-01T00:00:00.0000000Z").code(),
            "InvalidOperation");
  EXPECT_EQ(get("/box/b", {{"x-ms-version", "2017-04-17"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(get("/box/b", {{"x-ms-version", "2018-03-28"}}).header("x-ms-version"), "2018-03-28");
  EXPECT_EQ(
      run(Method::kOptions, "/box/b", {{"origin", "http://a.test"}, {"access-control-request-method", "GET"}}).code(),
      "CorsPreflightFailure");
}

TEST_F(BlobOperations, ManyWritersOfOneBlobAllSucceed) {
  constexpr int kWriters = 200;
  boost::asio::io_context loop(1);
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<http::Request> requests;
  for (int i = 0; i < kWriters; ++i) {
    bodies.push_back(std::make_unique<BytesBody>("content " + std::to_string(i)));
    requests.push_back(make(Method::kPut, "/box/b", {{"x-ms-blob-type", "BlockBlob"}}, *bodies.back()));
  }
  int created = 0;
  for (auto& request : requests) {
    boost::asio::co_spawn(loop, exchange(*pipeline, request),
                          [&](std::exception_ptr, const Answer& answer) { created += answer.status == 201 ? 1 : 0; });
  }
  loop.run();
  EXPECT_EQ(created, kWriters);
  EXPECT_TRUE(get("/box/b").body.starts_with("content "));
  collect();
  EXPECT_EQ(rows().size(), 3u);  // the marker, the blob and its content
}

TEST_F(BlobOperations, AnsweredWritesOutliveTheProcess) {
  ASSERT_EQ(put("/box/big", pattern(9'000'000)).status, 201);
  ASSERT_EQ(put("/box/small", "small").status, 201);
  ASSERT_EQ(put("/box/big2", pattern(9'000'000)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/big2").status, 202);
  restart();  // what was to be collected is forgotten in memory
  EXPECT_TRUE(get("/box/big").body == pattern(9'000'000));
  EXPECT_EQ(get("/box/small").body, "small");
  ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)).has_value());
  collect();
  EXPECT_EQ(chunk_count(), 2u);
}

TEST_F(BlobOperations, TheSweepTakesOnlyWhatNobodyNames) {
  ASSERT_EQ(put("/box/named", pattern(9'000'000)).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/staged?comp=block&blockid=YQ==", {}, pattern(100'000)).status, 201);
  ASSERT_EQ(put("/box/deleted", pattern(100'000)).status, 201);
  ASSERT_EQ(run(Method::kDelete, "/box/deleted").status, 202);
  const auto orphan = runtime::run_blocking(engine->chunks().put({}, hybrid.next_chunk(), AlignedBuffer(5000)));
  ASSERT_TRUE(orphan.has_value());
  EXPECT_EQ(chunk_count(), 5u);
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 1u);
  EXPECT_EQ(chunk_count(), 4u);
  EXPECT_TRUE(get("/box/named").body == pattern(9'000'000));
  EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
}

TEST_F(BlobOperations, ASlowReaderKeepsWhatItReads) {
  ASSERT_EQ(put("/box/b", pattern(20'000'000)).status, 201);
  BytesBody none("");
  auto request = make(Method::kGet, "/box/b", {}, none);
  auto response = runtime::run_blocking(pipeline->handle(request));
  auto& stream = std::get<http::StreamBody>(response.body);
  Bytes content;
  content += *runtime::run_blocking(stream.writer->next());
  ASSERT_EQ(put("/box/b", "other").status, 201);
  ASSERT_TRUE(runtime::run_blocking(service->collect_garbage(*pipeline)).has_value());
  EXPECT_GT(service->garbage_waiting(), 0u);
  while (content.size() < stream.length) {
    const auto piece = runtime::run_blocking(stream.writer->next());
    ASSERT_TRUE(piece.has_value() && !piece->empty());
    content += *piece;
  }
  EXPECT_TRUE(content == pattern(20'000'000));
  stream.writer.reset();
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

}  // namespace
}  // namespace freehold::blob::testing
