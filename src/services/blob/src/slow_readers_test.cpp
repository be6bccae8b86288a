// A slow reader holds back the garbage of what it reads, and nobody else's.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

constexpr std::size_t kBig = 9'000'000;

struct SlowReaders : ::testing::Test, TestRegion {
  SlowReaders() {
    for (const std::string name : {"box", "other"}) make_container(name);
    for (const std::string path : {"/box/read", "/box/b", "/other/b"}) EXPECT_EQ(put(path, pattern(kBig)).status, 201);
    each = chunk_count() / 3;
  }
  // A client that has the head of the answer and takes none of the body, until it is destroyed.
  http::Response begin_read(const std::string& path) {
    BytesBody none("");
    auto request = make(Method::kGet, path, {}, none);
    return runtime::run_blocking(pipeline->handle(request));
  }
  void round() { static_cast<void>(runtime::run_blocking(service->collect_garbage(*pipeline))); }
  std::size_t each = 0;  // chunks of a blob
};

TEST_F(SlowReaders, KeepOnlyWhatTheyRead) {
  {
    const auto reading = begin_read("/box/read");
    ASSERT_EQ(reading.status, 200);
    for (const std::string path : {"/box/read", "/box/b", "/other/b"}) {
      ASSERT_EQ(run(Method::kDelete, path).status, 202);
    }
    round();
    EXPECT_EQ(chunk_count(), each);
  }
  round();
  EXPECT_EQ(chunk_count(), 0u);
}

TEST_F(SlowReaders, ReadASnapshotLikeItsBlob) {
  const auto taken = run(Method::kPut, "/box/read?comp=snapshot");
  const auto snapshot = "/box/read?snapshot=" + taken.header("x-ms-snapshot");
  {
    const auto reading = begin_read(snapshot);
    ASSERT_EQ(run(Method::kDelete, "/box/read", {{"x-ms-delete-snapshots", "include"}}).status, 202);
    round();
    EXPECT_EQ(chunk_count(), 3 * each);
  }
  round();
  EXPECT_EQ(chunk_count(), 2 * each);
}

TEST_F(SlowReaders, KeepTheirOwnContainerFromBeingPurged) {
  {
    const auto reading = begin_read("/box/read");
    ASSERT_EQ(run(Method::kDelete, "/box?restype=container").status, 202);
    ASSERT_EQ(run(Method::kDelete, "/other?restype=container").status, 202);
    take_audit_rows();
    round();
    EXPECT_EQ(chunk_count(), 2 * each);
  }
  round();
  EXPECT_EQ(chunk_count(), 0u);
}

}  // namespace
}  // namespace freehold::blob::testing
