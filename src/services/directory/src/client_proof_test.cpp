// Applications that prove themselves by a certificate, or by the word of another issuer.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/client_proof.h"
#include "directory/directory_service.h"
#include "keys/testing/erasable_store.h"
#include "pipeline/testing/fake_log.h"
#include "pipeline/testing/test_door.h"
#include "src/changes.h"
#include "src/client_proof_rules.h"

namespace freehold::directory {
namespace {

using http::Method;
using nlohmann::json;
using runtime::run_blocking;

// A key made for this test and for nothing else, PKCS#1, and a certificate of it, to the year 2126.
constexpr std::string_view kKey =
    "MIIEpQIBAAKCAQEAyNwTeCTMjRVbpzECc4BHt7xdt5WRyUkl4I/Wipiyhh0zBG8cRIMuk+zqHiFmEmD4+DE9f32fzeuN/19huzcHEbM/6"
    "dWKiMHkwe6JogusgLLRpGuZ55rPeZ5SpOVogjIErBz6QzXeFFKXIvIAB9lXnVbiDxxq7TgSqsbSrdoPD/MhGgZjLHBrO3WA18PTfYYmxe"
    "50qWB0Z9RVhdZcPUI2re0R4uoZHWPtM3EE3JyOqfRO49rnmkluYf+zh6Uvj1fbdOGrW+08aAPjADU4eIsvKQA8rGNmsdR3sQYJJMTqY2L"
    "sBgVlHgJ0KzMl0tqJhy0wxGhKNYnR9psBTxYpj+kELwIDAQABAoIBAAH9/MtyQf0cOx57Y/TVTuDJo3xQpXODoDaL9qrFPPALlhfzKiqb"
    "ynh5HxFRb3u7Lnz3sA51poIaVfw0a/m5X/6S8o1VKtyUX7p0rTTIPNvB6kZhMtOTO3+PTG6KP/EaoeU7HFhSTnORJiKYl9t8ElxjIjbYJ"
    "09XAQhklG5Y/VFBKZFeg7RgVATsi1wYyrACjFYzPAWg68vcymezrheeIzYB4xm71OK85XEszV9Ilm1/8XHlsLStR320f9jGCnS40tdnWA"
    "eksVIac7G3j40DPp2sX89TcQlSQM73YmT7E1F/uKsMswXOe8s2zQd/QdlAVI0DMu8DfCGbaymsGqO/0qECgYEA4ucbbGLsDoMgCdAP7Pi"
    "sXmDkEJ9+Sna8Sl88cV8jV41Dz3ihUCJ7QyEkMyQGyVZsRAdYhgwqULQfE1kSuQs86hKjVErLgEuie2S33+Hr5lWoNCacRuCHOJ2OZX6u"
    "3vNMBqC7DUU2g8W2UGDEuydtukq3Vt0aKcpAI5GNtPt9zUcCgYEA4p4C9aYO1xtccUOB94hNb+DgjjvsoVzGzk3zy6L0AoRD/5xUW0RAB"
    "v25TiSDxIESTeDJ0taYWrtFoHffLCwq3mO+9QEX5x7VRnUvpyG6//8QjoxfyzvrhXzxMhPIu6ebKZ8Kgvh/sLZivnw2W/VWxxQtbVqiZ/"
    "Cq6FaiU43vZdkCgYEA4nkz6QHvhSih4Ml4K9mlCeqBmInpHt/WXhEinjIMb4XDaiCIOhjAmSdKH3VVBL6q/1epptobnkO6RLCCPIoX+bY"
    "yqZ6h8eMMQUctNFwl/df/NFZZY3EV5o90Ip/IYSXL+02QhdVQbUP5Dc8YbYkUP3318tBrHc0OKbJNE5h1X18CgYEA0FwaOoRJBsyYbWd1"
    "ewNut5wau4wrYJ3uCMexjZ0xH5M+9illgli5SfRFSazXHnjSPJqe1mUKxfmD5ivxHSsq6zjo3Vn5AT7fN54Nh2zDBBcfwQEeHr3kKeMb3"
    "UBFgwxy5IzfXFZhCThYh+2rCVgFRputvOrlgg3NBjyJmatZ3tkCgYEAiMEytSqTWyRX0Dth1xw8CCRew0TYQfHk3FW0fXlLt170Ge3K2O"
    "lcVCtKxo6rvd2/0HYNmYRn2SpBp2Vx6s+Ipcc5WN8MQX+YGB7eY7ah9fP9Px2Fu0xqmGURR9PsZSp0MenNIeTZe/v5qbbeoc8CDmIVd3l"
    "63zXGzUfJu/8u5+8=";
constexpr std::string_view kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIDATCCAemgAwIBAgIUIgOK+CwQ9ndky+I2w9PJYzFwMJkwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIwNzA4MDhaGA8yMTI2MTAyOTA3
MDgwOFowDzENMAsGA1UEAwwEdGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAMjcE3gkzI0VW6cxAnOAR7e8XbeVkclJJeCP1oqYsoYdMwRvHESDLpPs
6h4hZhJg+PgxPX99n83rjf9fYbs3BxGzP+nViojB5MHuiaILrICy0aRrmeeaz3me
UqTlaIIyBKwc+kM13hRSlyLyAAfZV51W4g8cau04EqrG0q3aDw/zIRoGYyxwazt1
gNfD032GJsXudKlgdGfUVYXWXD1CNq3tEeLqGR1j7TNxBNycjqn0TuPa55pJbmH/
s4elL49X23Thq1vtPGgD4wA1OHiLLykAPKxjZrHUd7EGCSTE6mNi7AYFZR4CdCsz
JdLaiYctMMRoSjWJ0fabAU8WKY/pBC8CAwEAAaNTMFEwHQYDVR0OBBYEFOKX3Z/P
g1XnQjt3RPM5IVJuKPIMMB8GA1UdIwQYMBaAFOKX3Z/Pg1XnQjt3RPM5IVJuKPIM
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBADyWX9f/ZWs4Hpco
lOyoNXVn2d7tewy278KkGOcKb8ZIT+nkl9sJl1axBa/8ltNkVHNP1wsydF2YWBJY
m+RgSLaxRdTavLXZ1pEBq0o1X1r+rk0GcHnv09faDdy9XwUYwYqlwQ3edy6JPn7y
cl75fM0IWMPrf8PvshYqEU2QkXSdzhnOik/Y5GuPoh9Zw1Om/OMsAUyAFwlcZ6Ch
4dkphJ9CEgEe+r+aWElI270eFZgZzcS578x8+Z2y1dhhbbkhQvso551jHCkVAnwV
iberCaMTHpLNTlX23x6XO7P+JdRlsLUQUWl8qme+v7On6bEyTsgCNpqmeIcAG49B
kfVqfzk=
-----END CERTIFICATE-----)";

class ClientProof : public ::testing::Test {
 protected:
  ClientProof() {
    tenant_.bytes.fill(1);
    client_.bytes.fill(0xab);
  }
  void SetUp() override {
    PrincipalId admin;
    admin.bytes.fill(2);
    ASSERT_TRUE(run_blocking(service_.open(tenant_, {admin, Secret(BytesView("the first secret"))})));
    pipeline_.add(service_.gate());
    Application application{.object = {}, .application = client_};
    application.object.bytes.fill(7);
    application.attributes = {{"displayName", std::string("app")}};
    application.certificates.push_back({.id = {},
                                        .name = "certificate",
                                        .der = Bytes(kCertificate),
                                        .sha1 = certificate_->sha1,
                                        .sha256 = certificate_->sha256,
                                        .start = WallTime(std::chrono::seconds(0)),
                                        .expiry = memory_.clock.now() + std::chrono::hours(24)});
    const std::array keys{key_->public_key()};
    application.federated.push_back(
        {{}, "cluster", "https://issuer.test", "pod", {"api://AzureADTokenExchange"}, crypto::jwks_json(keys)});
    ASSERT_TRUE(run_blocking(
        service_.store().change(tenant_, [&application](Draft& draft) { return changes::add(draft, application); })));
    ASSERT_TRUE(run_blocking(service_.store().add_service_principal(tenant_, client_, "app")));
  }
  std::int64_t now() const {
    return std::chrono::floor<std::chrono::seconds>(memory_.clock.now()).time_since_epoch().count();
  }
  std::string sign(const json& header, const json& claims) {
    const std::string text = to_base64url(header.dump()) + "." + to_base64url(claims.dump());
    return text + "." + to_base64url(key_->sign_rs256(text));
  }
  json header() const { return {{"alg", "RS256"}, {"x5t", to_base64url(certificate_->sha1)}}; }
  json claims(std::string_view id) const {
    return {{"iss", to_string(client_)},
            {"sub", to_string(client_)},
            {"aud", "https://login.freehold.test:8443/" + to_string(tenant_) + "/oauth2/v2.0/token"},
            {"exp", now() + 600},
            {"nbf", now()},
            {"jti", id}};
  }
  json federated_claims() const {
    return {{"iss", "https://issuer.test"},
            {"sub", "pod"},
            {"aud", json::array({"api://AzureADTokenExchange"})},
            {"exp", now() + 3'600}};
  }
  // "200", or "401 700027".
  std::string sign_in(const std::string& assertion, std::string client = {}) {
    if (client.empty()) client = to_string(client_);
    const auto response = gate::testing::send(
        pipeline_, Method::kPost, "https://login.freehold.test:8443/" + to_string(tenant_) + "/oauth2/v2.0/token",
        "grant_type=client_credentials&client_id=" + client +
            "&scope=" + percent_encode("https://storage.azure.com/.default") +
            "&client_assertion_type=" + percent_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
            "&client_assertion=" + assertion);
    if (response.status == 200) return "200";
    const auto body = gate::testing::body_json(response);
    return std::to_string(response.status) + " " + std::to_string(body["error_codes"][0].get<int>());
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  PrincipalId client_;
  Result<crypto::RsaSigningKey> key_ = crypto::RsaSigningKey::from_der(Secret(BytesView(*from_base64(kKey))));
  Result<crypto::ClientCertificate> certificate_ = crypto::read_client_certificate(kCertificate);
  runtime::Pool pool_{{.name = "test"}};
  gate::testing::NoAccounts accounts_;
  gate::testing::FakeLog log_;
  DirectoryService service_{{.store = memory_.sealed(),
                             .erasure = *memory_.tree,
                             .clock = memory_.clock,
                             .pool = pool_,
                             .domain = "freehold.test",
                             .blob_suffixes = {}}};
  gate::Pipeline pipeline_{accounts_, log_, memory_.clock, memory_.random, {}};
};

TEST_F(ClientProof, ACertificateProvesOnceForEachAssertion) {
  const auto assertion = sign(header(), claims("1"));
  EXPECT_EQ(sign_in(assertion), "200");
  EXPECT_EQ(log_.take_entries().back().record.credential, "ClientCertificate");
  EXPECT_EQ(sign_in(assertion), "401 700025");
  const json by_sha256 = {{"alg", "RS256"}, {"x5t#S256", to_base64url(certificate_->sha256)}};
  EXPECT_EQ(sign_in(sign(by_sha256, claims("2"))), "200");
  json padded = header();
  padded["x5t"] = padded["x5t"].get<std::string>() + "=";  // as MSAL for Python writes it
  EXPECT_EQ(sign_in(sign(padded, claims("3"))), "200");
}

TEST_F(ClientProof, AnAssertionIsForUsForNowAndByItsCertificate) {
  const auto with = [this](const char* name, const json& value) {
    auto changed = claims("1");
    changed[name] = value;
    return sign(header(), changed);
  };
  EXPECT_EQ(sign_in(with("aud", "https://login.evil.test/adfs")), "401 50027");
  EXPECT_EQ(sign_in(with("aud", "https://login.freehold.test:8443/00000000-0000-0000-0000-000000000009/v2.0")),
            "401 50027");
  EXPECT_EQ(sign_in(with("iss", "somebody")), "401 700213");
  EXPECT_EQ(sign_in(with("sub", "somebody")), "401 50027");
  EXPECT_EQ(sign_in(with("exp", now() - 301)), "401 700024");
  EXPECT_EQ(sign_in(with("exp", now() + 2 * 86'400)), "401 700024");
  EXPECT_EQ(sign_in(with("exp", nullptr)), "401 700024");
  EXPECT_EQ(sign_in(with("nbf", now() + 301)), "401 700024");
  EXPECT_EQ(sign_in(with("jti", nullptr)), "401 700025");
  auto altered = sign(header(), claims("1"));
  altered[altered.size() - 5] = altered[altered.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(sign_in(altered), "401 700027");
  auto other = header();
  other["x5t"] = to_base64url(Bytes(20, 'x'));
  EXPECT_EQ(sign_in(sign(other, claims("1"))), "401 700027");
  auto none = header();
  none["alg"] = "none";
  EXPECT_EQ(sign_in(sign(none, claims("1"))), "401 700027");
  EXPECT_EQ(sign_in("a.b.c"), "401 50027");
  memory_.clock.advance(std::chrono::hours(25));
  EXPECT_EQ(sign_in(sign(header(), claims("1"))), "401 700027");  // the certificate is over
}

TEST_F(ClientProof, AnAssertionIsUsedOnceHoweverTheClientIsWritten) {
  const auto assertion = sign(header(), claims("1"));
  EXPECT_EQ(sign_in(assertion), "200");
  EXPECT_EQ(sign_in(assertion, "ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB"), "401 700025");
}

// "iss" says whose word it is, whatever its header names.
TEST_F(ClientProof, AFederatedIssuerMayNameACertificateOfItsOwn) {
  const json header = {{"alg", "RS256"}, {"x5t", to_base64url(Bytes(20, 'x'))}};
  EXPECT_EQ(sign_in(sign(header, federated_claims())), "200");
}

TEST_F(ClientProof, AFederatedIssuersWordIsTakenForWhatTheCredentialSays) {
  const json header = {{"alg", "RS256"}, {"kid", key_->public_key().thumbprint()}};
  EXPECT_EQ(sign_in(sign(header, federated_claims())), "200");
  EXPECT_EQ(log_.take_entries().back().record.credential, "FederatedAssertion");
  for (const auto* name : {"iss", "sub", "aud"}) {
    auto changed = federated_claims();
    changed[name] = "another";
    EXPECT_EQ(sign_in(sign(header, changed)), "401 700213") << name;
  }
  EXPECT_EQ(sign_in(sign({{"alg", "RS256"}, {"kid", "another"}}, federated_claims())), "401 700027");
}

TEST_F(ClientProof, OwnAudiencesAreEndpointsAndIssuersOfTheTenant) {
  const LoginSite site("freehold.test");
  const std::string id = to_string(tenant_);
  for (const std::string good : {"/adfs", "/adfs/oauth2/token", "/common/oauth2/token"}) {
    EXPECT_TRUE(is_own_audience(site, "https://login.freehold.test" + good, tenant_)) << good;
  }
  for (const std::string good : {"/v2.0", "/", "/oauth2/token", "/oauth2/v2.0/token"}) {
    EXPECT_TRUE(is_own_audience(site, "https://login.freehold.test:8443/" + id + good, tenant_)) << good;
  }
  for (const std::string bad : {"https://login.freehold.test.evil/adfs", "https://login.freehold.test:x/adfs",
                                "https://login.freehold.test", "https://login.freehold.test/other/v2.0", ""}) {
    EXPECT_FALSE(is_own_audience(site, bad, tenant_)) << bad;
  }
}

}  // namespace
}  // namespace freehold::directory
