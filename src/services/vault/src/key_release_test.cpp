// Keys that may be released, and their release, as clients of a premium vault see it.
#include "authz/vault_roles.h"
#include "base/testing/temporary_directory.h"
#include "crypto/hsm.h"
#include "src/test_attestation.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

// One token for all tests of the process: making one takes a while.
class KeyRelease : public VaultTest {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TemporaryDirectory>();
    crypto::HsmConfig config;
    config.token_label = "freehold-test";
    config.softhsm_dir = *directory_ / "hsm";
    config.pin = Secret(BytesView("a pin for tests"));
    hsm_ = std::move(*crypto::open_hsm(std::move(config), true));
    crypto::TokenKeysConfig keys;
    keys.label = "vault-keys";
    keys.pin = Secret(BytesView("another pin"));
    tokens_ = std::move(*hsm_->open_keys(std::move(keys), true));
  }
  static void TearDownTestSuite() {
    tokens_.reset();
    hsm_.reset();
    directory_.reset();
  }

  KeyRelease() {
    token_keys_ = tokens_.get();
    authority_of_region_ = crypto::make_authority("A region", memory_.clock.now(), memory_.random).value();
    issuers_.push_back(attestation().issuer());
    open();
    if (make_vault("vau1", {{"sku", {{"family", "A"}, {"name", "premium"}}}}).status != 200)
      ADD_FAILURE() << "no vault";
  }
  static const TestAttestation& attestation() {
    static const TestAttestation one;
    return one;
  }
  static Json release_policy(const std::string& text = TestAttestation::policy(), bool immutable = false) {
    return {{"contentType", "application/json; charset=utf-8"}, {"data", to_base64url(text)}, {"immutable", immutable}};
  }
  static Json exportable(std::string_view kty = "EC-HSM", Json policy = release_policy()) {
    return {{"kty", kty}, {"attributes", {{"exportable", true}}}, {"release_policy", std::move(policy)}};
  }
  Answer create(const std::string& name, const Json& body) { return post("/keys/" + name + "/create", body); }
  std::string attested() { return attestation().token(attestation().claims(memory_.clock.now())); }
  Answer release(const std::string& name, Json more = Json::object()) {
    Json body = {{"target", attested()}};
    body.update(more);
    return post("/keys/" + name + "/release", body);
  }
  static Json payload_of(const Answer& answer) { return TestAttestation::payload_of(answer.body.value("value", "")); }
  static Secret opened(const Json& payload) { return attestation().opened(payload); }

  static inline std::unique_ptr<TemporaryDirectory> directory_;
  static inline std::unique_ptr<crypto::Hsm> hsm_;
  static inline std::unique_ptr<crypto::TokenKeys> tokens_;
};

TEST_F(KeyRelease, AnAttestedEnvironmentGetsTheKey) {
  const auto software = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto hidden = software.hidden_numbers().value();
  Json jwk = show_jwk(software.numbers(), {"sign", "verify", "export"});
  jwk["kty"] = "EC-HSM";
  jwk["d"] = to_base64url(hidden.d.view());
  const auto made =
      put("/keys/k1", {{"key", jwk}, {"attributes", {{"exportable", true}}}, {"release_policy", release_policy()}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body["attributes"]["exportable"], true);
  EXPECT_EQ(made.body["release_policy"], release_policy());
  EXPECT_FALSE(made.body["key"].contains("release_policy"));
  const auto answer = release("k1", {{"nonce", "once"}, {"enc", "CKM_RSA_AES_KEY_WRAP"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto payload = payload_of(answer);
  EXPECT_EQ(payload["request"], (Json{{"api-version", "7.4"},
                                      {"enc", "CKM_RSA_AES_KEY_WRAP"},
                                      {"kid", "https://vau1.vault.cloud.test:8443/keys/k1"},
                                      {"nonce", "once"}}));
  auto shown = payload["response"]["key"];
  shown["key"].erase("key_hsm");
  EXPECT_EQ(shown, made.body);
  EXPECT_TRUE(opened(payload).view().contains(hidden.d.view()));
  const auto record = log_.take_entries().back().record;
  EXPECT_EQ(record.operation, "Release");
}

TEST_F(KeyRelease, TheAnswerIsSignedByTheRegion) {
  ASSERT_EQ(create("k1", exportable()).status, 200);
  const auto answer = release("k1");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto token = crypto::parse_jwt(answer.body["value"].get<std::string>());
  ASSERT_TRUE(token.has_value());
  const auto header = Json::parse(*from_base64url(token->signed_part.substr(0, token->signed_part.find('.'))));
  ASSERT_EQ(header["x5c"].size(), 2U);
  const Json set = {{"keys", {{{"kty", "RSA"}, {"kid", "k"}, {"x5c", header["x5c"]}}}}};
  EXPECT_TRUE(verify_by(*token, crypto::read_verification_keys(set.dump())->front()));
  EXPECT_EQ(release("k1").status, 200);
  EXPECT_EQ(post("/keys/k1//release", {{"target", attested()}}).status, 200);
}

TEST_F(KeyRelease, EveryRefusalOfAnAttestationReadsTheSame) {
  ASSERT_EQ(create("k1", exportable()).status, 200);
  auto insecure = attestation().claims(memory_.clock.now());
  insecure["secure"] = false;
  auto over = attestation().claims(memory_.clock.now());
  over["exp"] = 1'000;
  std::string text;
  for (const std::string& target :
       {attestation().token(insecure), attestation().token(over),
        TestAttestation().token(attestation().claims(memory_.clock.now())), std::string("no token")}) {
    const auto refused = release("k1", {{"target", target}});
    EXPECT_EQ(refused.said(), "403 Forbidden");
    EXPECT_EQ(refused.body["error"]["innererror"]["code"], "AccessDenied");
    EXPECT_EQ(refused.body["error"]["message"], "Target environment attestation statement cannot be verified.");
    if (text.empty()) text = refused.body.dump();
    EXPECT_EQ(refused.body.dump(), text);
    const auto record = log_.take_entries().back().record;
    EXPECT_EQ(record.operation, "Release");
    EXPECT_EQ(record.status, 403);
  }
  EXPECT_EQ(post("/keys/k1/release", Json::object()).said(), "400 BadParameter");
  EXPECT_EQ(release("k1", {{"enc", "RSA1_5"}}).said(), "400 BadParameter");
  EXPECT_EQ(release("k1", {{"target", std::string(20'000, 'a')}}).said(), "400 BadParameter");
  EXPECT_EQ(release("k2").said(), "404 KeyNotFound");
  // SoftHSM2's RSA-OAEP has SHA-1 alone.
  EXPECT_EQ(release("k1", {{"enc", "RSA_AES_KEY_WRAP_384"}}).said(), "501 NotImplemented");
}

TEST_F(KeyRelease, OnlyKeysThatWereMadeForItAreReleased) {
  ASSERT_EQ(create("k1", {{"kty", "EC-HSM"}}).status, 200);
  EXPECT_EQ(release("k1").said(), "403 Forbidden");
  ASSERT_EQ(create("k2", exportable()).status, 200);
  ASSERT_EQ(patch("/keys/k2", {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(release("k2").body["error"]["innererror"]["code"], "KeyDisabled");
  EXPECT_EQ(call_as(friend_, http::Method::kPost, "vau1", "/keys/k2/release", {{"target", attested()}}).status, 403);
  roles_.assign(tenant_, friend_, gate::authz::roles::kKeyVaultCryptoServiceReleaseUser);
  ASSERT_EQ(patch("/keys/k2", {{"attributes", {{"enabled", true}}}}).status, 200);
  EXPECT_EQ(call_as(friend_, http::Method::kPost, "vau1", "/keys/k2/release", {{"target", attested()}}).status, 200);
  EXPECT_EQ(call_as(friend_, http::Method::kGet, "vau1", "/keys/k2").status, 403);
}

TEST_F(KeyRelease, WhatIsExportableIsInAnHsmAndHasAPolicy) {
  const auto says = [](const Answer& answer) { return answer.body["error"].value("message", "").substr(0, 13); };
  EXPECT_EQ(says(create("k1", {{"kty", "EC-HSM"}, {"attributes", {{"exportable", true}}}})), "AKV.SKR.1004:");
  EXPECT_EQ(says(create("k1", {{"kty", "EC-HSM"}, {"release_policy", release_policy()}})), "AKV.SKR.1005:");
  EXPECT_EQ(says(create("k1", exportable("EC"))), "AKV.SKR.1006:");
  EXPECT_EQ(create("k1", exportable("EC-HSM", release_policy("{}"))).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", exportable("EC-HSM", {{"data", "!"}})).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "EC-HSM"}, {"key_ops", {"sign", "export"}}}).said(), "400 BadParameter");
  ASSERT_EQ(make_vault("vau2").status, 200);
  EXPECT_EQ(says(call_as(owner_, http::Method::kPost, "vau2", "/keys/k1/create", exportable())), "AKV.SKR.1001:");
  ASSERT_EQ(create("k1", exportable()).status, 200);
  EXPECT_EQ(says(create("k1", {{"kty", "EC-HSM"}})), "AKV.SKR.1003:");
  EXPECT_EQ(says(patch("/keys/k1", {{"attributes", {{"exportable", false}}}})), "AKV.SKR.1003:");
}

TEST_F(KeyRelease, APolicyIsTheKeysAndImmutableForGood) {
  const auto says = [](const Answer& answer) { return answer.body["error"].value("message", "").substr(0, 13); };
  const auto first = create("k1", exportable());
  ASSERT_EQ(first.status, 200);
  const auto kid = first.body["key"].value("kid", "");
  const auto path = kid.substr(kid.find("/keys/"));
  const auto other = release_policy(TestAttestation::policy("tdxvm"), true);
  EXPECT_EQ(says(patch(path, {{"release_policy", other}})), "AKV.SKR.1016:");
  ASSERT_EQ(post("/keys/k1/rotate").status, 200);
  EXPECT_EQ(get("/keys/k1").body["release_policy"], release_policy());
  EXPECT_EQ(get("/keys/k1").body["attributes"]["exportable"], true);
  EXPECT_EQ(release("k1").status, 200);
  ASSERT_EQ(patch("/keys/k1", {{"release_policy", other}}).status, 200);
  EXPECT_EQ(get(path).body["release_policy"], other);
  EXPECT_EQ(release("k1").status, 403);
  EXPECT_EQ(post(path + "/release", {{"target", attested()}}).status, 403);
  EXPECT_EQ(says(patch("/keys/k1", {{"release_policy", release_policy()}})), "AKV.SKR.1020:");
  EXPECT_EQ(says(create("k1", exportable())), "AKV.SKR.1020:");
  EXPECT_EQ(create("k1", exportable("EC-HSM", other)).status, 200);
}

TEST_F(KeyRelease, ABackupTakesItAlong) {
  ASSERT_EQ(create("k1", exportable("RSA-HSM")).status, 200);
  const auto backup = post("/keys/k1/backup");
  ASSERT_EQ(make_vault("vau2", {{"sku", {{"family", "A"}, {"name", "premium"}}}}).status, 200);
  ASSERT_EQ(call_as(owner_, http::Method::kPost, "vau2", "/keys/restore", {{"value", backup.body["value"]}}).status,
            200);
  const auto released = call_as(owner_, http::Method::kPost, "vau2", "/keys/k1/release", {{"target", attested()}});
  ASSERT_EQ(released.status, 200) << released.body;
  EXPECT_FALSE(opened(payload_of(released)).empty());
}

}  // namespace
}  // namespace freehold::vault
