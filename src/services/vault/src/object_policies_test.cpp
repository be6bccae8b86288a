// What policies are told of objects in vaults, and that nothing is made which they deny.
#include "src/object_policies.h"

#include "src/test_elsewhere.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

using http::Method;

// Says no to what `denies` says it of.
class SamplePolicy final : public gate::resource::DataPolicy {
 public:
  std::expected<Hold, gate::resource::DataRefusal> check(const gate::resource::DataObject& object) const override {
    asked.push_back({{"mode", object.mode},
                     {"type", object.type},
                     {"name", object.name},
                     {"container", object.container.text()},
                     {"resource", object.resource}});
    if (denies && denies(object.resource["properties"])) {
      return std::unexpected(gate::resource::DataRefusal{{"No such thing (an assignment)"}});
    }
    return held;
  }
  std::function<bool(const Json& properties)> denies = {};
  mutable std::vector<Json> asked = {};
  Hold held = std::make_shared<int>(1);
};

class ObjectPoliciesTest : public VaultTest {
 protected:
  ObjectPoliciesTest() {
    service_->obey(policy_);
    if (make_vault("vau1").status != 200) ADD_FAILURE() << "no vault";
  }
  Json seen() const { return policy_.asked.empty() ? Json() : policy_.asked.back()["resource"]["properties"]; }
  void deny_all() {
    policy_.denies = [](const Json&) { return true; };
  }
  static void expect_denied(const Answer& answer) {
    EXPECT_EQ(answer.said(), "403 Forbidden");
    EXPECT_EQ(answer.body["error"]["innererror"]["code"], "ForbiddenByPolicy");
    EXPECT_NE(answer.body["error"].value("message", "").find("'No such thing (an assignment)'"), std::string::npos);
  }
  SamplePolicy policy_;
};

TEST_F(ObjectPoliciesTest, KeysAreSeenAsTheyWillBe) {
  const auto now = unix_seconds(memory_.clock.now());
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "RSA"},
                                     {"key_size", 3'072},
                                     {"attributes", {{"exp", now + 100}, {"nbf", now - 100}}},
                                     {"tags", {{"a", "b"}}}})
                .status,
            200);
  const auto first = policy_.asked.front();
  EXPECT_EQ(first["mode"], "Microsoft.KeyVault.Data");
  EXPECT_EQ(first["type"], "Microsoft.KeyVault.Data/vaults/keys");
  EXPECT_EQ(first["name"], "keys/k1");
  EXPECT_EQ(first["container"], id_of("vaults/vau1").text());
  EXPECT_EQ(first["resource"]["tags"], (Json{{"a", "b"}}));
  EXPECT_EQ(first["resource"]["properties"],
            (Json{{"keyType", "RSA"},
                  {"keySize", 3'072},
                  {"attributes",
                   {{"enabled", true},
                    {"createdOn", rfc3339(memory_.clock.now())},
                    {"updatedOn", rfc3339(memory_.clock.now())},
                    {"expiresOn", rfc3339(memory_.clock.now() + std::chrono::seconds(100))},
                    {"notBefore", rfc3339(memory_.clock.now() - std::chrono::seconds(100))}}}}));
  // Before it is made, and as it was made.
  EXPECT_EQ(policy_.asked.back()["resource"], first["resource"]);
  ASSERT_EQ(post("/keys/k2/create", {{"kty", "EC"}, {"crv", "P-384"}}).status, 200);
  EXPECT_EQ(seen()["ellipticCurveName"], "P-384");
  EXPECT_FALSE(seen().contains("keySize"));
}

TEST_F(ObjectPoliciesTest, WhatIsDeniedIsNeitherMadeNorAltered) {
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "EC"}}).status, 200);
  ASSERT_EQ(put("/secrets/s1", {{"value", "a"}}).status, 200);
  const auto key = get("/keys/k1").body;
  const auto backup = post("/keys/k1/backup").body["value"];
  deny_all();
  expect_denied(post("/keys/k2/create", {{"kty", "EC"}}));
  EXPECT_EQ(get("/keys/k2").status, 404);
  SystemRandom random;
  const auto software = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  Json jwk = show_jwk(software.numbers(), {"sign"});
  jwk["d"] = to_base64url(software.hidden_numbers()->d.view());
  expect_denied(put("/keys/k2", {{"key", jwk}}));
  expect_denied(patch("/keys/k1", {{"attributes", {{"enabled", false}}}}));
  expect_denied(post("/keys/k1/rotate"));
  expect_denied(put("/keys/k1/rotationpolicy", {{"attributes", {{"expiryTime", "P90D"}}}}));
  EXPECT_EQ(get("/keys/k1").body, key);
  expect_denied(put("/secrets/s2", {{"value", "b"}}));
  expect_denied(patch("/secrets/s1", {{"contentType", "text/plain"}}));
  EXPECT_EQ(get("/secrets/s2").status, 404);
  ASSERT_EQ(make_vault("vau2").status, 200);
  expect_denied(call_as(owner_, Method::kPost, "vau2", "/keys/restore", {{"value", backup}}));
  // What is read, used and taken away is none of theirs.
  EXPECT_EQ(get("/secrets/s1").body["value"], "a");
  EXPECT_EQ(remove("/keys/k1").status, 200);
  EXPECT_EQ(post("/deletedkeys/k1/recover").status, 200);
}

TEST_F(ObjectPoliciesTest, SecretsAreSeenWithoutTheirValue) {
  ASSERT_EQ(put("/secrets/s1", {{"value", "hidden"}, {"contentType", "text/plain"}}).status, 200);
  EXPECT_EQ(policy_.asked.back()["type"], "Microsoft.KeyVault.Data/vaults/secrets");
  EXPECT_EQ(seen()["contentType"], "text/plain");
  EXPECT_FALSE(Json(policy_.asked).dump().contains("hidden"));
  ASSERT_EQ(put("/secrets/s2", {{"value", "hidden"}}).status, 200);
  EXPECT_FALSE(seen().contains("contentType"));
}

TEST_F(ObjectPoliciesTest, CertificatesAreSeenByTheirPolicy) {
  const Json body = {
      {"policy",
       {{"key_props", {{"kty", "EC"}, {"crv", "P-256"}}},
        {"x509_props", {{"subject", "CN=example.test, O=Org"}, {"validity_months", 6}}},
        {"issuer", {{"name", "Self"}}},
        {"lifetime_actions",
         {{{"trigger", {{"days_before_expiry", 20}}}, {"action", {{"action_type", "EmailContacts"}}}}}}}}};
  ASSERT_EQ(post("/certificates/c1/create", body).status, 202);
  EXPECT_EQ(policy_.asked.back()["type"], "Microsoft.KeyVault.Data/vaults/certificates");
  auto properties = seen();
  properties.erase("attributes");
  EXPECT_EQ(properties["keyProperties"]["keyType"], "EC");
  EXPECT_EQ(properties["keyProperties"]["ellipticCurveName"], "P-256");
  EXPECT_EQ(properties["issuer"], (Json{{"name", "Self"}, {"commonName", "example.test"}}));
  EXPECT_EQ(properties["validityInMonths"], 6);
  EXPECT_EQ(properties["lifetimeAction"], (Json{{"daysBeforeExpiry", 20}}));
  EXPECT_TRUE(seen()["attributes"].contains("expiresOn"));
  deny_all();
  expect_denied(post("/certificates/c2/create", body));
  expect_denied(patch("/certificates/c1/policy", {{"x509_props", {{"validity_months", 9}}}}));
  EXPECT_EQ(get("/certificates/c2").status, 404);
}

TEST_F(ObjectPoliciesTest, CertificatesAreHeldToThemWhateverPutsThem) {
  const Json body = {{"policy",
                      {{"key_props", {{"kty", "EC"}, {"crv", "P-256"}}},
                       {"x509_props", {{"subject", "CN=example.test"}}},
                       {"issuer", {{"name", "Self"}}}}}};
  ASSERT_EQ(post("/certificates/c1/create", body).status, 202);
  const auto backup = post("/certificates/c1/backup").body;
  const auto before = get("/certificates/c1").body;
  deny_all();
  expect_denied(patch("/certificates/c1", {{"tags", {{"a", "b"}}}}));
  EXPECT_EQ(get("/certificates/c1").body, before);
  ASSERT_EQ(make_vault("vau2").status, 200);
  expect_denied(call_as(owner_, Method::kPost, "vau2", "/certificates/restore", backup));
  EXPECT_EQ(call_as(owner_, Method::kGet, "vau2", "/certificates/c1").status, 404);
}

// What was asked for needn't be what came, nor signed by whom it seemed.
TEST_F(ObjectPoliciesTest, CertificatesAreSeenAsTheyWereSigned) {
  const auto by = [](const std::string& issuer, Json x509) -> Json {
    return {
        {"policy", {{"key_props", {{"kty", "EC"}}}, {"x509_props", std::move(x509)}, {"issuer", {{"name", issuer}}}}}};
  };
  const auto asked = post("/certificates/c1/create", by("Unknown", {{"subject", "CN=example.test"}}));
  ASSERT_EQ(asked.status, 202) << asked.body;
  const auto merge = [&](int months) {
    const auto made =
        signed_elsewhere(asked.body["csr"].get<std::string>(), months, memory_.clock.now(), memory_.random);
    return post("/certificates/c1/pending/merge", {{"x5c", {to_base64(made)}}});
  };
  const auto latest = rfc3339(memory_.clock.now() + std::chrono::hours(24 * 400));
  policy_.denies = [&](const Json& properties) { return properties["attributes"].value("expiresOn", "") > latest; };
  expect_denied(merge(36));
  EXPECT_EQ(get("/certificates/c1/pending").body["status"], "inProgress");
  ASSERT_EQ(merge(6).status, 201);
  EXPECT_EQ(seen()["issuer"], (Json{{"name", "Unknown"}, {"commonName", "Elsewhere"}}));
  EXPECT_EQ(seen()["validityInMonths"], 6);  // 12 by its policy
  const auto key = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto der =
      *crypto::self_signed(key, {.subject = "CN=mine", .validity_months = 40}, memory_.clock.now(), memory_.random);
  ASSERT_EQ(post("/certificates/i1/import", {{"value", crypto::write_pem({key, der, {}}).view()}}).said(),
            "403 Forbidden");
  EXPECT_EQ(seen()["validityInMonths"], 40);
  policy_.denies = {};
  const Json ca = {{"subject", "O=\"CN=x\", CN=Our Root"}, {"basic_constraints", {{"ca", true}}}};
  ASSERT_EQ(post("/certificates/root/create", by("Self", ca)).status, 202);
  EXPECT_EQ(seen()["issuer"]["commonName"], "Our Root");
  ASSERT_EQ(
      put("/certificates/issuers/i", {{"provider", "InternalCA"}, {"credentials", {{"account_id", "root"}}}}).status,
      200);
  policy_.asked.clear();
  ASSERT_EQ(post("/certificates/c2/create", by("i", {{"subject", "CN=Our Root 2"}})).status, 202);
  ASSERT_EQ(policy_.asked.size(), 2u);  // before it is made, and as it was made
  for (const auto& each : policy_.asked) {
    EXPECT_EQ(each["resource"]["properties"]["issuer"], (Json{{"name", "i"}, {"commonName", "Our Root"}}));
  }
}

// Whichever version is used by its name.
TEST_F(ObjectPoliciesTest, NoVersionIsRestoredThatIsDenied) {
  ASSERT_EQ(put("/secrets/s1", {{"value", "a"}}).status, 200);
  ASSERT_EQ(put("/secrets/s1", {{"value", "b"}, {"contentType", "text/plain"}}).status, 200);
  const auto backup = post("/secrets/s1/backup").body;
  ASSERT_EQ(make_vault("vau2").status, 200);
  policy_.denies = [](const Json& properties) { return !properties.contains("contentType"); };
  expect_denied(call_as(owner_, Method::kPost, "vau2", "/secrets/restore", backup));
  policy_.denies = {};
  EXPECT_EQ(call_as(owner_, Method::kPost, "vau2", "/secrets/restore", backup).status, 200);
}

TEST_F(ObjectPoliciesTest, ScansSeeWhatIsThere) {
  ASSERT_EQ(make_vault("vau2").status, 200);
  ASSERT_EQ(post("/keys/k1/create", {{"kty", "EC"}}).status, 200);
  ASSERT_EQ(post("/keys/K2/create", {{"kty", "RSA"}, {"tags", {{"a", "b"}}}}).status, 200);
  ASSERT_EQ(post("/keys/gone/create", {{"kty", "EC"}}).status, 200);
  ASSERT_EQ(remove("/keys/gone").status, 200);
  ASSERT_EQ(put("/secrets/s1", {{"value", "hidden"}, {"contentType", "text/plain"}}).status, 200);
  const Json mine = {{"policy", {{"x509_props", {{"subject", "CN=example.test"}}}, {"issuer", {{"name", "Self"}}}}}};
  ASSERT_EQ(post("/certificates/c1/create", mine).status, 202);
  const Json theirs = {
      {"policy", {{"x509_props", {{"subject", "CN=example.test"}}}, {"issuer", {{"name", "Unknown"}}}}}};
  ASSERT_EQ(post("/certificates/waits/create", theirs).status, 202);
  const auto all = [this](const std::string& collection, const std::string& vault = "vau1") {
    const auto found =
        run_blocking(service_->objects().page(id_of("vaults/" + vault), "Microsoft.KeyVault.Data/vaults/" + collection,
                                              "", {.tenant = tenant_, .object = {}, .now = memory_.clock.now()}));
    Json out = Json::object();
    if (!found) return Json(found.error().message);
    for (const auto& one : found->objects) out[one.name] = one.resource;
    EXPECT_EQ(found->next, "");
    return out;
  };
  const auto keys = all("keys");
  ASSERT_EQ(keys.size(), 2U) << keys;
  EXPECT_EQ(keys["keys/k1"]["properties"]["ellipticCurveName"], "P-256");
  EXPECT_EQ(keys["keys/K2"]["properties"]["keySize"], 2'048);
  EXPECT_EQ(keys["keys/K2"]["tags"], (Json{{"a", "b"}}));
  const auto secrets = all("secrets");
  ASSERT_EQ(secrets.size(), 1U) << secrets;
  EXPECT_EQ(secrets["secrets/s1"]["properties"]["contentType"], "text/plain");
  EXPECT_EQ(secrets.dump().find("hidden"), std::string::npos);
  const auto certificates = all("certificates");
  ASSERT_EQ(certificates.size(), 1U) << certificates;
  EXPECT_EQ(certificates["certificates/c1"]["properties"]["issuer"]["commonName"], "example.test");
  EXPECT_EQ(all("keys", "vau2"), Json::object());
  EXPECT_EQ(all("keys", "nowhere"), Json::object());
  EXPECT_EQ(all("pearls"), Json::object());
}

TEST_F(ObjectPoliciesTest, TemplatesAreHeldToThemToo) {
  auto& children = *registry_->find("Microsoft.KeyVault/vaults/secrets")->behind;
  const auto put_child = [&](const std::string& below, Json properties) {
    gate::resource::ProposedChange change{.kind = ChangeKind::kPut,
                                          .id = id_of(below),
                                          .api_version = "2022-07-01",
                                          .after = {{"properties", std::move(properties)}},
                                          .caller = caller()};
    auto approved = registry_->checks().approve(std::move(change));
    return managed(run_blocking(children.put(std::move(*approved))));
  };
  EXPECT_EQ(put_child("vaults/vau1/secrets/s1", {{"value", "a"}}).status, 200);
  EXPECT_EQ(put_child("vaults/vau1/keys/k1", {{"kty", "EC"}}).status, 200);
  deny_all();
  EXPECT_EQ(put_child("vaults/vau1/secrets/s2", {{"value", "a"}}).said(), "403 Forbidden");
  EXPECT_EQ(put_child("vaults/vau1/keys/k2", {{"kty", "EC"}}).said(), "403 Forbidden");
}

}  // namespace
}  // namespace freehold::vault
