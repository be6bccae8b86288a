// Blobs that are changed while an operation reads them, between two of its reads.
#include "src/row_keys.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct ChangingBlobs : ::testing::Test, TestRegion {
  ChangingBlobs() { make_container("box"); }
  // Does it once, before that blob's row is read for the second time from now on.
  void before_second_read(const std::string& name, std::function<void()> change) {
    const auto reads = std::make_shared<int>(0);
    disk.on_get = [this, reads, key = row_keys::blob(name, 0), change](const Bytes& got) {
      if (got != key || ++*reads < 2) return;
      const auto then = change;
      disk.on_get = nullptr;
      then();
    };
  }
  void put_list(const std::string& list) {
    EXPECT_EQ(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList>" + list + "</BlockList>").status, 201);
  }
};

TEST_F(ChangingBlobs, ABlockListIsOfOneMoment) {
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, "one").status, 201);
  put_list("<Latest>AAAA</Latest>");
  ASSERT_EQ(run(Method::kPut, "/box/b?comp=block&blockid=BBBB", {}, "two").status, 201);
  const auto before = run(Method::kHead, "/box/b").header("etag");
  before_second_read("b", [this] { put_list("<Latest>AAAA</Latest><Latest>BBBB</Latest>"); });
  const auto listed = get("/box/b?comp=blocklist&blocklisttype=all");
  EXPECT_FALSE(disk.on_get);
  ASSERT_EQ(listed.status, 200) << listed.body;
  EXPECT_EQ(elements(listed.body, "Name"), (std::vector<std::string>{"AAAA", "BBBB"}));
  EXPECT_TRUE(listed.body.contains("<UncommittedBlocks")) << listed.body;
  const auto after = run(Method::kHead, "/box/b").header("etag");
  ASSERT_NE(after, before);
  EXPECT_EQ(listed.header("etag"), after);
  EXPECT_EQ(listed.header("x-ms-blob-content-length"), "6");
}

TEST_F(ChangingBlobs, ACopyIsOfWhatWasOpenedAndNotOfWhatWasSeen) {
  ASSERT_EQ(put("/box/a", "text").status, 201);
  ASSERT_EQ(put("/box/b", "kept").status, 201);
  before_second_read("a", [this] {
    EXPECT_EQ(
        run(Method::kPut, "/box/a", {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "1024"}}).status,
        201);
  });
  const auto copied =
      run(Method::kPut, "/box/b", {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/a"}});
  EXPECT_FALSE(disk.on_get);
  EXPECT_EQ(copied.code(), "ServerBusy") << copied.status;
  EXPECT_EQ(get("/box/b").body, "kept");
  EXPECT_EQ(run(Method::kHead, "/box/b").header("x-ms-blob-type"), "BlockBlob");
}

// Two copies that begin at once, each onto the other's source, would otherwise both retire what the other is to read.
// Here another front end changes it, whom no lock of this one holds up.
TEST_F(ChangingBlobs, ALongCopyBeginsOnlyWhileItsSourceIsWhatWasSeen) {
  ASSERT_EQ(put("/box/a", pattern(33 * 1024 * 1024)).status, 201);
  ASSERT_EQ(put("/box/b", "kept").status, 201);
  ASSERT_EQ(put("/box/other", "other").status, 201);
  const auto write_elsewhere = [this] {
    for (const auto& partition : *runtime::run_blocking(service->partitions())) {
      const auto row = runtime::run_blocking(engine->partitions().get(partition, row_keys::blob("other")));
      if (!row || !*row) continue;
      store::Commit commit{partition, {1}, hybrid.next_transaction(), {}, {}, {}};
      commit.puts.push_back({row_keys::blob("a"), **row});
      EXPECT_EQ(runtime::run_blocking(engine->partitions().commit(std::move(commit))).outcome,
                store::CommitOutcome::kOk);
    }
  };
  before_second_read("b", write_elsewhere);
  const auto copied =
      run(Method::kPut, "/box/b", {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/a"}});
  EXPECT_FALSE(disk.on_get);
  EXPECT_EQ(copied.status, 503) << copied.body;
  EXPECT_EQ(get("/box/b").body, "kept");
  EXPECT_EQ(service->copies_waiting(), 0u);
}

}  // namespace
}  // namespace freehold::blob::testing
