// An account under a key of its customer, who may take it away and give it back: what those tests begin with.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>
#include <stdexcept>

#include "src/account_key.h"
#include "src/test_region.h"

namespace freehold::blob::testing {

using runtime::run_blocking;

inline constexpr std::string_view kWithheld = "KeyVaultEncryptionKeyNotFound";
inline constexpr const char* kTags = "<Tags><TagSet><Tag><Key>t</Key><Value>1</Value></Tag></TagSet></Tags>";

// One key in each vault, as its owner would have it at the moment.
class OwnersKey final : public keys::CustomerKeys {
 public:
  explicit OwnersKey(Random& random) : random_(random) {}
  Task<Result<std::string>> look(keys::CustomerKey key, std::string) override {
    ++looks;
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, runtime::use_task);
    if (throws) throw std::runtime_error("the vault threw");
    if (auto fault = refuse(key)) co_return std::unexpected(std::move(*fault));
    co_return version;
  }
  Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey key, Secret secret, Bytes context) override {
    ++wraps;
    if (auto fault = refuse(key)) co_return std::unexpected(std::move(*fault));
    if (!fit) co_return fail(ErrorCode::kInvalidArgument, "not fit");
    co_return keys::WrappedByCustomer{version, crypto::seal(key_, origin_of(key) + context, secret.view(), random_)};
  }
  Task<Result<Secret>> unwrap(keys::CustomerKey key, keys::WrappedByCustomer wrapped, Bytes context) override {
    ++unwraps;
    const auto executor = co_await boost::asio::this_coro::executor;
    for (int i = 0; i < 3; ++i) co_await boost::asio::post(executor, runtime::use_task);  // others come meanwhile
    if (auto fault = refuse(key)) co_return std::unexpected(std::move(*fault));
    co_return crypto::open_secret(key_, origin_of(key) + context, wrapped.wrapped);
  }
  bool given = true;
  bool away = false;
  bool fit = true;  // for wrapping
  bool throws = false;
  std::string version = "v1";
  std::set<std::string> shut;  // vaults
  std::set<PrincipalId> gone;  // identities
  std::string restored;        // a vault that has what "vau1" had
  int looks = 0;
  int wraps = 0;
  int unwraps = 0;

 private:
  [[nodiscard]] std::string origin_of(const keys::CustomerKey& key) const {
    return (key.vault == restored ? "vau1" : key.vault) + "/" + key.name;
  }
  [[nodiscard]] std::optional<Error> refuse(const keys::CustomerKey& key) const {
    if (away) return Error{ErrorCode::kUnavailable, "away", ""};
    if (!given || shut.contains(key.vault)) return Error{ErrorCode::kDenied, "disabled", ""};
    if (gone.contains(key.identity)) return Error{ErrorCode::kDenied, "the identity is gone", ""};
    return std::nullopt;
  }
  const Secret key_{BytesView("0123456789abcdef0123456789abcdef")};
  Random& random_;
};

struct CustodyTest : ::testing::Test, TestRegion {
  CustodyTest() {
    customer_keys = &owner;
    restart();
    account = service->accounts().find("acct1")->id;
    make_container("box");
    EXPECT_EQ(run(Method::kPut, "/noted?restype=container", {{"x-ms-meta-c", "d"}}).status, 201);
    EXPECT_EQ(put("/box/before", pattern(1'000), {{"x-ms-meta-a", "b"}, {"x-ms-tags", "t=1"}}).status, 201);
    EXPECT_EQ(put("/box/empty", "", {{"x-ms-meta-a", "b"}}).status, 201);
    EXPECT_EQ(put("/box/big", pattern(9'000'000)).status, 201);
    EXPECT_EQ(told(service->accounts().set_custody(account, by())), "done");
  }
  static keys::CustomerKey by(std::uint8_t identity = 0, std::string vault = "vau1", std::string name = "k1") {
    keys::CustomerKey key{
        .tenant = {}, .identity = {}, .vault = std::move(vault), .name = std::move(name), .version = ""};
    key.identity.bytes.fill(identity);
    return key;
  }
  static std::string told(Task<Result<>> task) {
    const auto done = run_blocking(std::move(task));
    return done ? "done" : done.error().message;
  }
  void pass(std::chrono::milliseconds time = AccountKeyHold::kLease) { clock.advance(time); }
  std::string version() { return service->accounts().find_record("acct1")->customer_key_version; }
  // A blob whose blocks a manifest names, which only the account's key opens.
  void put_long_list(const std::string& path) {
    std::string list = "<?xml version='1.0'?><BlockList>";
    for (int i = 0; i < 200; ++i) {
      const auto id = to_base64("block-" + std::to_string(1000 + i));
      const auto block = pattern(i < 2 ? 100'000 : 100, static_cast<std::uint64_t>(i));
      ASSERT_EQ(run(Method::kPut, path + "?comp=block&blockid=" + percent_encode(id), {}, block).status, 201);
      list += "<Latest>" + id + "</Latest>";
    }
    ASSERT_EQ(run(Method::kPut, path + "?comp=blocklist", {}, list + "</BlockList>").status, 201);
  }
  // Codes of what needs the key.
  void expect_dark() {
    EXPECT_EQ(get("/box/before").code(), kWithheld);
    EXPECT_EQ(get("/box/big").code(), kWithheld);
    EXPECT_EQ(get("/box/empty").code(), kWithheld);
    EXPECT_EQ(run(Method::kHead, "/box/before").status, 403);
    EXPECT_EQ(get("/box/before?comp=metadata").code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=metadata", {{"x-ms-meta-a", "c"}}).code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=tier", {{"x-ms-access-tier", "Cool"}}).code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=snapshot").code(), kWithheld);
    EXPECT_EQ(get("/box?restype=container&comp=list&include=metadata").code(), kWithheld);
    EXPECT_EQ(get("/box?restype=container&comp=list&include=tags").code(), kWithheld);
    EXPECT_EQ(get("/box/before?comp=tags").code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=tags", {}, kTags).code(), kWithheld);
    EXPECT_EQ(get("/?comp=blobs&where=t%3D%271%27").code(), kWithheld);
    EXPECT_EQ(get("/box?restype=container&comp=blobs&where=t%3D%271%27").code(), kWithheld);
    const HeaderList if_tags = {{"x-ms-if-tags", "t = '1'"}, {"x-ms-blob-content-type", "a/b"}};
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=properties", if_tags).code(), kWithheld);
    EXPECT_EQ(run(Method::kHead, "/noted?restype=container").status, 403);
    EXPECT_EQ(get("/noted?restype=container&comp=metadata").code(), kWithheld);
    EXPECT_EQ(get("/?comp=list&include=metadata").code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/noted2?restype=container", {{"x-ms-meta-a", "b"}}).code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/before?comp=properties", {{"x-ms-blob-content-type", "a/b"}}).status, 200);
    EXPECT_EQ(get("/?comp=list").status, 200);
    EXPECT_EQ(elements(get("/box?restype=container&comp=list").body, "TagCount"), std::vector<std::string>{"1"});
    EXPECT_EQ(put("/box/new", pattern(10)).code(), kWithheld);
    EXPECT_EQ(put("/box/new", pattern(200'000)).code(), kWithheld);
    EXPECT_EQ(run(Method::kPut, "/box/new?comp=block&blockid=AAAA", {}, pattern(10)).code(), kWithheld);
    EXPECT_EQ(get("/box?restype=container&comp=list").status, 200);
    EXPECT_EQ(run(Method::kDelete, "/box/none").code(), "BlobNotFound");
  }
  void expect_light() {
    EXPECT_EQ(get("/box/before").body, pattern(1'000));
    EXPECT_EQ(get("/box/big").body, pattern(9'000'000));
    EXPECT_EQ(get("/box/before").header("x-ms-meta-a"), "b");
    EXPECT_EQ(elements(get("/?comp=blobs&where=t%3D%271%27").body, "Name"), std::vector<std::string>{"before"});
    EXPECT_EQ(run(Method::kHead, "/noted?restype=container").header("x-ms-meta-c"), "d");
  }

  OwnersKey owner{random};
  AccountId account;
};

}  // namespace freehold::blob::testing
