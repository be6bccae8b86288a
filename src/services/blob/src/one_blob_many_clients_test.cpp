// A thousand clients on one blob, doing everything at once: each is answered, nothing is half done, nothing is left.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

constexpr int kClients = 1'000;

struct ManyClients : ::testing::Test, TestRegion {
  ManyClients() { make_container("box"); }

  void ask(Call call) {
    bodies.push_back(std::make_unique<BytesBody>(std::move(call.body)));
    requests.push_back(std::make_unique<http::Request>(make(call.method, call.path, call.headers, *bodies.back())));
  }
  // All at once; the answers by request.
  std::vector<Answer> answers() {
    boost::asio::io_context loop(1);
    std::vector<Answer> result(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      boost::asio::co_spawn(loop, exchange(*pipeline, *requests[i]),
                            [&result, i](std::exception_ptr, Answer answer) { result[i] = std::move(answer); });
    }
    loop.run();
    return result;
  }
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<std::unique_ptr<http::Request>> requests;
};

Call one_of_many(int i) {
  const auto n = std::to_string(i);
  const HeaderList both = {{"x-ms-blob-type", "BlockBlob"}, {"x-ms-meta-v", n}, {"x-ms-tags", "v=" + n}};
  switch (i % 8) {
    case 0:
      return {Method::kPut, "/box/b", both, pattern(i % 16 == 0 ? 70'000 : 100, static_cast<std::uint64_t>(i))};
    case 1:
      return {Method::kPut, "/box/b?comp=snapshot", {}, {}};
    case 2:
      return {Method::kPut, "/box/b?comp=tier", {{"x-ms-access-tier", i % 16 == 2 ? "Cool" : "Hot"}}, {}};
    case 3:
      return {Method::kPut, "/box/b?comp=properties", {{"x-ms-blob-content-type", "a/" + n}}, {}};
    case 4:
      return {Method::kDelete, "/box/b", {{"x-ms-delete-snapshots", i % 16 == 4 ? "include" : "only"}}, {}};
    case 5:
      return {Method::kGet, "/box/b", {}, {}};
    case 6:
      return {Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, pattern(100)};
    default:
      return {Method::kGet, "/box?restype=container&comp=list&include=metadata,tags,snapshots", {}, {}};
  }
}

TEST_F(ManyClients, AreAllAnsweredAndSeeWholeCommitsOnly) {
  ASSERT_EQ(put("/box/b", "first", {{"x-ms-meta-v", "first"}, {"x-ms-tags", "v=first"}}).status, 201);
  for (int i = 0; i < kClients; ++i) ask(one_of_many(i));
  const auto all = answers();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& answer = all[i];
    // A blob that someone deleted isn't there, and a block whose blob was replaced meanwhile has to be put again.
    const bool block = i % 8 == 6;
    EXPECT_TRUE(answer.status < 300 || answer.status == 404 || (block && answer.status == 503))
        << i << ' ' << answer.status << ' ' << answer.body;
    EXPECT_FALSE(answer.cut_off);
    if (i % 8 != 7) continue;
    // Metadata, tags and content were put in one commit, and so are seen together.
    EXPECT_EQ(elements(answer.body, "v"), elements(answer.body, "Value"));
  }
  static_cast<void>(run(Method::kDelete, "/box/b", {{"x-ms-delete-snapshots", "include"}}));
  static_cast<void>(run(Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList/>"));  // ends what was staged
  EXPECT_EQ(run(Method::kDelete, "/box/b", {{"x-ms-delete-snapshots", "include"}}).status, 202);
  collect();
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_EQ(rows().size(), 1u);  // the open marker
}

}  // namespace
}  // namespace freehold::blob::testing
