// Certificates as clients of a vault see them, with the keys and secrets that come with them.
#include "base/encoding.h"
#include "crypto/key_certificate.h"
#include "src/test_elsewhere.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

class Certificates : public VaultTest {
 protected:
  Certificates() {
    if (make_vault("vau1").status != 200) ADD_FAILURE() << "no vault";
  }
  static Json policy(Json more = Json::object()) {
    Json out = {{"issuer", {{"name", "Self"}}},
                {"key_props", {{"kty", "EC"}, {"crv", "P-256"}}},
                {"x509_props", {{"subject", "CN=example.test"}, {"sans", {{"dns_names", {"example.test"}}}}}}};
    out.merge_patch(more);
    return out;
  }
  Answer create(const std::string& name, Json more = Json::object()) {
    return post("/certificates/" + name + "/create", {{"policy", policy(std::move(more))}, {"tags", {{"a", "b"}}}});
  }
  static std::string path_of(const std::string& id) { return id.substr(id.find('/', 8)); }
  Answer merge(const std::string& name, const std::string& csr) {
    const auto made = signed_elsewhere(csr, 12, memory_.clock.now(), memory_.random);
    return post("/certificates/" + name + "/pending/merge", {{"x5c", {to_base64(made)}}});
  }
};

TEST_F(Certificates, OneComesWithItsKeyAndItsSecret) {
  const auto made = create("c1");
  ASSERT_EQ(made.status, 202) << made.body;
  EXPECT_EQ(made.body["status"], "completed");
  EXPECT_EQ(get("/certificates/c1/pending").body["target"], "https://vau1.vault.cloud.test:8443/certificates/c1");
  const auto shown = get("/certificates/c1");
  ASSERT_EQ(shown.status, 200) << shown.body;
  const auto der = from_base64(shown.body["cer"].get<std::string>());
  ASSERT_TRUE(der);
  const auto facts = crypto::certificate_facts(*der);
  ASSERT_TRUE(facts);
  EXPECT_EQ(shown.body["x5t"], to_base64url(facts->sha1));
  EXPECT_EQ(shown.body["policy"]["x509_props"]["validity_months"], 12);
  const auto key = get(path_of(shown.body["kid"].get<std::string>()));
  EXPECT_EQ(key.body["managed"], true);
  EXPECT_EQ(key.body["key"]["crv"], "P-256");
  const auto secret = get(path_of(shown.body["sid"].get<std::string>()));
  EXPECT_EQ(secret.body["contentType"], "application/x-pkcs12");
  EXPECT_EQ(secret.body["managed"], true);
  const auto bundle = crypto::read_pfx(*from_base64(secret.body["value"].get<std::string>()), Secret());
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->certificate, *der);
  EXPECT_EQ(key.body["key"]["x"], to_base64url(bundle->key.numbers().x));
}

TEST_F(Certificates, WhatIsNoPolicyIsRefused) {
  EXPECT_EQ(post("/certificates/c1/create", Json::object()).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"issuer", {{"name", "DigiCert"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"x509_props", {{"subject", "nothing"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"key_props", {{"kty", "RSA-HSM"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"x509_props", {{"key_usage", {"keyCertSign"}}}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"key_props", {{"kty", "oct"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("c1", {{"x509_props", {{"validity_months", 0}}}}).said(), "400 BadParameter");
  EXPECT_EQ(get("/certificates/c1").said(), "404 CertificateNotFound");
}

TEST_F(Certificates, PemAndPfxAreImported) {
  const auto key = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto der = *crypto::self_signed(key, {.subject = "CN=mine"}, memory_.clock.now(), memory_.random);
  const crypto::CertificateBundle bundle{key, der, {}};
  const auto pem = post("/certificates/p1/import", {{"value", crypto::write_pem(bundle).view()}});
  ASSERT_EQ(pem.status, 200) << pem.body;
  EXPECT_EQ(pem.body["cer"], to_base64(der));
  EXPECT_EQ(get("/secrets/p1").body["contentType"], "application/x-pem-file");
  const auto pfx = post("/certificates/p2/import", {{"value", to_base64(crypto::write_pfx(bundle).view())}});
  ASSERT_EQ(pfx.status, 200) << pfx.body;
  EXPECT_EQ(pfx.body["policy"]["x509_props"]["subject"], "CN=mine");
  EXPECT_EQ(pfx.body["x5t"], pem.body["x5t"]);
  EXPECT_EQ(post("/certificates/p3/import", {{"value", "AAAA"}}).said(), "400 BadParameter");
}

TEST_F(Certificates, AnotherAuthoritySignsWhatWaits) {
  const auto asked = create("c1", {{"issuer", {{"name", "Unknown"}}}});
  ASSERT_EQ(asked.status, 202) << asked.body;
  EXPECT_EQ(asked.body["status"], "inProgress");
  EXPECT_EQ(get("/certificates/c1/pending").body["csr"], asked.body["csr"]);
  EXPECT_EQ(get("/certificates/c1").body["attributes"]["enabled"], false);
  EXPECT_EQ(get("/certificates").body["value"].size(), 0u);
  EXPECT_EQ(create("c1", {{"issuer", {{"name", "Unknown"}}}}).said(), "409 Conflict");
  const auto other = *crypto::self_signed(*crypto::JoseKey::generate_ec(crypto::Curve::kP256), {.subject = "CN=other"},
                                          memory_.clock.now(), memory_.random);
  EXPECT_EQ(post("/certificates/c1/pending/merge", {{"x5c", {to_base64(other)}}}).said(), "400 BadParameter");
  EXPECT_EQ(post("/certificates/c1/pending/merge", {{"x5c", {"AAAA"}}}).said(), "400 BadParameter");
  EXPECT_EQ(remove("/certificates/c1/pending").status, 200);
  EXPECT_EQ(get("/certificates/c1/pending").status, 404);
  EXPECT_EQ(create("c1", {{"issuer", {{"name", "Unknown"}}}}).status, 202);
}

TEST_F(Certificates, WhatAnotherAuthoritySignedHasTheKeyThatWaited) {
  ASSERT_EQ(create("c1", {{"issuer", {{"name", "Unknown"}}}}).status, 202);
  const auto csr = get("/certificates/c1/pending").body["csr"].get<std::string>();
  const auto merged = merge("c1", csr);
  ASSERT_EQ(merged.status, 201) << merged.body;
  EXPECT_EQ(merged.body["tags"], Json({{"a", "b"}}));
  EXPECT_EQ(get("/certificates/c1/pending").body["status"], "completed");
  EXPECT_EQ(merge("c1", csr).said(), "404 CertificateNotFound");
  // Nothing of the request is left, and all of the certificate is there.
  const auto kid = get("/certificates/c1").body["kid"].get<std::string>();
  const Json digest = {{"alg", "ES256"}, {"value", to_base64url(Bytes(32, 'd'))}};
  EXPECT_EQ(post(path_of(kid) + "/sign", digest).status, 200);
  EXPECT_EQ(get(path_of(merged.body["sid"].get<std::string>())).status, 200);
  EXPECT_EQ(post("/certificates/c1/backup").status, 200);
  open();
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(post(path_of(kid) + "/sign", digest).status, 200);
  EXPECT_EQ(create("c1", {{"issuer", {{"name", "Unknown"}}}}).status, 202);
}

TEST_F(Certificates, WhatWaitsCanBeCancelled) {
  const Json unknown = {{"issuer", {{"name", "Unknown"}}}};
  create("c1", unknown);
  const Json cancel = {{"cancellation_requested", true}};
  const auto cancelled = patch("/certificates/c1/pending", cancel);
  ASSERT_EQ(cancelled.status, 200) << cancelled.body;
  EXPECT_EQ(cancelled.body["status"], "cancelled");
  EXPECT_EQ(get("/certificates/c1/pending").body, cancelled.body);
  const auto other = *crypto::self_signed(*crypto::JoseKey::generate_ec(crypto::Curve::kP256), {.subject = "CN=other"},
                                          memory_.clock.now(), memory_.random);
  EXPECT_EQ(post("/certificates/c1/pending/merge", {{"x5c", {to_base64(other)}}}).said(), "400 BadParameter");
  EXPECT_EQ(remove("/certificates/c1/pending").status, 200);
  EXPECT_EQ(patch("/certificates/c1/pending", cancel).said(), "404 CertificateNotFound");
  create("c2");
  EXPECT_EQ(patch("/certificates/c2/pending", cancel).said(), "400 BadParameter");
}

TEST_F(Certificates, AKeyThatCantBeExportedIsInNoSecret) {
  const Json kept = {{"exportable", false}};
  ASSERT_EQ(create("c1", {{"key_props", kept}}).status, 202);
  const auto pfx = get("/secrets/c1").body["value"].get<std::string>();
  EXPECT_FALSE(crypto::read_pfx(*from_base64(pfx), Secret()));
  ASSERT_EQ(create("c2", {{"key_props", kept}, {"secret_props", {{"contentType", "application/x-pem-file"}}}}).status,
            202);
  const auto pem = get("/secrets/c2").body["value"].get<std::string>();
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_FALSE(pem.contains("PRIVATE"));
  const auto kid = get("/certificates/c1").body["kid"].get<std::string>();
  EXPECT_EQ(post(path_of(kid) + "/sign", {{"alg", "ES256"}, {"value", to_base64url(Bytes(32, 'd'))}}).status, 200);

  const auto key = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto der = *crypto::self_signed(key, {.subject = "CN=mine"}, memory_.clock.now(), memory_.random);
  const auto imports = [&](Json props) {
    return post("/certificates/p1/import",
                {{"value", crypto::write_pem({key, der, {}}).view()}, {"policy", {{"key_props", std::move(props)}}}});
  };
  EXPECT_EQ(imports({{"kty", "RSA"}}).said(), "400 BadParameter");
  EXPECT_EQ(imports({{"kty", "EC-HSM"}}).said(), "400 BadParameter");  // a standard vault
  ASSERT_EQ(imports(kept).status, 200);
  EXPECT_FALSE(get("/secrets/p1").body["value"].get<std::string>().contains("PRIVATE"));
}

TEST_F(Certificates, AKeyIsReusedIfThePolicySaysSo) {
  create("c1", {{"key_props", {{"reuse_key", true}}}});
  const auto first = get("/keys/c1").body["key"];
  create("c1", {{"key_props", {{"reuse_key", true}}}});
  const auto second = get("/keys/c1").body["key"];
  EXPECT_NE(second["kid"], first["kid"]);
  EXPECT_EQ(second["x"], first["x"]);
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
  create("c1");
  EXPECT_NE(get("/keys/c1").body["key"]["x"], first["x"]);
}

// It would leave by way of its next version.
TEST_F(Certificates, AKeyThatStaysIsNotReusedAsOneThatLeaves) {
  const Json stays = {{"exportable", false}, {"reuse_key", true}};
  const Json leaves = {{"exportable", true}, {"reuse_key", true}};
  for (const std::string type : {"application/x-pem-file", "application/x-pkcs12"}) {
    const Json secret = {{"contentType", type}};
    const std::string name = type.ends_with("12") ? "pfx" : "pem";
    ASSERT_EQ(create(name, {{"key_props", stays}, {"secret_props", secret}}).status, 202);
    const auto first = get("/keys/" + name).body["key"]["x"];
    ASSERT_EQ(create(name, {{"key_props", stays}, {"secret_props", secret}}).status, 202);
    EXPECT_EQ(get("/keys/" + name).body["key"]["x"], first);
    ASSERT_EQ(create(name, {{"key_props", leaves}, {"secret_props", secret}}).status, 202);
    const auto second = get("/keys/" + name).body["key"]["x"];
    EXPECT_NE(second, first);
    ASSERT_EQ(create(name, {{"key_props", leaves}, {"secret_props", secret}}).status, 202);
    EXPECT_EQ(get("/keys/" + name).body["key"]["x"], second);
    ASSERT_EQ(create(name, {{"key_props", stays}, {"secret_props", secret}}).status, 202);
    EXPECT_EQ(get("/keys/" + name).body["key"]["x"], second);
  }
  ASSERT_EQ(create("c1", {{"key_props", stays}}).status, 202);
  const auto first = get("/keys/c1").body["key"]["x"];
  ASSERT_EQ(patch("/certificates/c1/policy", {{"key_props", leaves}}).status, 200);
  memory_.clock.advance(std::chrono::hours(24 * 300));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
  EXPECT_NE(get("/keys/c1").body["key"]["x"], first);
}

// The policy would say what it isn't, to whom it may concern.
TEST_F(Certificates, AKeyOfAnotherKindIsNotReused) {
  create("c1", {{"key_props", {{"reuse_key", true}}}});
  create("c1", {{"key_props", {{"reuse_key", true}, {"crv", "P-384"}}}});
  EXPECT_EQ(get("/keys/c1").body["key"]["crv"], "P-384");
  create("c1", {{"key_props", {{"reuse_key", true}, {"kty", "RSA"}, {"crv", nullptr}}}});
  EXPECT_EQ(get("/keys/c1").body["key"]["kty"], "RSA");
}

TEST_F(Certificates, AllThreeGoAndComeTogether) {
  create("c1");
  EXPECT_EQ(remove("/keys/c1").said(), "400 BadParameter");
  EXPECT_EQ(remove("/secrets/c1").said(), "400 BadParameter");
  EXPECT_EQ(put("/secrets/c1", {{"value", "x"}}).said(), "400 BadParameter");
  EXPECT_EQ(post("/keys/c1/rotate").said(), "400 BadParameter");
  ASSERT_EQ(remove("/certificates/c1").status, 200);
  EXPECT_EQ(get("/keys/c1").status, 404);
  EXPECT_EQ(get("/secrets/c1").status, 404);
  EXPECT_EQ(create("c1").inner(), "ObjectIsDeletedButRecoverable");
  EXPECT_EQ(post("/deletedkeys/c1/recover").said(), "400 BadParameter");
  EXPECT_EQ(get("/deletedcertificates/c1").status, 200);
  ASSERT_EQ(post("/deletedcertificates/c1/recover").status, 200);
  EXPECT_EQ(get("/secrets/c1").status, 200);
  ASSERT_EQ(remove("/certificates/c1").status, 200);
  ASSERT_EQ(remove("/deletedcertificates/c1").status, 204);
  EXPECT_EQ(get("/deletedkeys/c1").status, 404);
  EXPECT_EQ(create("c1").status, 202);
  put("/secrets/s1", {{"value", "x"}});
  EXPECT_EQ(create("s1").said(), "409 Conflict");
}

TEST_F(Certificates, ABackupBringsAllThreeBack) {
  create("c1");
  create("c1");
  const auto before = get("/certificates/c1").body;
  const auto secret = get("/secrets/c1").body;
  const auto backup = post("/certificates/c1/backup");
  ASSERT_EQ(backup.status, 200) << backup.body;
  EXPECT_EQ(post("/certificates/restore", backup.body).said(), "409 Conflict");
  ASSERT_EQ(remove("/certificates/c1").status, 200);
  ASSERT_EQ(remove("/deletedcertificates/c1").status, 204);
  const auto back = post("/certificates/restore", backup.body);
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(get("/certificates/c1").body, before);
  EXPECT_EQ(get("/secrets/c1").body, secret);
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
  EXPECT_EQ(get("/keys/c1").body["managed"], true);
  EXPECT_EQ(post("/keys/restore", backup.body).said(), "400 BadParameter");
  auto bytes = *from_base64url(backup.body["value"].get<std::string>());
  bytes.pop_back();
  EXPECT_EQ(post("/certificates/restore", {{"value", to_base64url(bytes)}}).said(), "400 BadParameter");
}

TEST_F(Certificates, AttributesHoldForKeyAndSecretToo) {
  create("c1");
  ASSERT_EQ(patch("/certificates/c1", {{"attributes", {{"enabled", false}}}, {"tags", {{"c", "d"}}}}).status, 200);
  EXPECT_EQ(get("/certificates/c1").body["tags"], Json({{"c", "d"}}));
  EXPECT_EQ(get("/secrets/c1").inner(), "SecretDisabled");
  EXPECT_EQ(get("/keys/c1").body["attributes"]["enabled"], false);
  const Json enabled = {{"attributes", {{"enabled", true}}}};
  EXPECT_EQ(patch("/secrets/c1", enabled).said(), "400 BadParameter");
  EXPECT_EQ(patch("/keys/c1", enabled).said(), "400 BadParameter");
  EXPECT_EQ(get("/secrets/c1").inner(), "SecretDisabled");
  EXPECT_EQ(get("/certificates").body["value"][0]["attributes"]["enabled"], false);
}

TEST_F(Certificates, PoliciesAreShownAndChanged) {
  create("c1");
  const auto changed = patch("/certificates/c1/policy", {{"x509_props", {{"validity_months", 24}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(get("/certificates/c1/policy").body["x509_props"]["validity_months"], 24);
  EXPECT_EQ(get("/certificates/c1/policy").body["key_props"]["crv"], "P-256");
  EXPECT_EQ(remove("/certificates/c1/pending").status, 200);
  EXPECT_EQ(get("/certificates/c1/pending").status, 404);
}

TEST_F(Certificates, OneRenewsItselfInTime) {
  create("c1");
  const auto first = get("/certificates/c1").body["x5t"];
  memory_.clock.advance(std::chrono::hours(24 * 200));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/c1").body["x5t"], first);
  memory_.clock.advance(std::chrono::hours(24 * 100));
  run_blocking(service_->look_after(*pipeline_));
  const auto second = get("/certificates/c1");
  EXPECT_NE(second.body["x5t"], first);
  EXPECT_EQ(second.body["tags"], Json({{"a", "b"}}));
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/c1").body["x5t"], second.body["x5t"]);
}

// A row that couldn't be read would take the list of all certificates with it, and every renewal in the vault.
TEST_F(Certificates, WhatIsTooLongToBeReadAgainIsRefused) {
  create("c1");
  const Json names(100, std::string(440, 'x'));
  const Json longer = {{"x509_props", {{"subject", "CN=a"}, {"sans", {{"dns_names", names}}}}}};
  EXPECT_EQ(patch("/certificates/c1/policy", longer).said(), "400 BadParameter");
  const Json many(100, std::string(250, 'x'));
  EXPECT_EQ(create("c2", {{"x509_props", {{"subject", "CN=a"}, {"sans", {{"dns_names", many}}}}}}).said(),
            "400 BadParameter");
  EXPECT_EQ(create("c3", {{"issuer", {{"name", "Unknown"}}},
                          {"x509_props", {{"subject", "CN=a"}, {"sans", {{"dns_names", many}}}}}})
                .said(),
            "400 BadParameter");
  EXPECT_EQ(get("/certificates").body["value"].size(), 1u);
  EXPECT_EQ(remove("/certificates/c1").status, 200);
}

TEST_F(Certificates, NoneIsRenewedOverAndOver) {
  const Json month = {{"subject", "CN=a"}, {"validity_months", 1}};
  const auto policy = [&](Json trigger) -> Json {
    return {{"x509_props", month},
            {"lifetime_actions", {{{"trigger", std::move(trigger)}, {"action", {{"action_type", "AutoRenew"}}}}}}};
  };
  EXPECT_EQ(create("c1", policy({{"days_before_expiry", 28}})).said(), "400 BadParameter");
  ASSERT_EQ(create("c1", policy({{"lifetime_percentage", 1}})).status, 202);
  EXPECT_EQ(patch("/certificates/c1/policy",
                  {{"lifetime_actions",
                    {{{"trigger", {{"days_before_expiry", 40}}}, {"action", {{"action_type", "AutoRenew"}}}}}}})
                .said(),
            "400 BadParameter");
  memory_.clock.advance(std::chrono::hours(23));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 1u);
  memory_.clock.advance(std::chrono::hours(2));
  run_blocking(service_->look_after(*pipeline_));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/c1/versions").body["value"].size(), 2u);
  const Json rotates = {
      {"lifetimeActions", {{{"trigger", {{"timeAfterCreate", "P30D"}}}, {"action", {{"type", "Rotate"}}}}}}};
  EXPECT_EQ(put("/keys/c1/rotationpolicy", rotates).said(), "400 BadParameter");
}

// It would be a secret that belongs to no certificate, so that nobody could delete it.
TEST_F(Certificates, APartOfABackupIsNoBackup) {
  create("c1");
  const auto backup = *from_base64url(post("/certificates/c1/backup").body["value"].get<std::string>());
  ASSERT_EQ(make_vault("vau2").status, 200);
  ByteReader in(backup);
  for (const auto* collection : {"certificates", "keys", "secrets"}) {
    const Json part = {{"value", to_base64url(in.sized(backup.size()))}};
    EXPECT_EQ(call_as(owner_, http::Method::kPost, "vau2", std::string("/") + collection + "/restore", part).said(),
              "400 BadParameter");
  }
}

}  // namespace
}  // namespace freehold::vault
