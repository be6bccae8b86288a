// Issuers of certificates, of which one is an authority in the same vault; and contacts.
#include "base/encoding.h"
#include "crypto/key_certificate.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

class CertificateIssuers : public VaultTest {
 protected:
  CertificateIssuers() {
    if (make_vault("vau1").status != 200) ADD_FAILURE() << "no vault";
  }
  Answer create(const std::string& name, const std::string& issuer, Json more = Json::object()) {
    Json policy = {{"issuer", {{"name", issuer}}},
                   {"key_props", {{"kty", "EC"}, {"crv", "P-256"}}},
                   {"x509_props", {{"subject", "CN=" + name}}}};
    policy.merge_patch(more);
    return post("/certificates/" + name + "/create", {{"policy", std::move(policy)}});
  }
  Answer create_authority(const std::string& name, int months = 12) {
    return create(name, "Self", {{"x509_props", {{"basic_constraints", {{"ca", true}}}, {"validity_months", months}}}});
  }
  static Json issuer(const std::string& certificate) {
    return {{"provider", "InternalCA"}, {"credentials", {{"account_id", certificate}}}};
  }
  crypto::CertificateBundle bundle_of(const std::string& name) {
    const auto pfx = get("/secrets/" + name).body["value"].get<std::string>();
    return *crypto::read_pfx(*from_base64(pfx), Secret());
  }
};

TEST_F(CertificateIssuers, AnAuthorityOfTheVaultSigns) {
  ASSERT_EQ(create_authority("root").status, 202);
  Json body = issuer("root");
  body["org_details"] = {{"id", "42"}, {"admin_details", {{{"first_name", "A"}, {"email", "a@example.test"}}}}};
  const auto put_it = put("/certificates/issuers/own", body);
  ASSERT_EQ(put_it.status, 200) << put_it.body;
  EXPECT_EQ(put_it.body["id"], "https://vau1.vault.cloud.test:8443/certificates/issuers/own");
  EXPECT_EQ(put_it.body["attributes"]["enabled"], true);
  EXPECT_EQ(put_it.body["org_details"]["admin_details"][0]["email"], "a@example.test");
  EXPECT_EQ(get("/certificates/issuers/own").body, put_it.body);
  EXPECT_EQ(get("/certificates/issuers").body["value"],
            Json({{{"id", put_it.body["id"]}, {"provider", "InternalCA"}}}));
  EXPECT_EQ(get("/certificates").body["value"].size(), 1u);

  const auto made = create("leaf", "own");
  ASSERT_EQ(made.status, 202) << made.body;
  EXPECT_EQ(made.body["status"], "completed");
  EXPECT_EQ(made.body["issuer"]["name"], "own");
  const auto bundle = bundle_of("leaf");
  ASSERT_EQ(bundle.chain.size(), 1u);
  EXPECT_EQ(Json(to_base64(bundle.chain[0])), get("/certificates/root").body["cer"]);
  EXPECT_EQ(get("/certificates/leaf/policy").body["issuer"]["name"], "own");

  // Renewed by itself, by the authority as it is then.
  memory_.clock.advance(std::chrono::hours(24 * 200));
  create_authority("root");
  memory_.clock.advance(std::chrono::hours(24 * 100));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/certificates/leaf/versions").body["value"].size(), 2u);
  EXPECT_EQ(Json(to_base64(bundle_of("leaf").chain.at(0))), get("/certificates/root").body["cer"]);
}

TEST_F(CertificateIssuers, WhoIsNoAuthorityIsNoIssuer) {
  create("plain", "Self");
  create_authority("root", 1);
  EXPECT_EQ(put("/certificates/issuers/i", issuer("plain")).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/issuers/i", issuer("nobody")).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/issuers/self", issuer("root")).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/issuers/a_b", issuer("root")).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/issuers/i", {{"provider", "DigiCert"}}).said(), "501 NotImplemented");
  EXPECT_EQ(put("/certificates/issuers/i", Json::object()).said(), "400 BadParameter");
  Json secret = issuer("root");
  secret["credentials"]["pwd"] = "x";
  EXPECT_EQ(put("/certificates/issuers/i", secret).said(), "400 BadParameter");
  EXPECT_EQ(get("/certificates/issuers/i").said(), "404 CertificateIssuerNotFound");
  EXPECT_EQ(create("leaf", "i").said(), "400 BadParameter");
  EXPECT_EQ(patch("/certificates/issuers/i", issuer("root")).said(), "404 CertificateIssuerNotFound");

  ASSERT_EQ(put("/certificates/issuers/i", issuer("root")).status, 200);
  const Json off = {{"attributes", {{"enabled", false}}}};
  const Json on = {{"attributes", {{"enabled", true}}}};
  ASSERT_EQ(patch("/certificates/issuers/i", off).body["attributes"]["enabled"], false);
  EXPECT_EQ(create("leaf", "i").said(), "400 BadParameter");
  ASSERT_EQ(patch("/certificates/issuers/i", on).status, 200);
  EXPECT_EQ(create("leaf", "i").status, 202);
  ASSERT_EQ(patch("/certificates/root", off).status, 200);
  EXPECT_EQ(create("leaf", "i").said(), "400 BadParameter");
  ASSERT_EQ(patch("/certificates/root", on).status, 200);
  memory_.clock.advance(std::chrono::hours(24 * 40));
  EXPECT_EQ(create("leaf", "i").said(), "400 BadParameter");
  EXPECT_EQ(get("/certificates/leaf/versions").body["value"].size(), 1u);

  ASSERT_EQ(remove("/certificates/issuers/i").status, 200);
  EXPECT_EQ(remove("/certificates/issuers/i").said(), "404 CertificateIssuerNotFound");
  EXPECT_EQ(get("/certificates/issuers").body["value"].size(), 0u);
}

// Who may have certificates would be an authority, with a key of its own.
TEST_F(CertificateIssuers, NoAuthorityIsSignedByAnIssuer) {
  ASSERT_EQ(create_authority("root").status, 202);
  ASSERT_EQ(put("/certificates/issuers/i", issuer("root")).status, 200);
  const Json ca = {{"x509_props", {{"basic_constraints", {{"ca", true}}}}}};
  EXPECT_EQ(create("below", "i", ca).said(), "400 BadParameter");
  ASSERT_EQ(create("leaf", "i").status, 202);
  const Json signs = {
      {"x509_props", {{"basic_constraints", {{"ca", true}}}, {"key_usage", {"keyCertSign"}}, {"ekus", nullptr}}}};
  EXPECT_EQ(patch("/certificates/leaf/policy", signs).said(), "400 BadParameter");
  EXPECT_EQ(create("elsewhere", "Unknown", ca).status, 202);
}

TEST_F(CertificateIssuers, ContactsAreKeptTogether) {
  EXPECT_EQ(get("/certificates/contacts").said(), "404 ContactsNotFound");
  EXPECT_EQ(put("/certificates/contacts", Json::object()).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/contacts", {{"contacts", {{{"email", "nobody"}}}}}).said(), "400 BadParameter");
  EXPECT_EQ(put("/certificates/contacts", {{"contacts", Json(101, {{"email", "a@b"}})}}).said(), "400 BadParameter");
  const Json one = {{"email", "a@example.test"}, {"name", "A"}, {"phone", "1"}};
  const auto kept = put("/certificates/contacts", {{"contacts", {one, {{"email", "b@example.test"}}}}});
  ASSERT_EQ(kept.status, 200) << kept.body;
  EXPECT_EQ(kept.body["id"], "https://vau1.vault.cloud.test:8443/certificates/contacts");
  EXPECT_EQ(kept.body["contacts"][0], one);
  open();
  EXPECT_EQ(get("/certificates/contacts").body, kept.body);
  EXPECT_EQ(remove("/certificates/contacts").body, kept.body);
  EXPECT_EQ(get("/certificates/contacts").said(), "404 ContactsNotFound");
}

}  // namespace
}  // namespace freehold::vault
