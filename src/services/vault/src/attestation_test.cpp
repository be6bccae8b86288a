// Attestations: which are believed, and that nothing else is.
#include <gtest/gtest.h>

#include "src/test_attestation.h"

namespace freehold::vault {
namespace {

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

class Attestations : public ::testing::Test {
 protected:
  [[nodiscard]] static const TestAttestation& service() {
    static const TestAttestation one;
    return one;
  }
  [[nodiscard]] static Result<AttestedEnvironment> read(const std::string& token,
                                                        std::string policy = TestAttestation::policy(),
                                                        WallTime now = kNow) {
    const std::vector<AttestationIssuer> issuers{service().issuer()};
    return read_attestation(token, issuers, *parse_release_policy(policy), now);
  }
  static void expect_denied(const std::string& token, const std::string& why) {
    const auto refused = read(token);
    ASSERT_FALSE(refused.has_value()) << why;
    EXPECT_EQ(refused.error().code, ErrorCode::kDenied) << why;
    EXPECT_EQ(refused.error().message, "the attestation isn't believed") << why;
  }
};

TEST_F(Attestations, AGoodOneNamesTheKeyOfItsEnvironment) {
  const auto read_one = read(service().token(service().claims(kNow)));
  ASSERT_TRUE(read_one.has_value()) << read_one.error().detail;
  EXPECT_EQ(read_one->key_id, "TpmEphemeralEncryptionKey");
  EXPECT_EQ(read_one->key.n, service().environment.numbers().n);
}

TEST_F(Attestations, OnlyAKeyOfTheIssuerSigns) {
  const auto claims = service().claims(kNow);
  const auto good = service().token(claims);
  const std::string rest = good.substr(good.find('.'));
  expect_denied(to_base64url(R"({"alg":"none","kid":"signer"})") + rest.substr(0, rest.rfind('.') + 1), "none");
  const std::string front = to_base64url(R"({"alg":"HS256","kid":"signer"})") + "." + to_base64url(claims.dump());
  const auto mac = crypto::hmac_sha256(service().signer.numbers().n, front);
  expect_denied(front + "." + to_base64url(crypto::view(mac)), "HS256 with the public key");
  expect_denied(service().token(claims, {{"kid", "other"}}), "an unknown kid");
  expect_denied(service().token(claims, {{"alg", "PS256"}}), "another algorithm than it is signed by");
  expect_denied(service().token(claims, {{"crit", {"exp"}}}), "critical headers");
  expect_denied(TestAttestation().token(claims), "another's signature");
  auto altered = claims;
  altered["more"] = 1;
  expect_denied(good.substr(0, good.find('.') + 1) + to_base64url(altered.dump()) + good.substr(good.rfind('.')),
                "altered claims");
  expect_denied("", "nothing");
  expect_denied("a.b.c", "no token");
  altered["more"] = std::string(40'000, 'x');
  expect_denied(service().token(altered), "a huge one");
}

TEST_F(Attestations, ClaimsAreHeldToIssuerTimeAndPolicy) {
  const auto with = [](const char* name, Json value) {
    auto claims = service().claims(kNow);
    claims[name] = std::move(value);
    return service().token(claims);
  };
  const auto now = std::chrono::system_clock::to_time_t(kNow);
  expect_denied(with("iss", "https://other.test"), "another issuer");
  expect_denied(with("iss", nullptr), "no issuer");
  expect_denied(with("exp", now - 301), "over");
  expect_denied(with("exp", nullptr), "without an end");
  expect_denied(with("exp", "later"), "an end that is no time");
  expect_denied(with("nbf", now + 301), "not yet valid");
  expect_denied(with("nbf", "then"), "a beginning that is no time");
  expect_denied(with("secure", false), "a claim that the policy doesn't take");
  expect_denied(with("x-ms-isolation-tee", "sevsnpvm"), "a claim that isn't where it should be");
  EXPECT_TRUE(read(with("exp", now - 299)).has_value());
  EXPECT_TRUE(read(with("nbf", now + 299)).has_value());
  EXPECT_TRUE(read(with("iss", "https://attest.test/")).has_value());
  const auto good = service().token(service().claims(kNow));
  EXPECT_FALSE(read(good, TestAttestation::policy("sevsnpvm", "https://other.test")).has_value());
  EXPECT_FALSE(read(good, TestAttestation::policy("tdxvm")).has_value());
}

// A second member of one name would let this reader and the next disagree.
TEST_F(Attestations, NestedClaimsStandOnce) {
  std::string text = service().claims(kNow).dump();
  const std::string member = R"("x-ms-attestation-type":"sevsnpvm")";
  text.replace(text.find(member), member.size(), member + "," + member);
  const std::string front = to_base64url(R"({"alg":"RS256","kid":"signer"})") + "." + to_base64url(text);
  const auto signature = service().signer.sign(*crypto::find_algorithm("RS256"), crypto::view(crypto::sha256(front)));
  expect_denied(front + "." + to_base64url(*signature), "a claim twice");
}

TEST_F(Attestations, TheKeyIsOneToEncryptBy) {
  const auto with_keys = [](Json keys) {
    auto claims = service().claims(kNow);
    claims["x-ms-runtime"]["keys"] = std::move(keys);
    return service().token(claims);
  };
  const Json rsa = service().claims(kNow)["x-ms-runtime"]["keys"][0];
  Json signs = rsa;
  signs["kid"] = "HCLAkPub";
  signs["key_ops"] = {"sign"};
  Json container = rsa;
  container["kid"] = "of-a-container";
  container.erase("key_ops");
  container["key_use"] = "enc";
  Json small = rsa;
  small["n"] = to_base64url(Bytes(128, '\xc1'));
  expect_denied(with_keys(Json::array()), "no keys");
  expect_denied(with_keys({signs}), "a key that signs");
  expect_denied(with_keys({small}), "a short key");
  expect_denied(with_keys({{{"kty", "EC"}, {"kid", "TpmEphemeralEncryptionKey"}}}), "a key that is none of RSA");
  EXPECT_EQ(read(with_keys({signs, container}))->key_id, "of-a-container");
  EXPECT_EQ(read(with_keys({container, rsa}))->key_id, "TpmEphemeralEncryptionKey");
}

TEST_F(Attestations, AnIssuerIsAnHttpsUrlWithKeys) {
  Json jwk = show_jwk(service().signer.numbers(), {});
  const std::string set = Json{{"keys", {jwk}}}.dump();
  EXPECT_EQ(read_attestation_issuer("https://attest.test/", set)->url, "https://attest.test");
  for (const char* url : {"", "attest.test", "http://attest.test", "https://", "https://attest test"}) {
    EXPECT_FALSE(read_attestation_issuer(url, set).has_value()) << url;
  }
  EXPECT_FALSE(read_attestation_issuer("https://attest.test", "{}").has_value());
}

}  // namespace
}  // namespace freehold::vault
