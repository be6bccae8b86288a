// Tokens that others sign: what verifies, and what never does.
#include "crypto/verification_keys.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/certified_jws.h"
#include "crypto/digest.h"

namespace freehold::crypto {
namespace {

using Json = nlohmann::json;

Json jwk_of(const JoseKey& key, std::string_view id) {
  const auto& numbers = key.numbers();
  if (numbers.type == KeyType::kRsa) {
    return {{"kty", "RSA"}, {"kid", id}, {"n", to_base64url(numbers.n)}, {"e", to_base64url(numbers.e)}};
  }
  return {{"kty", "EC"},
          {"kid", id},
          {"crv", name_of(numbers.curve)},
          {"x", to_base64url(numbers.x)},
          {"y", to_base64url(numbers.y)}};
}

std::string set_of(const Json& jwk) { return Json{{"keys", {jwk}}}.dump(); }

std::string token_by(const JoseKey& key, std::string_view algorithm) {
  const std::string front =
      to_base64url(Json{{"alg", algorithm}, {"kid", "k"}}.dump()) + "." + to_base64url(R"({"iss":"https://a.test"})");
  const auto signature = key.sign(*find_algorithm(algorithm), view(sha256(front)));
  EXPECT_TRUE(signature.has_value());
  return front + "." + to_base64url(*signature);
}

bool verifies(const std::string& token, const std::string& set) {
  const auto keys = read_verification_keys(set);
  const auto parsed = parse_jwt(token);
  return keys && parsed && verify_by(*parsed, keys->front());
}

TEST(VerificationKeys, EachKindVerifiesWhatItSigned) {
  const auto rsa = *JoseKey::generate_rsa(2'048, 65'537);
  const auto ec = *JoseKey::generate_ec(Curve::kP256);
  EXPECT_TRUE(verifies(token_by(rsa, "RS256"), set_of(jwk_of(rsa, "k"))));
  EXPECT_TRUE(verifies(token_by(rsa, "PS256"), set_of(jwk_of(rsa, "k"))));
  EXPECT_TRUE(verifies(token_by(ec, "ES256"), set_of(jwk_of(ec, "k"))));
  auto other = token_by(rsa, "RS256");
  other[other.size() - 8] = other[other.size() - 8] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(verifies(other, set_of(jwk_of(rsa, "k"))));
  EXPECT_FALSE(verifies(token_by(*JoseKey::generate_rsa(2'048, 65'537), "RS256"), set_of(jwk_of(rsa, "k"))));
  auto named = jwk_of(rsa, "k");
  named["alg"] = "PS256";
  EXPECT_FALSE(verifies(token_by(rsa, "RS256"), set_of(named)));
  EXPECT_TRUE(verifies(token_by(rsa, "PS256"), set_of(named)));
}

// RFC 8725 section 2.1: no signature at all, and a public key taken for a shared secret.
TEST(VerificationKeys, NeitherNoneNorASharedSecretIsASignature) {
  const auto rsa = *JoseKey::generate_rsa(2'048, 65'537);
  const std::string set = set_of(jwk_of(rsa, "k"));
  const std::string none = to_base64url(R"({"alg":"none"})") + "." + to_base64url(R"({"iss":"https://a.test"})") + ".";
  EXPECT_FALSE(verifies(none, set));
  const std::string front = to_base64url(R"({"alg":"HS256"})") + "." + to_base64url(R"({"iss":"https://a.test"})");
  for (const std::string& secret : {set, std::string(rsa.numbers().n)}) {
    EXPECT_FALSE(verifies(front + "." + to_base64url(view(hmac_sha256(secret, front))), set));
  }
  EXPECT_FALSE(verifies(front + ".", set));
}

TEST(VerificationKeys, ASetMayGiveCertificatesInsteadOfNumbers) {
  SystemRandom random;
  const WallTime now = WallTime(std::chrono::seconds(1'700'000'000));
  const auto authority = make_authority("Attestation", now, random).value();
  const auto key = RsaSigningKey::generate().value();
  const auto chain =
      issue_signing_certificate(authority, key.public_key(), {.dns_names = {"*.vault.test"}}, now, random);
  ASSERT_TRUE(chain.has_value()) << chain.error().message;
  ASSERT_EQ(chain->size(), 2U);
  const std::string set = set_of({{"kty", "RSA"}, {"kid", "k"}, {"x5c", {to_base64(chain->front())}}});
  EXPECT_TRUE(verifies(sign_compact(key, R"({"alg":"RS256"})", R"({"iss":"https://a.test"})"), set));
}

TEST(VerificationKeys, WhatIsNoSetOfThemIsRefused) {
  const auto ec = *JoseKey::generate_ec(Curve::kP256);
  auto off_the_curve = jwk_of(ec, "k");
  off_the_curve["x"] = off_the_curve["y"];
  auto encrypts = jwk_of(ec, "k");
  encrypts["use"] = "enc";
  for (const std::string& set :
       {std::string(""), std::string("[]"), std::string("{}"), std::string(R"({"keys":[]})"), set_of(off_the_curve),
        set_of(encrypts), set_of({{"kty", "oct"}, {"k", "AAAA"}}),
        set_of({{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}}), set_of(7), std::string(70'000, ' ')}) {
    EXPECT_FALSE(read_verification_keys(set).has_value()) << set.substr(0, 100);
  }
}

}  // namespace
}  // namespace freehold::crypto
