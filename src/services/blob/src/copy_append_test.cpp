// Copies of append blobs, through the pipeline.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct AppendBlobCopies : ::testing::Test, TestRegion {
  AppendBlobCopies() { make_container("box"); }
  Answer copy(const std::string& path, const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-copy-source", "https://acct1.blob.core.freehold.test" + source);
    return run(Method::kPut, path, std::move(more));
  }
  Answer copy_sync(const std::string& path, const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-requires-sync", "true");
    return copy(path, source, std::move(more));
  }
  void work() { runtime::run_blocking(service->continue_copies(*pipeline)); }
};

TEST_F(AppendBlobCopies, KeepContentBlockCountAndSeal) {
  const auto make_log = [this](const std::string& path, int blocks, std::size_t size) {
    EXPECT_EQ(run(Method::kPut, path, {{"x-ms-blob-type", "AppendBlob"}, {"x-ms-meta-mood", "good"}}).status, 201);
    Bytes all;
    for (int i = 0; i < blocks; ++i) {
      const auto block = pattern(size, static_cast<std::uint64_t>(i));
      EXPECT_EQ(run(Method::kPut, path + "?comp=appendblock", {}, block).status, 201);
      all += block;
    }
    return all;
  };
  const std::pair<int, std::size_t> shapes[] = {{0, 0}, {3, 1000}, {30, 1'000'000}, {12, 4'000'000}};
  for (const auto& [blocks, size] : shapes) {
    const auto content = make_log("/box/log", blocks, size);
    ASSERT_EQ(run(Method::kPut, "/box/log?comp=seal").status, 200);
    const auto begun = copy("/box/copy", "/box/log");
    ASSERT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("x-ms-copy-status"), content.size() > 32u * 1024 * 1024 ? "pending" : "success");
    work();
    auto got = get("/box/copy");
    EXPECT_TRUE(got.body == content) << size;
    EXPECT_EQ(got.header("x-ms-copy-status"), "success");
    EXPECT_EQ(got.header("x-ms-blob-type"), "AppendBlob");
    EXPECT_EQ(got.header("x-ms-blob-committed-block-count"), std::to_string(blocks));
    EXPECT_EQ(got.header("x-ms-blob-sealed"), "true");
    EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
    EXPECT_EQ(run(Method::kPut, "/box/copy?comp=appendblock", {}, "more").code(), "BlobIsSealed");
    ASSERT_EQ(copy("/box/copy", "/box/log", {{"x-ms-seal-blob", "false"}}).status, 202);
    work();
    // It takes more blocks, and the one that it was copied from doesn't see them.
    ASSERT_EQ(run(Method::kPut, "/box/copy?comp=appendblock", {}, "more").status, 201);
    EXPECT_TRUE(get("/box/copy").body == content + "more");
    EXPECT_TRUE(get("/box/log").body == content);
    EXPECT_EQ(copy("/box/log", "/box/log").header("x-ms-copy-status"), "success");
    EXPECT_EQ(get("/box/log").header("x-ms-blob-sealed"), "true");
    const auto itself = copy("/box/log", "/box/log", {{"x-ms-meta-new", "word"}, {"x-ms-seal-blob", "false"}});
    EXPECT_EQ(itself.header("x-ms-copy-status"), "success") << itself.body;
    ASSERT_EQ(run(Method::kPut, "/box/log?comp=appendblock", {}, "more").status, 201);
    EXPECT_TRUE(get("/box/log").body == content + "more");
    EXPECT_EQ(get("/box/log").header("x-ms-meta-new"), "word");
  }
  EXPECT_EQ(copy("/box/other", "/box/log", {{"x-ms-access-tier", "Hot"}}).code(), "AccessTierNotSupportedForBlobType");
  for (const char* path : {"/box/copy", "/box/other"}) {
    ASSERT_EQ(copy(path, "/box/log", {{"x-ms-seal-blob", "true"}}).status, 202);
    EXPECT_EQ(get(path).header("x-ms-blob-sealed"), "");
    work();
    EXPECT_EQ(get(path).header("x-ms-blob-sealed"), "true");
  }
  ASSERT_EQ(run(Method::kDelete, "/box/other").status, 202);
  ASSERT_EQ(put("/box/text", "text").status, 201);
  EXPECT_EQ(copy("/box/other", "/box/text", {{"x-ms-seal-blob", "true"}}).code(), "InvalidHeaderValue");
  EXPECT_EQ(copy_sync("/box/other", "/box/text", {{"x-ms-seal-blob", "true"}}).code(), "UnsupportedHeader");
  ASSERT_EQ(run(Method::kDelete, "/box/text").status, 202);
  EXPECT_EQ(copy_sync("/box/other", "/box/log").code(), "InvalidBlobType");
  for (const char* path : {"/box/copy", "/box/log"}) ASSERT_EQ(run(Method::kDelete, path).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
}

}  // namespace
}  // namespace freehold::blob::testing
