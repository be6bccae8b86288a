// Security domains: downloaded to a quorum, uploaded into a fresh pool.
#include "src/security_domain.h"
#include "src/test_domain.h"

namespace freehold::vault {
namespace {

using http::Method;

class Domains : public DomainTest {
 protected:
  Domains() {
    if (make_pool("hsm1").status != 200) ADD_FAILURE() << "no pool";
  }
  Json transfer_key(const std::string& pool) {
    const auto answer = ask_pool(owner_, Method::kGet, pool, "/securitydomain/upload");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body["transfer_key"].get<std::string>());
  }
  Answer upload(const std::string& pool, const Json& blob) {
    return ask_pool(owner_, Method::kPost, pool, "/securitydomain/upload", {{"value", blob.dump()}});
  }
};

TEST_F(Domains, ADownloadActivatesThePool) {
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/securitydomain/download/pending").said(), "404 JobNotFound");
  const auto given = download("hsm1");
  ASSERT_EQ(given.status, 202) << given.body;
  const Json domain = Json::parse(given.body["value"].get<std::string>());
  EXPECT_EQ(domain["SharedKeys"]["required"], 2);
  EXPECT_EQ(domain["SharedKeys"]["key_algorithm"], "shamir_share");
  EXPECT_EQ(domain["SharedKeys"]["enc_shares"].size(), 3u);
  EXPECT_EQ(domain["EncData"]["kdf"], "sp108_kdf");
  // az asks for either after both.
  for (const char* path : {"/securitydomain/download/pending", "/securitydomain/upload/pending"}) {
    EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", path).body["status"], "Success");
  }
  open();
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/settings").status, 200);
  // Whoever didn't get the answer gets it again, and nobody else a domain of his own.
  EXPECT_EQ(download("hsm1").body, given.body);
  EXPECT_EQ(download("hsm1", certificate_set(3)).said(), "409 Conflict");
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/securitydomain/upload").said(), "409 Conflict");
}

TEST_F(Domains, WhatIsNoQuorumIsRefused) {
  auto body = certificate_set();
  EXPECT_EQ(download("hsm1", certificate_set(1)).said(), "400 BadParameter");
  EXPECT_EQ(download("hsm1", certificate_set(4)).said(), "400 BadParameter");
  body["certificates"].erase(2);
  EXPECT_EQ(download("hsm1", body).said(), "400 BadParameter") << "two certificates";
  body["certificates"].push_back(body["certificates"][0]);
  EXPECT_EQ(download("hsm1", body).said(), "400 BadParameter") << "one twice";
  body["certificates"][2] = {{"x5c", {"bm8gY2VydGlmaWNhdGU="}}};
  EXPECT_EQ(download("hsm1", body).said(), "400 BadParameter") << "no certificate";
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/settings").said(), "403 Forbidden") << "still not activated";
}

TEST_F(Domains, AnUploadActivatesAFreshPoolWithTheSameSecrets) {
  const Json domain = Json::parse(download("hsm1").body["value"].get<std::string>());
  ASSERT_EQ(make_pool("hsm2").status, 200);
  EXPECT_EQ(upload("hsm2", domain).said(), "400 BadParameter") << "before its exchange key was asked for";
  const Json exchange = transfer_key("hsm2");
  EXPECT_EQ(transfer_key("hsm2"), exchange);
  EXPECT_EQ(upload("hsm2", domain).said(), "400 BadParameter") << "as it was downloaded";
  const Json blob = for_pool(domain, exchange);
  Json altered = blob;
  altered["EncData"]["data"][0]["tag"] = "freehold-backup";
  EXPECT_EQ(upload("hsm2", altered).said(), "400 BadParameter");
  EXPECT_EQ(upload("hsm2", blob).status, 202);
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm2", "/settings").status, 200);
  EXPECT_EQ(upload("hsm2", blob).said(), "409 Conflict");
}

TEST_F(Domains, WhoMayNotGetsNone) {
  EXPECT_EQ(ask_pool(friend_, Method::kPost, "hsm1", "/securitydomain/download", certificate_set()).said(),
            "403 Forbidden");
  EXPECT_EQ(ask_pool(friend_, Method::kGet, "hsm1", "/securitydomain/upload").said(), "403 Forbidden");
}

TEST_F(Domains, ASettingIsKept) {
  ASSERT_EQ(download("hsm1").status, 202);
  const std::string path = "/settings/AllowKeyManagementOperationsThroughARM";
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", path).body["value"], "false");
  EXPECT_EQ(ask_pool(owner_, Method::kPatch, "hsm1", path, {{"value", "true"}}).body["value"], "true");
  open();
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/settings").body["settings"][0]["value"], "true");
  EXPECT_EQ(ask_pool(owner_, Method::kPatch, "hsm1", path, {{"value", "perhaps"}}).said(), "400 BadParameter");
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/settings/Other").said(), "404 SettingNotFound");
}

// The two that make a key in software are refused before anything is made.
TEST_F(Domains, NoSoftwareKeyIsAPools) {
  ASSERT_EQ(download("hsm1").status, 202);
  ASSERT_EQ(assign(owner_, owner_, "21dbd100-6940-42c2-9190-5d6cb909625b", "/", "00000000-0000-0000-0000-000000000001")
                .status,
            201);
  EXPECT_EQ(ask_pool(owner_, Method::kPost, "hsm1", "/keys/k1/create", {{"kty", "RSA"}}).said(), "400 BadParameter");
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/keys").body["value"].size(), 0u);
  EXPECT_EQ(ask_pool(owner_, Method::kPost, "hsm1", "/rng", {{"count", 16}}).status, 200);
}

}  // namespace
}  // namespace freehold::vault
