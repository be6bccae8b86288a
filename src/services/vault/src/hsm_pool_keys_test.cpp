// Keys in Managed HSM pools: made and used in the pool's own token, and opened by no other but one of the same domain.
#include <filesystem>

#include "src/test_attestation.h"
#include "src/test_domain.h"

namespace freehold::vault {
namespace {

using http::Method;

class PoolKeys : public DomainTest {
 protected:
  PoolKeys() {
    if (make_pool("hsm1").status != 200) ADD_FAILURE() << "no pool";
    domain_ = Json::parse(download("hsm1").body["value"].get<std::string>());
    may_use_keys("hsm1");
  }
  void may_use_keys(const std::string& pool) {
    const Json body = {{"properties",
                        {{"principalId", to_string(owner_)},
                         {"roleDefinitionId", std::string(kRoles) + "21dbd100-6940-42c2-9190-5d6cb909625b"}}}};
    const auto path = assignment_path("", "00000000-0000-0000-0000-000000000001");
    EXPECT_EQ(ask_pool(owner_, Method::kPut, pool, path, body).status, 201);
  }
  // A fresh pool with the domain of the first one.
  void make_sibling(const std::string& name) {
    ASSERT_EQ(make_pool(name).status, 200);
    const auto exchange = ask_pool(owner_, Method::kGet, name, "/securitydomain/upload");
    const Json blob = for_pool(domain_, Json::parse(exchange.body["transfer_key"].get<std::string>()));
    ASSERT_EQ(ask_pool(owner_, Method::kPost, name, "/securitydomain/upload", {{"value", blob.dump()}}).status, 202);
    may_use_keys(name);
  }
  Answer post(const std::string& pool, const std::string& path, const Json& body = Json::object()) {
    return ask_pool(owner_, Method::kPost, pool, path, body);
  }
  Json domain_;
};

TEST_F(PoolKeys, EachKindIsMadeUsedAndThereAfterARestart) {
  struct Case {
    Json key;
    std::string algorithm;
    std::size_t bytes;
  };
  const Case cases[] = {{{{"kty", "RSA-HSM"}}, "PS256", 32}, {{{"kty", "EC-HSM"}, {"crv", "P-256"}}, "ES256", 32}};
  int n = 0;
  for (const auto& each : cases) {
    const std::string path = "/keys/k" + std::to_string(++n);
    const auto made = post("hsm1", path + "/create", each.key);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["key"]["kty"], each.key["kty"]);
    EXPECT_TRUE(
        made.body["key"]["kid"].get<std::string>().starts_with("https://hsm1.managedhsm.cloud.test:8443/keys/"));
    const std::string digest = to_base64url(Bytes(each.bytes, 'd'));
    open();
    const auto signature = post("hsm1", path + "//sign", {{"alg", each.algorithm}, {"value", digest}});
    ASSERT_EQ(signature.status, 200) << signature.body;
    const auto verified = post("hsm1", path + "//verify",
                               {{"alg", each.algorithm}, {"digest", digest}, {"value", signature.body["value"]}});
    EXPECT_EQ(verified.body["value"], true);
  }
}

TEST_F(PoolKeys, ASymmetricKeyEncryptsInTheToken) {
  const auto made = post("hsm1", "/keys/aes/create", {{"kty", "oct-HSM"}, {"key_size", 256}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_FALSE(made.body["key"].contains("k"));
  const auto sealed = post("hsm1", "/keys/aes//encrypt",
                           {{"alg", "A256GCM"}, {"value", to_base64url("text")}, {"aad", to_base64url("place")}});
  ASSERT_EQ(sealed.status, 200) << sealed.body;
  const auto opened = post("hsm1", "/keys/aes//decrypt",
                           {{"alg", "A256GCM"},
                            {"value", sealed.body["value"]},
                            {"iv", sealed.body["iv"]},
                            {"tag", sealed.body["tag"]},
                            {"aad", to_base64url("place")}});
  EXPECT_EQ(opened.body["value"], to_base64url("text"));
}

TEST_F(PoolKeys, ABackupOpensInAPoolOfTheSameDomainAlone) {
  ASSERT_EQ(post("hsm1", "/keys/k1/create", {{"kty", "EC-HSM"}}).status, 200);
  const std::string digest = to_base64url(Bytes(32, 'd'));
  const auto signature = post("hsm1", "/keys/k1//sign", {{"alg", "ES256"}, {"value", digest}});
  const auto backup = post("hsm1", "/keys/k1/backup");
  ASSERT_EQ(backup.status, 200) << backup.body;
  make_sibling("hsm2");
  const auto restored = post("hsm2", "/keys/restore", {{"value", backup.body["value"]}});
  ASSERT_EQ(restored.status, 200) << restored.body;
  EXPECT_EQ(post("hsm2", "/keys/k1//sign", {{"alg", "ES256"}, {"value", digest}}).status, 200);
  const auto verified =
      post("hsm2", "/keys/k1//verify", {{"alg", "ES256"}, {"digest", digest}, {"value", signature.body["value"]}});
  EXPECT_EQ(verified.body["value"], true);
  ASSERT_EQ(make_pool("hsm3").status, 200);
  ASSERT_EQ(download("hsm3").status, 202);
  may_use_keys("hsm3");
  EXPECT_EQ(post("hsm3", "/keys/restore", {{"value", backup.body["value"]}}).said(), "400 BadParameter");
}

TEST_F(PoolKeys, TheResourceManagerMakesKeysWhereThePoolLetsIt) {
  auto& keys = *registry_->find("Microsoft.KeyVault/managedHSMs/keys")->behind;
  const auto put = [&](const std::string& kty) {
    gate::resource::ProposedChange change{.kind = ChangeKind::kPut,
                                          .id = id_of("managedHSMs/hsm1/keys/k1"),
                                          .api_version = "2022-07-01",
                                          .after = {{"properties", {{"kty", kty}}}},
                                          .caller = caller()};
    return managed(run_blocking(keys.put(std::move(*registry_->checks().approve(std::move(change))))));
  };
  EXPECT_EQ(put("EC-HSM").said(), "403 Forbidden");
  const std::string setting = "/settings/AllowKeyManagementOperationsThroughARM";
  ASSERT_EQ(ask_pool(owner_, Method::kPatch, "hsm1", setting, {{"value", "true"}}).status, 200);
  EXPECT_EQ(put("EC").said(), "400 BadRequest");
  const auto made = put("EC-HSM");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body["type"], "Microsoft.KeyVault/managedHSMs/keys");
  EXPECT_EQ(ask_pool(owner_, Method::kGet, "hsm1", "/keys/k1").body["key"]["kty"], "EC-HSM");
}

// Made in one pool of a domain, released by another: what a backup takes along opens there.
TEST_F(PoolKeys, AnExportableKeyIsReleasedByAPoolOfItsDomain) {
  const TestAttestation attestation;
  issuers_.push_back(attestation.issuer());
  authority_of_region_ = crypto::make_authority("A region", memory_.clock.now(), memory_.random).value();
  open();
  make_sibling("hsm2");
  const Json policy = {{"data", to_base64url(TestAttestation::policy())}};
  const Json target = {{"target", attestation.token(attestation.claims(memory_.clock.now()))}};
  for (const std::string kty : {"oct-HSM", "EC-HSM"}) {
    const std::string path = "/keys/" + kty.substr(0, 2);
    const Json body = {{"kty", kty}, {"attributes", {{"exportable", true}}}, {"release_policy", policy}};
    ASSERT_EQ(post("hsm1", path + "/create", body).status, 200);
    const auto first = post("hsm1", path + "/release", target);
    ASSERT_EQ(first.status, 200) << first.body;
    const auto backup = post("hsm1", path + "/backup");
    ASSERT_EQ(post("hsm2", "/keys/restore", {{"value", backup.body["value"]}}).status, 200);
    const auto second = post("hsm2", path + "/release", target);
    ASSERT_EQ(second.status, 200) << second.body;
    const auto opened = [&](const Answer& answer) {
      return attestation.opened(TestAttestation::payload_of(answer.body.value("value", "")));
    };
    EXPECT_EQ(opened(first).view(), opened(second).view());
    if (kty == "oct-HSM") EXPECT_EQ(opened(first).size(), 32U);
  }
}

TEST_F(PoolKeys, AVaultsBackupIsNoPoolsKey) {
  ASSERT_EQ(make_vault("vau1").status, 200);
  ASSERT_EQ(VaultTest::post("/keys/k1/create", {{"kty", "EC"}}).status, 200);
  const auto backup = VaultTest::post("/keys/k1/backup");
  EXPECT_EQ(post("hsm1", "/keys/restore", {{"value", backup.body["value"]}}).said(), "400 BadParameter");
}

TEST_F(PoolKeys, APurgedPoolsTokenIsGone) {
  ASSERT_EQ(post("hsm1", "/keys/k1/create", {{"kty", "EC-HSM"}}).status, 200);
  const auto tokens = [&] {
    std::size_t count = 0;
    for (const auto& each : std::filesystem::directory_iterator(std::filesystem::path(*directory_ / "hsm") / "more")) {
      count += each.path().filename().string().starts_with("pool-") ? 1u : 0u;
    }
    return count;
  };
  const auto before = tokens();
  ASSERT_EQ(write_pool(ChangeKind::kDelete, "hsm1", nullptr).status, 200);
  EXPECT_EQ(tokens(), before) << "it can come back";
  ASSERT_EQ(act_on_pools("locations/{location}/deletedManagedHSMs/{name}/purge", deleted_pool("hsm1")).status, 202);
  EXPECT_EQ(tokens(), before - 1);
}

}  // namespace
}  // namespace freehold::vault
