// Keys of a premium vault that are in an HSM's token, as clients see them; and what is never seen of them.
#include "authz/vault_roles.h"
#include "base/encoding.h"
#include "base/testing/temporary_directory.h"
#include "crypto/hsm.h"
#include "crypto/key_certificate.h"
#include "keys/customer_keys.h"
#include "src/item_row.h"
#include "src/jwk.h"
#include "src/test_vault.h"
#include "src/vault_store.h"

namespace freehold::vault {
namespace {

using http::Method;

// One token for all tests of the process: making one takes a while.
class HsmKeys : public VaultTest {
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

  HsmKeys() {
    token_keys_ = tokens_.get();
    open();
    if (make_vault("vau1", {{"sku", {{"family", "A"}, {"name", "premium"}}}}).status != 200)
      ADD_FAILURE() << "no vault";
  }
  Answer create(const std::string& name, Json body) { return post("/keys/" + name + "/create", std::move(body)); }
  static std::string path_of(const Answer& answer) {
    const auto kid = answer.body["key"].value("kid", "");
    return kid.substr(kid.find("/keys/"));
  }
  static std::string digest(std::size_t bytes) { return to_base64url(Bytes(bytes, 'd')); }
  static crypto::JoseKey public_half(const Json& key) {
    const auto bytes = [&key](const char* name) { return from_base64url(key.value(name, "")).value_or(Bytes()); };
    if (key.contains("n")) return *crypto::JoseKey::from_public({.n = bytes("n"), .e = bytes("e")});
    return *crypto::JoseKey::from_public({.type = crypto::KeyType::kEc,
                                          .curve = *curve_named(key["crv"].get<std::string>()),
                                          .x = bytes("x"),
                                          .y = bytes("y")});
  }
  // The transfer blob of a vendor's tool, in base64url.
  std::string transfer(const Answer& exchange, const crypto::JoseKey& key) {
    const auto aes = *crypto::JoseKey::generate_oct(256, memory_.random);
    Bytes text = public_half(exchange.body["key"]).wrap(*crypto::find_algorithm("RSA-OAEP"), aes.secret()).value();
    text += aes.wrap(*crypto::find_algorithm("CKM_AES_KEY_WRAP_PAD"), key.pkcs8()).value();
    const Json blob = {
        {"schema_version", "1.0.0"},
        {"header", {{"kid", exchange.body["key"]["kid"]}, {"alg", "dir"}, {"enc", "CKM_RSA_AES_KEY_WRAP"}}},
        {"ciphertext", to_base64url(text)},
        {"generator", "a test"}};
    return to_base64url(blob.dump());
  }

  static inline std::unique_ptr<TemporaryDirectory> directory_;
  static inline std::unique_ptr<crypto::Hsm> hsm_;
  static inline std::unique_ptr<crypto::TokenKeys> tokens_;
};

TEST_F(HsmKeys, EachKindIsMadeAndSigns) {
  struct Case {
    Json key;
    std::string algorithm;
    std::size_t bytes;
  };
  const Case cases[] = {{{{"kty", "RSA-HSM"}}, "RS256", 32},
                        {{{"kty", "RSA-HSM"}, {"key_size", 3'072}}, "PS512", 64},
                        {{{"kty", "EC-HSM"}, {"crv", "P-256"}}, "ES256", 32},
                        {{{"kty", "EC-HSM"}, {"crv", "P-384"}}, "ES384", 48},
                        {{{"kty", "EC-HSM"}, {"crv", "P-521"}}, "ES512", 64},
                        {{{"kty", "EC-HSM"}, {"crv", "P-256K"}}, "ES256K", 32}};
  int n = 0;
  for (const auto& each : cases) {
    const auto made = create("k" + std::to_string(++n), each.key);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body["key"]["kty"], each.key["kty"]);
    for (const char* hidden : {"d", "p", "q", "k", "bits"}) EXPECT_FALSE(made.body["key"].contains(hidden));
    const auto path = path_of(made);
    EXPECT_EQ(get(path).body, made.body);
    const auto signature = post(path + "/sign", {{"alg", each.algorithm}, {"value", digest(each.bytes)}});
    ASSERT_EQ(signature.status, 200) << each.algorithm << signature.body;
    EXPECT_EQ(post(path + "/verify",
                   {{"alg", each.algorithm}, {"digest", digest(each.bytes)}, {"value", signature.body["value"]}})
                  .body["value"],
              true);
    EXPECT_TRUE(public_half(made.body["key"])
                    .verify(*crypto::find_algorithm(each.algorithm), Bytes(each.bytes, 'd'),
                            *from_base64url(signature.body["value"].get<std::string>()))
                    .value());
  }
}

TEST_F(HsmKeys, WhatIsEncryptedAndWrappedComesBack) {
  const auto path = path_of(create("k1", {{"kty", "RSA-HSM"}}));
  for (const std::string name : {"RSA1_5", "RSA-OAEP", "RSA-OAEP-256"}) {
    const auto text = post(path + "/encrypt", {{"alg", name}, {"value", digest(20)}});
    ASSERT_EQ(text.status, 200) << text.body;
    EXPECT_EQ(post(path + "/decrypt", {{"alg", name}, {"value", text.body["value"]}}).body["value"], digest(20));
    const auto wrapped = post(path + "/wrapkey", {{"alg", name}, {"value", digest(32)}});
    EXPECT_EQ(post(path + "/unwrapkey", {{"alg", name}, {"value", wrapped.body["value"]}}).body["value"], digest(32));
    EXPECT_EQ(post(path + "/decrypt", {{"alg", name}, {"value", digest(256)}}).said(), "400 BadParameter");
  }
}

TEST_F(HsmKeys, WhatAVaultDoesntHaveIsRefused) {
  EXPECT_EQ(create("k1", {{"kty", "oct-HSM"}}).inner(), "KeyTypeNotSupported");
  EXPECT_EQ(create("k1", {{"kty", "EC-HSM"}, {"key_ops", {"encrypt"}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "RSA"}, {"key_ops", {"import"}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "RSA-HSM"}, {"key_ops", {"import", "sign"}}}).said(), "400 BadParameter");
  ASSERT_EQ(make_vault("vau2").status, 200);
  const auto refused = call_as(owner_, Method::kPost, "vau2", "/keys/k1/create", {{"kty", "RSA-HSM"}});
  EXPECT_EQ(refused.said(), "400 BadParameter");
  EXPECT_EQ(refused.body["error"]["message"], "Hardware key operation not allowed on standard vault");
}

TEST_F(HsmKeys, WithoutATokenItIsUnavailableAndNothingElse) {
  const auto path = path_of(create("k1", {{"kty", "EC-HSM"}}));
  token_keys_ = nullptr;
  open();
  EXPECT_EQ(create("k2", {{"kty", "EC-HSM"}}).said(), "503 ServiceUnavailable");
  EXPECT_EQ(post(path + "/sign", {{"alg", "ES256"}, {"value", digest(32)}}).said(), "503 ServiceUnavailable");
  EXPECT_EQ(get(path).status, 200);
  EXPECT_EQ(create("k2", {{"kty", "EC"}}).status, 200);
}

TEST_F(HsmKeys, RotationDeletionAndBackupsKeepThem) {
  const auto first = create("k1", {{"kty", "RSA-HSM"}, {"tags", {{"a", "b"}}}});
  const auto text = post(path_of(first) + "/encrypt", {{"alg", "RSA-OAEP"}, {"value", digest(9)}});
  const Json back = {{"alg", "RSA-OAEP"}, {"value", text.body["value"]}};
  const auto second = post("/keys/k1/rotate");
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.body["key"]["kty"], "RSA-HSM");
  EXPECT_NE(second.body["key"]["n"], first.body["key"]["n"]);
  EXPECT_EQ(post(path_of(first) + "/decrypt", back).body["value"], digest(9));
  ASSERT_EQ(patch(path_of(first), {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(post(path_of(first) + "/decrypt", back).inner(), "KeyDisabled");
  ASSERT_EQ(patch(path_of(first), {{"attributes", {{"enabled", true}}}}).status, 200);
  const auto backup = post("/keys/k1/backup");
  ASSERT_EQ(backup.status, 200);
  ASSERT_EQ(remove("/keys/k1").status, 200);
  EXPECT_EQ(post(path_of(first) + "/decrypt", back).said(), "404 KeyNotFound");
  ASSERT_EQ(post("/deletedkeys/k1/recover").status, 200);
  EXPECT_EQ(post(path_of(first) + "/decrypt", back).body["value"], digest(9));
  ASSERT_EQ(remove("/keys/k1").status, 200);
  ASSERT_EQ(remove("/deletedkeys/k1").status, 204);
  ASSERT_EQ(post("/keys/restore", backup.body).status, 200);
  EXPECT_EQ(post(path_of(first) + "/decrypt", back).body["value"], digest(9));
  // Another vault of the subscription, and one that has no keys in an HSM.
  ASSERT_EQ(make_vault("vau2", {{"sku", {{"family", "A"}, {"name", "premium"}}}}).status, 200);
  ASSERT_EQ(make_vault("vau3").status, 200);
  ASSERT_EQ(call_as(owner_, Method::kPost, "vau2", "/keys/restore", backup.body).status, 200);
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau2", path_of(first) + "/decrypt", back).body["value"], digest(9));
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau3", "/keys/restore", backup.body).said(), "400 BadParameter");
  const auto again = call_as(owner_, Method::kPost, "vau2", "/keys/k1/backup");
  ASSERT_EQ(call_as(owner_, Method::kDelete, "vau2", "/keys/k1").status, 200);
  ASSERT_EQ(call_as(owner_, Method::kDelete, "vau2", "/deletedkeys/k1").status, 204);
  ASSERT_EQ(call_as(owner_, Method::kPost, "vau2", "/keys/restore", again.body).status, 200);
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau2", path_of(first) + "/decrypt", back).body["value"], digest(9));
}

TEST_F(HsmKeys, ABroughtKeyIsInTheTokenFromThenOn) {
  const auto software = *crypto::JoseKey::generate_rsa(2'048, 65'537);
  const auto hidden = software.hidden_numbers().value();
  Json jwk = show_jwk(software.numbers(), {"sign", "verify"});
  const std::pair<const char*, const Secret*> members[] = {{"d", &hidden.d},   {"p", &hidden.p},   {"q", &hidden.q},
                                                           {"dp", &hidden.dp}, {"dq", &hidden.dq}, {"qi", &hidden.qi}};
  for (const auto& [name, value] : members) jwk[name] = to_base64url(value->view());
  const auto taken = put("/keys/k1", {{"key", jwk}, {"Hsm", true}});
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_EQ(taken.body["key"]["kty"], "RSA-HSM");
  EXPECT_EQ(taken.body["key"]["n"], jwk["n"]);
  jwk["kty"] = "RSA-HSM";
  ASSERT_EQ(put("/keys/k2", {{"key", jwk}}).status, 200);
  const auto signature = post("/keys/k2//sign", {{"alg", "PS256"}, {"value", digest(32)}});
  EXPECT_TRUE(software
                  .verify(*crypto::find_algorithm("PS256"), Bytes(32, 'd'),
                          *from_base64url(signature.body["value"].get<std::string>()))
                  .value());
  // Nowhere in what is kept: the rows opened by the vault's own key, and nothing of the private numbers in them.
  const auto partition = service_->partitions().at(0);
  const auto page = run_blocking(memory_.engine->partitions().scan(partition, "a", "z", 100));
  EXPECT_GE(page->rows.size(), 4u);
  for (const auto& row : page->rows) {
    for (const auto& [name, value] : members) EXPECT_FALSE(row.value.contains(value->view().substr(0, 12))) << name;
  }
}

// The rows as they are below the vault's seal: a public half, and what only the token opens.
TEST_F(HsmKeys, BelowTheSealOfARowThereIsNoPrivateKey) {
  const auto made = create("k1", {{"kty", "RSA-HSM"}});
  const auto software = create("k2", {{"kty", "RSA"}});
  ASSERT_EQ(made.status, 200);
  VaultStore vaults(memory_.sealed(), wrapper_, *memory_.tree);
  ASSERT_TRUE(run_blocking(vaults.load()).has_value());
  const auto vault = vaults.find("vau1");
  ASSERT_TRUE(vault);
  const auto opened = [&](const std::string& name, const Answer& answer) {
    const auto path = path_of(answer);
    const Bytes key = version_key(ItemKind::kKey, name, path.substr(path.rfind('/') + 1));
    const auto row = run_blocking(memory_.engine->partitions().get(content_partition(tenant_, vault->id), key));
    auto content = decode_content(RowSeal(*vault).open(key, row->value())->view()).value();
    EXPECT_TRUE(open_material(content, run_blocking(memory_.tree->find(content.erasure)).value()));
    return content;
  };
  const auto kept = opened("k1", made);
  EXPECT_EQ(kept.protection, Protection::kToken);
  EXPECT_FALSE(crypto::JoseKey::from_secret(crypto::KeyType::kRsa, kept.material));
  // PKCS#1 and PKCS#8 begin with a sequence, and hold the modulus. Nothing here does.
  const auto modulus = *from_base64url(made.body["key"]["n"].get<std::string>());
  EXPECT_FALSE(kept.material.view().contains(modulus.substr(0, 16)));
  EXPECT_FALSE(kept.material.view().contains(BytesView("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9)));
  const auto plain = opened("k2", software);
  EXPECT_TRUE(crypto::JoseKey::from_secret(crypto::KeyType::kRsa, plain.material));
}

TEST_F(HsmKeys, AKeyComesWrappedForTheHsm) {
  const auto exchange = create("kek", {{"kty", "RSA-HSM"}, {"key_ops", {"import"}}});
  ASSERT_EQ(exchange.status, 200) << exchange.body;
  EXPECT_EQ(exchange.body["key"]["key_ops"], Json::array({"import"}));
  EXPECT_EQ(post("/keys/kek//sign", {{"alg", "RS256"}, {"value", digest(32)}}).inner(), "KeyOperationForbidden");
  EXPECT_EQ(post("/keys/kek//unwrapkey", {{"alg", "RSA-OAEP"}, {"value", digest(256)}}).inner(),
            "KeyOperationForbidden");
  EXPECT_EQ(patch("/keys/kek", {{"key_ops", {"unwrapKey"}}}).said(), "400 BadParameter");
  struct Case {
    crypto::JoseKey key;
    std::string kty;
    std::string algorithm;
  };
  const Case cases[] = {{*crypto::JoseKey::generate_rsa(2'048, 65'537), "RSA-HSM", "RS256"},
                        {*crypto::JoseKey::generate_ec(crypto::Curve::kP256), "EC-HSM", "ES256"}};
  for (const auto& each : cases) {
    const auto blob = transfer(exchange, each.key);
    const auto taken =
        put("/keys/byok", {{"key", {{"kty", each.kty}, {"key_hsm", blob}}}, {"attributes", {{"enabled", true}}}});
    ASSERT_EQ(taken.status, 200) << taken.body;
    const auto signature = post(path_of(taken) + "/sign", {{"alg", each.algorithm}, {"value", digest(32)}});
    ASSERT_EQ(signature.status, 200) << signature.body;
    EXPECT_TRUE(each.key
                    .verify(*crypto::find_algorithm(each.algorithm), Bytes(32, 'd'),
                            *from_base64url(signature.body["value"].get<std::string>()))
                    .value());
    const std::string other = each.kty == "RSA-HSM" ? "EC-HSM" : "RSA-HSM";
    EXPECT_EQ(put("/keys/wrong", {{"key", {{"kty", other}, {"key_hsm", blob}}}}).said(), "400 BadParameter");
    EXPECT_EQ(put("/keys/wrong", {{"key", {{"kty", "RSA"}, {"key_hsm", blob}}}}).said(), "400 BadParameter");
  }
  const auto plain = create("plain", {{"kty", "RSA-HSM"}});
  EXPECT_EQ(put("/keys/wrong", {{"key", {{"kty", "RSA-HSM"}, {"key_hsm", transfer(plain, cases[0].key)}}}}).inner(),
            "KeyOperationForbidden");
  auto altered = *from_base64url(transfer(exchange, cases[0].key));
  auto json = Json::parse(altered);
  auto text = *from_base64url(json["ciphertext"].get<std::string>());
  text[300] ^= 1;
  json["ciphertext"] = to_base64url(text);
  const auto put_blob = [&] {
    return put("/keys/wrong", {{"key", {{"kty", "RSA-HSM"}, {"key_hsm", to_base64url(json.dump())}}}}).said();
  };
  EXPECT_EQ(put_blob(), "400 BadParameter");
  json["header"]["enc"] = "none";
  EXPECT_EQ(put_blob(), "400 BadParameter");
  EXPECT_EQ(put("/keys/wrong", {{"key", {{"kty", "RSA-HSM"}, {"key_hsm", "bm8ganNvbg"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(get("/keys/wrong").status, 404);
}

// An account's key under a key in the HSM, as services hold them.
// None of the certificates' keys was ever outside the token; what is shown as a secret has no key in it.
TEST_F(HsmKeys, CertificatesHaveTheirKeysThere) {
  const auto make = [this](const std::string& name, Json more) {
    Json policy = {{"issuer", {{"name", "Self"}}},
                   {"key_props", {{"kty", "EC-HSM"}, {"crv", "P-384"}}},
                   {"secret_props", {{"contentType", "application/x-pem-file"}}},
                   {"x509_props", {{"subject", "CN=" + name}}}};
    policy.merge_patch(more);
    return post("/certificates/" + name + "/create", {{"policy", std::move(policy)}});
  };
  const auto der_of = [this](const std::string& name) {
    return *from_base64(get("/certificates/" + name).body["cer"].get<std::string>());
  };
  const auto half = [this](const std::string& name) { return public_half(get("/keys/" + name).body["key"]).numbers(); };
  EXPECT_EQ(make("bad", {{"key_props", {{"exportable", true}}}}).said(), "400 BadParameter");
  const Json ca = {{"x509_props", {{"basic_constraints", {{"ca", true}}}}}};
  ASSERT_EQ(make("root", ca).status, 202);
  EXPECT_TRUE(crypto::certifies(der_of("root"), half("root")));
  EXPECT_FALSE(get("/secrets/root").body["value"].get<std::string>().contains("PRIVATE"));

  // It signs others, of which one keeps its key.
  ASSERT_EQ(
      put("/certificates/issuers/own", {{"provider", "InternalCA"}, {"credentials", {{"account_id", "root"}}}}).status,
      200);
  const Json by_root = {{"issuer", {{"name", "own"}}}, {"key_props", {{"reuse_key", true}}}};
  ASSERT_EQ(make("leaf", by_root).status, 202);
  const auto first = get("/keys/leaf").body["key"];
  ASSERT_EQ(make("leaf", by_root).status, 202);
  EXPECT_EQ(get("/keys/leaf").body["key"]["x"], first["x"]);
  EXPECT_NE(get("/keys/leaf").body["key"]["kid"], first["kid"]);
  EXPECT_TRUE(crypto::certifies(der_of("leaf"), half("leaf")));
  const auto signature = post(path_of(get("/keys/leaf")) + "/sign", {{"alg", "ES384"}, {"value", digest(48)}});
  EXPECT_EQ(signature.status, 200) << signature.body;

  // Another authority signs it.
  const auto waits = make("merged", {{"issuer", {{"name", "Unknown"}}}});
  ASSERT_EQ(waits.status, 202) << waits.body;
  EXPECT_EQ(post("/certificates/merged/pending/merge", {{"x5c", {to_base64(der_of("leaf"))}}}).said(),
            "400 BadParameter");

  // It comes from outside, and goes to another vault with a backup.
  const auto brought = *crypto::JoseKey::generate_ec(crypto::Curve::kP384);
  const auto own = *crypto::self_signed(brought, {.subject = "CN=mine"}, memory_.clock.now(), memory_.random);
  const Json import = {{"value", crypto::write_pem({brought, own, {}}).view()},
                       {"policy", {{"key_props", {{"kty", "EC-HSM"}, {"exportable", false}}}}}};
  ASSERT_EQ(post("/certificates/brought/import", import).status, 200);
  EXPECT_EQ(get("/keys/brought").body["key"]["kty"], "EC-HSM");
  EXPECT_FALSE(get("/secrets/brought").body["value"].get<std::string>().contains("PRIVATE"));
  const auto backup = post("/certificates/brought/backup");
  ASSERT_EQ(make_vault("vau2", {{"sku", {{"family", "A"}, {"name", "premium"}}}}).status, 200);
  ASSERT_EQ(make_vault("vau3").status, 200);
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau3", "/certificates/restore", backup.body).said(), "400 BadParameter");
  ASSERT_EQ(call_as(owner_, Method::kPost, "vau2", "/certificates/restore", backup.body).status, 200);
  const auto there = call_as(owner_, Method::kGet, "vau2", "/keys/brought");
  const auto signed_there =
      call_as(owner_, Method::kPost, "vau2", path_of(there) + "/sign", {{"alg", "ES384"}, {"value", digest(48)}});
  ASSERT_EQ(signed_there.status, 200) << signed_there.body;
  EXPECT_TRUE(brought
                  .verify(*crypto::find_algorithm("ES384"), Bytes(48, 'd'),
                          *from_base64url(signed_there.body["value"].get<std::string>()))
                  .value());
}

TEST_F(HsmKeys, TheyHoldOtherServicesKeys) {
  ASSERT_EQ(
      make_vault("vau4", {{"sku", {{"family", "A"}, {"name", "premium"}}}, {"enablePurgeProtection", true}}).status,
      200);
  PrincipalId identity;
  identity.bytes.fill(0x1d);
  identities_.put({.tenant = tenant_, .object = identity});
  roles_.assign(tenant_, identity, gate::authz::roles::kKeyVaultCryptoServiceEncryptionUser);
  service_->serve(*pipeline_);
  ASSERT_EQ(call_as(owner_, Method::kPost, "vau4", "/keys/K1/create", {{"kty", "RSA-HSM"}}).status, 200);
  const keys::CustomerKey key{.tenant = tenant_, .identity = identity, .vault = "vau4", .name = "k1"};
  auto& held = service_->customer_keys();
  const auto wrapped = run_blocking(held.wrap(key, Secret(BytesView("an account's key")), "context"));
  ASSERT_TRUE(wrapped.has_value()) << wrapped.error().message;
  EXPECT_EQ(run_blocking(held.unwrap(key, *wrapped, "context"))->view(), "an account's key");
  EXPECT_FALSE(run_blocking(held.unwrap(key, *wrapped, "another")).has_value());
  ASSERT_EQ(call_as(owner_, Method::kPatch, "vau4", "/keys/k1", {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(run_blocking(held.unwrap(key, *wrapped, "context")).error().code, ErrorCode::kDenied);
}

}  // namespace
}  // namespace freehold::vault
