// What an account's owner demands of every request: how it comes, from where, and proved by what.
#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

using http::Method;

class OwnerRulesTest : public PipelineTest {
 protected:
  // acct1 as its owner sets it up from now on.
  template <class Change>
  void set_up(Change change) {
    auto account = std::make_shared<StorageAccount>();
    const auto usual = testing::make_account("acct1", kKey);
    account->id = usual->id;
    account->tenant = usual->tenant;
    account->name = usual->name;
    account->keys = {Secret(kKey), Secret(kKey)};
    account->delegation_secret = usual->delegation_secret.clone();
    change(*account);
    accounts_.add(account);
  }
  std::string read_from(std::string address, std::uint16_t tls = 0x0303,
                        std::string_view url = "https://acct1.notes.test/book/note") {
    auto made = request(Method::kGet, url);
    made.peer.address = std::move(address);
    made.peer.tls_version = tls;
    return status_of(send(std::move(made)));
  }
  std::string read_by_account_sas() {
    AccountSasFields fields;
    fields.permissions = "r";
    fields.expiry = rfc3339(clock_.now() + std::chrono::hours(1));
    return status_of(send(
        make_request(Method::kGet, "https://acct1.notes.test/book/note?" + account_sas_query(fields, "acct1", kKey))));
  }
};

TEST_F(OwnerRulesTest, NetworkRulesHoldForWhoeverHasTheKey) {
  set_up([](StorageAccount& account) {
    account.network.admits_all = false;
    account.network.admitted = {*parse_ip_network("192.0.2.0/24")};
  });
  EXPECT_EQ(read_from("192.0.2.9"), "200 ");
  EXPECT_EQ(read_from("198.51.100.9"), "403 AuthorizationFailure");
  EXPECT_EQ(read_from("::1"), "403 AuthorizationFailure");
  set_up([](StorageAccount& account) { account.network.public_network = false; });
  EXPECT_EQ(read_from("192.0.2.9"), "403 AuthorizationFailure");
  EXPECT_EQ(read_from("127.0.0.1"), "403 AuthorizationFailure");
  set_up([](StorageAccount&) {});
  EXPECT_EQ(read_from("198.51.100.9"), "200 ");
}

TEST_F(OwnerRulesTest, OlderTlsThanDemandedIsRefused) {
  set_up([](StorageAccount& account) { account.minimum_tls = 0x0304; });
  EXPECT_EQ(read_from("127.0.0.1", 0x0304), "200 ");
  EXPECT_EQ(read_from("127.0.0.1", 0x0303), "400 TlsVersionNotPermitted");
}

TEST_F(OwnerRulesTest, SwitchedOffKeysTakeTheirSasAlong) {
  EXPECT_EQ(read_from("127.0.0.1"), "200 ");
  EXPECT_EQ(read_by_account_sas(), "200 ");
  set_up([](StorageAccount& account) { account.allow_shared_key = false; });
  EXPECT_EQ(read_from("127.0.0.1"), "403 KeyBasedAuthenticationNotPermitted");
  EXPECT_EQ(read_by_account_sas(), "403 KeyBasedAuthenticationNotPermitted");
  auto forged = request(Method::kGet, "https://acct1.notes.test/book/note");
  forged.headers.set("authorization", "SharedKey acct1:" + to_base64(Bytes(32, 'x')));
  EXPECT_EQ(status_of(send(std::move(forged))), "403 AuthenticationFailed");
}

}  // namespace
}  // namespace freehold::gate
