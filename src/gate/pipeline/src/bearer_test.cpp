// Bearer tokens at the door: proved, decided by roles, recorded.
#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

class BearerTest : public TokenCallerTest {
 protected:
  std::string read(std::string_view url = "https://acct1.notes.test:8443/book/note") {
    return status_of(send_token(http::Method::kGet, url));
  }
};

TEST_F(BearerTest, ARoleLetsInAndItsEndShutsOutAtOnce) {
  EXPECT_EQ(read(), "403 AuthorizationPermissionMismatch");
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataReader);
  EXPECT_EQ(read(), "200 ");
  roles_.clear();
  EXPECT_EQ(read(), "403 AuthorizationPermissionMismatch");
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].record.credential, "Bearer");
  EXPECT_EQ(entries[1].record.caller, to_string(me_));
  EXPECT_EQ(entries[1].record.decision, "allowed");
  EXPECT_EQ(entries[2].record.decision, "denied");
  EXPECT_EQ(entries[2].record.caller, to_string(me_));
  EXPECT_EQ(service_.calls.size(), 1u);
}

TEST_F(BearerTest, ARoleOnAContainerIsNoneOnItsNeighbour) {
  auto chain = authz::storage_account_chain(tenant_, {}, "", "acct1", tree_);
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataReader, authz::with_container(chain, "book").innermost());
  EXPECT_EQ(read(), "200 ");
  EXPECT_EQ(read("https://acct1.notes.test:8443/book2/note"), "403 AuthorizationPermissionMismatch");
}

TEST_F(BearerTest, AnotherTenantsAccountIsOutOfReach) {
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataOwner);
  EXPECT_EQ(read("https://acct2.notes.test:8443/book/note"), "401 InvalidAuthenticationInfo");
}

TEST_F(BearerTest, TheLesserActionOnlyCreates) {
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataReader);
  EXPECT_EQ(status_of(send_token(http::Method::kPut)), "201 ");
  EXPECT_TRUE(service_.only_creates);
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataOwner);
  EXPECT_EQ(status_of(send_token(http::Method::kPut)), "201 ");
  EXPECT_FALSE(service_.only_creates);
}

TEST_F(BearerTest, AHeaderMayNeedARoleOfItsOwn) {
  const std::string note = "https://acct1.notes.test:8443/book/note";
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataContributor);
  EXPECT_EQ(status_of(send_token(http::Method::kPut, note)), "201 ");
  EXPECT_EQ(status_of(send_token(http::Method::kPut, note, {{"x-ms-tags", "a=b"}})),
            "403 AuthorizationPermissionMismatch");
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataOwner);
  EXPECT_EQ(status_of(send_token(http::Method::kPut, note, {{"x-ms-tags", "a=b"}})), "201 ");
}

TEST_F(BearerTest, WhoIsNotLetInIsToldWhereToSignIn) {
  auto plain =
      make_request(http::Method::kGet, "https://acct1.notes.test:8443/book/note", {{"x-ms-version", "2021-06-08"}});
  const auto refused = send(std::move(plain));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.get("www-authenticate"), "Bearer authorization_uri=https://login.test:8443/" +
                                                         to_string(tenant_) +
                                                         "/oauth2/authorize resource_id=https://storage.azure.com");
}

TEST_F(BearerTest, PlainHttpNeverCarriesTokens) {
  roles_.assign(tenant_, me_, authz::roles::kStorageBlobDataOwner);
  EXPECT_EQ(read("http://acct1.notes.test/book/note"), "400 AccountRequiresHttps");
  EXPECT_EQ(read("http://emulated.notes.test/book/note"), "403 AuthenticationFailed");
}

TEST_F(BearerTest, WithoutADirectoryTokensAreRefused) {
  make_pipeline({});
  EXPECT_EQ(read(), "401 InvalidAuthenticationInfo");
}

}  // namespace
}  // namespace freehold::gate
