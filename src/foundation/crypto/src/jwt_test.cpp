#include "crypto/jwt.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace freehold::crypto {
namespace {

const RsaSigningKey& test_key() {
  static const RsaSigningKey key = std::move(*RsaSigningKey::generate());
  return key;
}

std::string made(std::string_view header, std::string_view claims, std::string_view signature = "") {
  return to_base64url(header) + "." + to_base64url(claims) + "." + to_base64url(signature);
}

TEST(Jwt, WhatWasSignedVerifiesAndTellsItsClaims) {
  const auto token = parse_jwt(sign_jwt(test_key(), R"({"aud":"a","exp":17,"wids":["x","y"],"app":true})"));
  ASSERT_TRUE(token);
  EXPECT_TRUE(verify(*token, test_key().public_key()));
  EXPECT_EQ(token->header.text("kid"), test_key().public_key().thumbprint());
  EXPECT_EQ(token->claims.text("aud"), "a");
  EXPECT_EQ(token->claims.number("exp"), 17);
  EXPECT_EQ(std::get<std::vector<std::string>>(token->claims.values.at("wids")), (std::vector<std::string>{"x", "y"}));
  EXPECT_FALSE(token->claims.number("aud"));
}

TEST(Jwt, AnAlteredTokenDoesNotVerify) {
  const auto token = sign_jwt(test_key(), R"({"sub":"me"})");
  const auto parts = parse_jwt(token);
  ASSERT_TRUE(parts);
  const auto forged = parse_jwt(parts->signed_part.substr(0, parts->signed_part.find('.')) + "." +
                                to_base64url(R"({"sub":"it"})") + "." + to_base64url(parts->signature));
  ASSERT_TRUE(forged);
  EXPECT_FALSE(verify(*forged, test_key().public_key()));
  const auto other = RsaSigningKey::generate();
  ASSERT_TRUE(other);
  EXPECT_FALSE(verify(*parts, other->public_key()));
}

// RFC 8725 section 2.1: none, and an HMAC with the public key as its secret.
TEST(Jwt, OtherAlgorithmsAreNeverBelieved) {
  const auto& key = test_key().public_key();
  for (const std::string_view algorithm : {"none", "None", "HS256", "RS512", "rs256", ""}) {
    auto token = made(R"({"alg":")" + std::string(algorithm) + R"("})", "{}");
    token.resize(token.rfind('.'));
    const auto mac = hmac_sha256(key.modulus(), token);
    const auto with_mac = parse_jwt(token + "." + to_base64url(view(mac)));
    ASSERT_TRUE(with_mac);
    EXPECT_FALSE(verify(*with_mac, key)) << algorithm;
    const auto with_right_signature = parse_jwt(token + "." + to_base64url(test_key().sign_rs256(token)));
    ASSERT_TRUE(with_right_signature);
    EXPECT_FALSE(verify(*with_right_signature, key)) << algorithm;
  }
}

TEST(Jwt, OnlyStrictTokensAreTakenApart) {
  const std::string deep(9, '[');
  const std::string closed(9, ']');
  const std::string good = made("{}", "{}");
  EXPECT_TRUE(parse_jwt(good));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), good + ".x", good + "=", made("[]", "{}"), made("{}", "1"),
        made("", "{}"), made("{}", "{} "), made("{}", R"({"a":1,"a":2})"), made(R"({"crit":["b64"]})", "{}"),
        made("{}", "{\"a\":" + deep + closed + "}"), made("{}", "{\"a\":\"\xff\"}"), made("{}", "{\"a\":1"),
        made("{}", R"({"a":01})"), std::string("e30 .e30.")}) {
    if (bad == made("{}", "{} ")) continue;  // white space around JSON is JSON
    EXPECT_FALSE(parse_jwt(bad)) << bad;
  }
  EXPECT_FALSE(parse_jwt(made("{}", "{\"a\":\"" + std::string(kMaxTokenBytes, 'x') + "\"}")));
}

TEST(Jwt, ListsOfOtherThingsAndObjectsAreNotKept) {
  const auto token = parse_jwt(made("{}", R"({"a":[1],"b":["x",1],"c":{"d":"e"},"f":null,"g":1.5,"h":"i"})"));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->claims.values.size(), 2u);
  EXPECT_EQ(token->claims.number("g"), 1);  // a time's fraction is cut off
  EXPECT_EQ(token->claims.text("h"), "i");
}

TEST(Rsa, AKeyComesBackFromItsBytes) {
  const auto again = RsaSigningKey::from_der(test_key().der());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key().thumbprint(), test_key().public_key().thumbprint());
  EXPECT_TRUE(test_key().public_key().verify_rs256("text", again->sign_rs256("text")));
  auto cut = Bytes(test_key().der().view());
  cut.pop_back();
  EXPECT_FALSE(RsaSigningKey::from_der(Secret(BytesView(cut))));
}

TEST(Rsa, WeakKeysAreRefused) {
  EXPECT_FALSE(RsaPublicKey::from_numbers(Bytes(128, '\xff'), Bytes("\x01\x00\x01", 3)));
  EXPECT_FALSE(RsaPublicKey::from_numbers(Bytes(256, '\xff'), Bytes("\x03", 1)));
  EXPECT_FALSE(RsaPublicKey::from_numbers(Bytes(256, '\xff'), Bytes("\x01\x00\x02", 3)));
  EXPECT_FALSE(RsaPublicKey::from_numbers(Bytes(1024, '\xff'), Bytes("\x01\x00\x01", 3)));
}

// RFC 7638 section 3.1.
TEST(Rsa, TheThumbprintIsTheStandardsOwn) {
  const auto modulus = from_base64url(
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
      "BJECPebWKRXjBZCiFV4n3oknjhMs"
      "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
      "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5haj"
      "rn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
      "kEgU8awapJzKnqDKgw");
  ASSERT_TRUE(modulus);
  const auto key = RsaPublicKey::from_numbers(*modulus, Bytes("\x01\x00\x01", 3));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

}  // namespace
}  // namespace freehold::crypto
