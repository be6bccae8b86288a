// Leases as a client meets them: what they stop, what shows them, and when they are over.
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using std::chrono::seconds;

const std::string kLease = "0a1b2c3d-0011-2233-4455-66778899aabb";
const std::string kOther = "0a1b2c3d-0011-2233-4455-66778899ffff";

struct LeaseOperations : ::testing::Test, TestRegion {
  LeaseOperations() {
    make_container("box");
    EXPECT_EQ(put("/box/b", "content").status, 201);
  }
  Answer lease(const std::string& path, const std::string& action, HeaderList headers = {}) {
    headers.emplace_back("x-ms-lease-action", action);
    return run(Method::kPut, path + "comp=lease", std::move(headers));
  }
  Answer acquire(const std::string& duration = "-1") {
    return lease("/box/b?", "acquire", {{"x-ms-lease-duration", duration}, {"x-ms-proposed-lease-id", kLease}});
  }
};

TEST_F(LeaseOperations, AWriterWithoutTheLeaseIsStoppedAndNothingChanges) {
  const auto before = get("/box/b");
  const auto acquired = acquire();
  ASSERT_EQ(acquired.status, 201) << acquired.body;
  EXPECT_EQ(acquired.header("x-ms-lease-id"), kLease);
  EXPECT_EQ(acquired.header("etag"), before.header("etag"));
  struct Write {
    Method method;
    std::string path;
    HeaderList headers;
    Bytes body;
  };
  const Write writes[] = {
      {Method::kPut, "/box/b", {{"x-ms-blob-type", "BlockBlob"}}, "x"},
      {Method::kPut, "/box/b?comp=block&blockid=AAAA", {}, "x"},
      {Method::kPut, "/box/b?comp=blocklist", {}, "<BlockList/>"},
      {Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-a", "1"}}, ""},
      {Method::kPut, "/box/b?comp=properties", {{"x-ms-blob-content-type", "a/b"}}, ""},
      {Method::kPut, "/box/b?comp=tags", {}, "<Tags><TagSet/></Tags>"},
      {Method::kDelete, "/box/b", {}, ""},
  };
  for (const auto& write : writes) {
    EXPECT_EQ(run(write.method, write.path, write.headers, write.body).code(), "LeaseIdMissing") << write.path;
    auto headers = write.headers;
    headers.emplace_back("x-ms-lease-id", kOther);
    EXPECT_EQ(run(write.method, write.path, headers, write.body).code(), "LeaseIdMismatchWithBlobOperation")
        << write.path;
    headers.back().second = "no guid";
    EXPECT_EQ(run(write.method, write.path, headers, write.body).code(), "InvalidHeaderValue") << write.path;
  }
  const auto after = get("/box/b");
  EXPECT_EQ(after.body, "content");
  EXPECT_EQ(after.header("etag"), before.header("etag"));
  EXPECT_EQ(get("/box/b", {{"x-ms-lease-id", kOther}}).code(), "LeaseIdMismatchWithBlobOperation");
  for (const auto& write : writes) {
    auto headers = write.headers;
    headers.emplace_back("x-ms-lease-id", kLease);
    const auto answer = run(write.method, write.path, headers, write.body);
    EXPECT_LT(answer.status, 300) << write.path << ' ' << answer.body;
    if (write.method == Method::kDelete) break;
    EXPECT_EQ(get("/box/b", {{"x-ms-lease-id", kLease}}).header("x-ms-lease-state"), "leased") << write.path;
  }
  EXPECT_EQ(put("/box/b", "x", {{"x-ms-lease-id", kLease}}).code(), "LeaseNotPresentWithBlobOperation");
}

TEST_F(LeaseOperations, PropertiesAndListingsShowIt) {
  const auto shown = [&] {
    const auto head = run(Method::kHead, "/box/b");
    const auto list = get("/box?restype=container&comp=list").body;
    EXPECT_EQ(elements(list, "LeaseState").at(0), head.header("x-ms-lease-state"));
    EXPECT_EQ(elements(list, "LeaseStatus").at(0), head.header("x-ms-lease-status"));
    return head.header("x-ms-lease-status") + ' ' + head.header("x-ms-lease-state") + ' ' +
           head.header("x-ms-lease-duration");
  };
  EXPECT_EQ(shown(), "unlocked available ");
  ASSERT_EQ(acquire("20").status, 201);
  EXPECT_EQ(shown(), "locked leased fixed");
  EXPECT_EQ(lease("/box/b?", "break", {{"x-ms-lease-break-period", "5"}}).header("x-ms-lease-time"), "5");
  EXPECT_EQ(shown(), "locked breaking ");
  clock.advance(seconds(5));
  EXPECT_EQ(shown(), "unlocked broken ");
  EXPECT_EQ(lease("/box/b?", "renew", {{"x-ms-lease-id", kLease}}).code(), "LeaseIsBrokenAndCannotBeRenewed");
  ASSERT_EQ(acquire("15").status, 201);
  clock.advance(seconds(15));
  EXPECT_EQ(shown(), "unlocked expired ");
  ASSERT_EQ(acquire("-1").status, 201);
  EXPECT_EQ(shown(), "locked leased infinite");
  EXPECT_EQ(lease("/box/b?", "release", {{"x-ms-lease-id", kLease}}).status, 200);
  EXPECT_EQ(shown(), "unlocked available ");
}

TEST_F(LeaseOperations, AnExpiredLeaseIsRenewedUnlessTheBlobChanged) {
  ASSERT_EQ(acquire("15").status, 201);
  clock.advance(seconds(16));
  EXPECT_EQ(put("/box/b", "x", {{"x-ms-lease-id", kLease}}).code(), "LeaseLost");
  EXPECT_EQ(lease("/box/b?", "renew", {{"x-ms-lease-id", kLease}}).status, 200);
  EXPECT_EQ(put("/box/b", "x").code(), "LeaseIdMissing");
  clock.advance(seconds(16));
  EXPECT_EQ(put("/box/b", "x").status, 201);
  EXPECT_EQ(lease("/box/b?", "renew", {{"x-ms-lease-id", kLease}}).code(), "LeaseIdMismatchWithLeaseOperation");
}

TEST_F(LeaseOperations, ItOutlivesTheProcess) {
  ASSERT_EQ(acquire().status, 201);
  restart();
  EXPECT_EQ(put("/box/b", "x").code(), "LeaseIdMissing");
  const auto changed = lease("/box/b?", "change", {{"x-ms-lease-id", kLease}, {"x-ms-proposed-lease-id", kOther}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.header("x-ms-lease-id"), kOther);
  EXPECT_EQ(put("/box/b", "x", {{"x-ms-lease-id", kOther}}).status, 201);
}

TEST_F(LeaseOperations, OnlyWhatExistsIsLeasedAndConditionsHold) {
  EXPECT_EQ(lease("/box/none?", "acquire", {{"x-ms-lease-duration", "-1"}}).code(), "BlobNotFound");
  EXPECT_EQ(run(Method::kPut, "/box/staged?comp=block&blockid=AAAA", {}, "x").status, 201);
  EXPECT_EQ(lease("/box/staged?", "acquire", {{"x-ms-lease-duration", "-1"}}).code(), "BlobNotFound");
  EXPECT_EQ(lease("/box/b?", "acquire", {{"x-ms-lease-duration", "-1"}, {"if-match", "\"0x8OTHER\""}}).code(),
            "ConditionNotMet");
  EXPECT_EQ(lease("/box/b?", "acquire", {{"x-ms-lease-duration", "10"}}).code(), "InvalidHeaderValue");
  const auto acquired = lease("/box/b?", "acquire", {{"x-ms-lease-duration", "-1"}});
  EXPECT_EQ(acquired.header("x-ms-lease-id").size(), 36u);
}

TEST_F(LeaseOperations, AContainersLeaseGuardsItsDeletion) {
  const std::string box = "/box?restype=container";
  const auto acquired =
      lease(box + '&', "acquire", {{"x-ms-lease-duration", "15"}, {"x-ms-proposed-lease-id", kLease}});
  ASSERT_EQ(acquired.status, 201) << acquired.body;
  const auto shown = get(box);
  EXPECT_EQ(shown.header("x-ms-lease-state"), "leased");
  EXPECT_EQ(shown.header("x-ms-lease-duration"), "fixed");
  EXPECT_EQ(elements(get("/?comp=list").body, "LeaseState").at(0), "leased");
  EXPECT_EQ(run(Method::kDelete, box).code(), "LeaseIdMissing");
  EXPECT_EQ(run(Method::kDelete, box, {{"x-ms-lease-id", kOther}}).code(), "LeaseIdMismatchWithContainerOperation");
  EXPECT_EQ(put("/box/b", "blobs are free").status, 201);
  EXPECT_EQ(run(Method::kPut, box + "&comp=metadata", {{"x-ms-meta-a", "1"}}).status, 200);
  EXPECT_EQ(run(Method::kPut, box + "&comp=metadata", {{"x-ms-lease-id", kOther}}).code(),
            "LeaseIdMismatchWithContainerOperation");
  EXPECT_EQ(get(box, {{"x-ms-lease-id", kLease}}).status, 200);
  clock.advance(seconds(15));
  EXPECT_EQ(run(Method::kDelete, box, {{"x-ms-lease-id", kLease}}).code(), "LeaseLost");
  EXPECT_EQ(lease(box + '&', "renew", {{"x-ms-lease-id", kLease}}).status, 200);
  EXPECT_EQ(run(Method::kDelete, box, {{"x-ms-lease-id", kLease}}).status, 202);
}

TEST_F(LeaseOperations, OfManyWhoWantItOneGetsIt) {
  constexpr int kClients = 1'000;
  boost::asio::io_context loop(1);
  std::vector<std::unique_ptr<BytesBody>> bodies;
  std::vector<http::Request> requests;
  for (int i = 0; i < kClients; ++i) {
    bodies.push_back(std::make_unique<BytesBody>(Bytes()));
    requests.push_back(make(Method::kPut, "/box/b?comp=lease",
                            {{"x-ms-lease-action", "acquire"}, {"x-ms-lease-duration", "-1"}}, *bodies.back()));
  }
  std::map<std::string, int> said;
  for (auto& request : requests) {
    boost::asio::co_spawn(loop, exchange(*pipeline, request), [&](std::exception_ptr, const Answer& answer) {
      ++said[answer.status == 201 ? "acquired" : answer.code()];
    });
  }
  loop.run();
  EXPECT_EQ(said["acquired"], 1);
  EXPECT_EQ(said["LeaseAlreadyPresent"], kClients - 1);
}

}  // namespace
}  // namespace freehold::blob::testing
