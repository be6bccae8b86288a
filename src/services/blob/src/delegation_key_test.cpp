// User delegation: a key for a token, a SAS by that key, and the end of both with the delegator's rights.
#include "authn/delegation_key.h"
#include "authn/testing/test_tokens.h"
#include "pipeline/testing/route_matrix.h"
#include "src/key_info_xml.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using gate::testing::TestAuthority;
namespace roles = gate::authz::roles;

class Delegation : public ::testing::Test {
 protected:
  Delegation() {
    me_.bytes.fill(0x0c);
    region_.make_container("box");
    EXPECT_EQ(region_.put("/box/b", "content").status, 201);
    account_ = region_.service->accounts().find("acct1");
    identities_.put({.tenant = account_->tenant, .object = me_});
    pipeline_ = std::make_unique<gate::Pipeline>(
        region_.service->accounts(), region_.log, region_.clock, region_.random,
        gate::PipelineOptions{.delegators = &access_, .bearer = &trust_, .access = &access_});
    pipeline_->add(region_.service->gate());
  }

  Answer send(Method method, const std::string& path, HeaderList headers = {}, Bytes body = {}) {
    BytesBody reader(std::move(body));
    headers.emplace_back("x-ms-version", "2021-06-08");
    auto request = gate::testing::make_request(method, "https://acct1.blob.core.freehold.test" + path, headers);
    request.body = &reader;
    return runtime::run_blocking(TestRegion::exchange(*pipeline_, request));
  }
  Answer with_token(Method method, const std::string& path, Bytes body = {}) {
    const auto token = gate::testing::token_of(gate::testing::good_claims(account_->tenant, me_, region_.clock.now()));
    return send(method, path, {{"authorization", "Bearer " + token}}, std::move(body));
  }
  Answer ask_key(const std::string& start, const std::string& expiry) {
    return with_token(Method::kPost, "/?restype=service&comp=userdelegationkey",
                      "<KeyInfo><Start>" + start + "</Start><Expiry>" + expiry + "</Expiry></KeyInfo>");
  }
  std::string in(std::chrono::seconds offset) { return rfc3339(region_.clock.now() + offset); }
  // The query of a SAS on /box/b by a key as it was answered.
  std::string sas_by(const Answer& key, std::string permissions = "r") {
    const auto value = [&](const std::string& name) { return elements(key.body, name).at(0); };
    gate::ResourceSasFields sas;
    sas.permissions = std::move(permissions);
    sas.expiry = value("SignedExpiry");
    const gate::DelegationSasFields delegation{.key_object = value("SignedOid"),
                                               .key_tenant = value("SignedTid"),
                                               .key_start = value("SignedStart"),
                                               .key_expiry = value("SignedExpiry"),
                                               .key_service = value("SignedService"),
                                               .key_version = value("SignedVersion")};
    const auto secret = from_base64(value("Value"));
    return gate::delegation_sas_query(sas, delegation, "/blob/acct1/box/b", secret.value_or(""));
  }

  TestRegion region_;
  PrincipalId me_;
  std::shared_ptr<const gate::StorageAccount> account_;
  TestAuthority authority_;
  gate::testing::TestIdentities identities_;
  gate::authz::testing::FixedRoles roles_;
  gate::authz::FlatTree tree_;
  gate::authz::StorageAccess access_{roles_, identities_, tree_};
  gate::BearerTrust trust_{authority_, identities_, {}};
  std::unique_ptr<gate::Pipeline> pipeline_;
};

using std::chrono::hours;
using std::chrono::seconds;

TEST_F(Delegation, ASasDoesWhatItsDelegatorMayAndEndsWithItsRole) {
  EXPECT_EQ(ask_key(in(seconds(0)), in(hours(1))).code(), "AuthorizationPermissionMismatch");
  roles_.assign(account_->tenant, me_, roles::kStorageBlobDataReader);
  const auto key = ask_key(in(seconds(0)), in(hours(1)));
  ASSERT_EQ(key.status, 200) << key.body;
  EXPECT_EQ(elements(key.body, "SignedOid").at(0), to_string(me_));
  EXPECT_EQ(elements(key.body, "SignedVersion").at(0), "2021-06-08");
  const auto read = sas_by(key);
  const auto allowed = send(Method::kGet, "/box/b?" + read);
  EXPECT_EQ(allowed.status, 200) << allowed.body;
  EXPECT_EQ(allowed.body, "content");
  EXPECT_EQ(send(Method::kDelete, "/box/b?" + sas_by(key, "d")).code(), "AuthorizationPermissionMismatch");
  roles_.clear();
  EXPECT_EQ(send(Method::kGet, "/box/b?" + read).code(), "AuthorizationPermissionMismatch");
}

TEST_F(Delegation, ASasEndsWhenItsDelegatorIsDisabled) {
  roles_.assign(account_->tenant, me_, roles::kStorageBlobDataReader);
  const auto read = sas_by(ask_key(in(seconds(0)), in(hours(1))));
  EXPECT_EQ(send(Method::kGet, "/box/b?" + read).status, 200);
  identities_.put({.tenant = account_->tenant, .object = me_, .enabled = false});
  EXPECT_EQ(send(Method::kGet, "/box/b?" + read).status, 403);
}

TEST_F(Delegation, RevokingAnAccountsKeysEndsThemAll) {
  roles_.assign(account_->tenant, me_, roles::kStorageBlobDataReader);
  const auto read = sas_by(ask_key(in(seconds(0)), in(hours(1))));
  EXPECT_EQ(send(Method::kGet, "/box/b?" + read).status, 200);
  ASSERT_TRUE(runtime::run_blocking(region_.service->accounts().revoke_delegation_keys(account_->id)));
  EXPECT_EQ(send(Method::kGet, "/box/b?" + read).code(), "AuthenticationFailed");
}

TEST_F(Delegation, KeysLastSevenDaysAtMost) {
  roles_.assign(account_->tenant, me_, roles::kStorageBlobDelegator);
  EXPECT_EQ(ask_key(in(seconds(0)), in(hours(7 * 24))).status, 200);
  EXPECT_EQ(ask_key("", in(hours(1))).status, 200);
  for (const auto& [start, expiry] :
       {std::pair{in(seconds(0)), in(hours(7 * 24) + seconds(1))},
        std::pair{in(-hours(1)), in(hours(7 * 24) - seconds(1))}, std::pair{in(hours(2)), in(hours(1))},
        std::pair{in(-hours(2)), in(-hours(1))}, std::pair{in(seconds(0)), std::string("soon")},
        std::pair{std::string("now"), in(hours(1))}}) {
    EXPECT_EQ(ask_key(start, expiry).code(), "InvalidXmlNodeValue") << start << " " << expiry;
  }
}

TEST_F(Delegation, BodiesAreReadStrictly) {
  roles_.assign(account_->tenant, me_, roles::kStorageBlobDelegator);
  const auto ask = [this](Bytes body) {
    return with_token(Method::kPost, "/?restype=service&comp=userdelegationkey", std::move(body)).code();
  };
  EXPECT_EQ(ask(""), "InvalidXmlDocument");
  EXPECT_EQ(ask("<KeyInfo>"), "InvalidXmlDocument");
  EXPECT_EQ(ask("<Other/>"), "InvalidXmlDocument");
  EXPECT_EQ(ask("<KeyInfo><Expiry>" + in(hours(1)) + "</Expiry><Other/></KeyInfo>"), "InvalidXmlDocument");
  EXPECT_EQ(ask("<!DOCTYPE a><KeyInfo/>"), "InvalidXmlDocument");
  EXPECT_EQ(ask("<KeyInfo/>"), "InvalidXmlNodeValue");
  EXPECT_EQ(ask("<KeyInfo><DelegatedUserTid>x</DelegatedUserTid></KeyInfo>"), "NotImplemented");
  EXPECT_EQ(ask(Bytes(kMaxKeyInfoBytes + 1, ' ')), "RequestBodyTooLarge");
}

TEST_F(Delegation, OnlyATokenAsksForAKey) {
  EXPECT_EQ(region_.run(Method::kPost, "/?restype=service&comp=userdelegationkey").code(), "AuthenticationFailed");
}

}  // namespace
}  // namespace freehold::blob::testing
