// Keys of vaults: against Project Wycheproof's vectors, must-reject cases included, and among themselves.
#include "crypto/jose_key.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/jose_state.h"
#include "src/wycheproof.h"

namespace freehold::crypto {
namespace {

using testing::hex;
using testing::Json;
using testing::vectors;

const JoseAlgorithm& algorithm(std::string_view name) {
  const auto* found = find_algorithm(name);
  FH_CHECK(found != nullptr);
  return *found;
}

// What Wycheproof calls acceptable is legal and unusual: either answer is right.
bool must_pass(const Json& test) { return test.at("result") == "valid"; }
bool must_fail(const Json& test) { return test.at("result") == "invalid"; }

JoseKey rsa_from_jwk(const Json& jwk) {
  const auto number = [&](const char* name) { return *from_base64url(jwk.at(name).get<std::string>()); };
  const auto secret = [&](const char* name) { return Secret(BytesView(number(name))); };
  PrivateNumbers hidden;
  hidden.d = secret("d");
  hidden.p = secret("p");
  hidden.q = secret("q");
  hidden.dp = secret("dp");
  hidden.dq = secret("dq");
  hidden.qi = secret("qi");
  auto key = JoseKey::from_numbers({.type = KeyType::kRsa, .n = number("n"), .e = number("e")}, hidden);
  FH_CHECK(key.has_value());
  return *key;
}

JoseKey oct_from(BytesView bytes) {
  PrivateNumbers hidden;
  hidden.k = Secret(bytes);
  auto key = JoseKey::from_numbers({.type = KeyType::kOct}, hidden);
  FH_CHECK(key.has_value());
  return *key;
}

void check_rsa_decryption(const std::string& file, std::string_view name) {
  const auto all = vectors(file);
  if (!all) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  std::size_t checked = 0;
  for (const Json& group : all->at("testGroups")) {
    const auto key = rsa_from_jwk(group.at("privateKeyJwk"));
    for (const Json& test : group.at("tests")) {
      if (!test.value("label", "").empty()) continue;  // the API has no labels
      const auto plain = key.decrypt(algorithm(name), {.text = hex(test, "ct")}, {});
      if (must_pass(test)) {
        ASSERT_TRUE(plain) << test.dump();
        EXPECT_EQ(plain->view(), hex(test, "msg"));
      }
      if (must_fail(test)) EXPECT_FALSE(plain) << test.dump();
      ++checked;
    }
  }
  EXPECT_GT(checked, 20u);
}

TEST(JoseKeyWycheproof, RsaOaep) { check_rsa_decryption("rsa_oaep_2048_sha1_mgf1sha1_test.json", "RSA-OAEP"); }
TEST(JoseKeyWycheproof, RsaOaep256) {
  check_rsa_decryption("rsa_oaep_2048_sha256_mgf1sha256_test.json", "RSA-OAEP-256");
}
TEST(JoseKeyWycheproof, RsaOaep256WithALongerKey) {
  check_rsa_decryption("rsa_oaep_3072_sha256_mgf1sha256_test.json", "RSA-OAEP-256");
}
TEST(JoseKeyWycheproof, RsaPkcs1) { check_rsa_decryption("rsa_pkcs1_2048_test.json", "RSA1_5"); }

void check_verification(const std::string& file, std::string_view name) {
  const auto all = vectors(file);
  if (!all) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  std::size_t checked = 0;
  for (const Json& group : all->at("testGroups")) {
    const Bytes der = hex(group, group.contains("publicKeyDer") ? "publicKeyDer" : "publicKeyAsn");
    const unsigned char* at = octets(der.data());
    const PkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    ASSERT_TRUE(key);
    for (const Json& test : group.at("tests")) {
      Bytes digest(EVP_MAX_MD_SIZE, '\0');
      unsigned size = 0;
      const Bytes message = hex(test, "msg");
      ASSERT_EQ(EVP_Digest(message.data(), message.size(), octets(digest.data()), &size,
                           digest_of(algorithm(name).hash), nullptr),
                1);
      digest.resize(size);
      const bool right = pkey_verify(key.get(), algorithm(name), digest, hex(test, "sig"));
      if (must_pass(test)) EXPECT_TRUE(right) << test.dump();
      if (must_fail(test)) EXPECT_FALSE(right) << test.dump();
      ++checked;
    }
  }
  EXPECT_GT(checked, 50u);
}

TEST(JoseKeyWycheproof, Es256) { check_verification("ecdsa_secp256r1_sha256_p1363_test.json", "ES256"); }
TEST(JoseKeyWycheproof, Es384) { check_verification("ecdsa_secp384r1_sha384_p1363_test.json", "ES384"); }
TEST(JoseKeyWycheproof, Es512) { check_verification("ecdsa_secp521r1_sha512_p1363_test.json", "ES512"); }
TEST(JoseKeyWycheproof, Es256K) { check_verification("ecdsa_secp256k1_sha256_p1363_test.json", "ES256K"); }
TEST(JoseKeyWycheproof, Ps256) { check_verification("rsa_pss_2048_sha256_mgf1_32_test.json", "PS256"); }
TEST(JoseKeyWycheproof, Rs256) { check_verification("rsa_signature_2048_sha256_test.json", "RS256"); }

TEST(JoseKeyWycheproof, AesCbcPad) {
  const auto all = vectors("aes_cbc_pkcs5_test.json");
  if (!all) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  for (const Json& group : all->at("testGroups")) {
    const auto& wanted = algorithm("A" + std::to_string(group.at("keySize").get<int>()) + "CBCPAD");
    for (const Json& test : group.at("tests")) {
      const auto key = oct_from(hex(test, "key"));
      const auto plain = key.decrypt(wanted, {.text = hex(test, "ct"), .iv = hex(test, "iv")}, {});
      EXPECT_EQ(plain.has_value(), must_pass(test)) << test.dump();
      if (!must_pass(test) || !plain) continue;
      EXPECT_EQ(plain->view(), hex(test, "msg"));
      SystemRandom random;
      EXPECT_EQ(key.encrypt(wanted, hex(test, "msg"), hex(test, "iv"), {}, random)->text, hex(test, "ct"));
    }
  }
}

TEST(JoseKeyWycheproof, AesGcm) {
  const auto all = vectors("aes_gcm_test.json");
  if (!all) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  std::size_t checked = 0;
  for (const Json& group : all->at("testGroups")) {
    if (group.at("ivSize") != 96 || group.at("tagSize") != 128) continue;
    const auto& wanted = algorithm("A" + std::to_string(group.at("keySize").get<int>()) + "GCM");
    for (const Json& test : group.at("tests")) {
      const JoseEncrypted text{.text = hex(test, "ct"), .iv = hex(test, "iv"), .tag = hex(test, "tag")};
      const auto plain = oct_from(hex(test, "key")).decrypt(wanted, text, hex(test, "aad"));
      EXPECT_EQ(plain.has_value(), must_pass(test)) << test.dump();
      if (plain) EXPECT_EQ(plain->view(), hex(test, "msg"));
      ++checked;
    }
  }
  EXPECT_GT(checked, 100u);
}

void check_wrap(const std::string& file, const std::function<std::string(int)>& name) {
  const auto all = vectors(file);
  if (!all) GTEST_SKIP() << "no Wycheproof vectors under " << FREEHOLD_VECTORS;
  for (const Json& group : all->at("testGroups")) {
    const auto& wanted = algorithm(name(group.at("keySize").get<int>()));
    for (const Json& test : group.at("tests")) {
      const auto key = oct_from(hex(test, "key"));
      const auto plain = key.unwrap(wanted, hex(test, "ct"));
      if (must_pass(test)) {
        ASSERT_TRUE(plain) << test.dump();
        EXPECT_EQ(plain->view(), hex(test, "msg"));
        EXPECT_EQ(*key.wrap(wanted, Secret(BytesView(hex(test, "msg")))), hex(test, "ct"));
      }
      if (must_fail(test)) EXPECT_FALSE(plain) << test.dump();
    }
  }
}

TEST(JoseKeyWycheproof, AesKeyWrap) {
  check_wrap("aes_wrap_test.json", [](int bits) { return "A" + std::to_string(bits) + "KW"; });
}
TEST(JoseKeyWycheproof, AesKeyWrapPad) {
  check_wrap("aes_kwp_test.json", [](int) { return std::string("CKM_AES_KEY_WRAP_PAD"); });
}

TEST(JoseKey, IsTheSameAfterItWasKept) {
  SystemRandom random;
  const Result<JoseKey> keys[] = {JoseKey::generate_rsa(2'048, 65'537), JoseKey::generate_ec(Curve::kP521),
                                  JoseKey::generate_ec(Curve::kP256K), JoseKey::generate_oct(192, random)};
  const char* algorithms[] = {"PS512", "ES512", "ES256K", "HS384"};
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(keys[i]) << i;
    const auto again = JoseKey::from_secret(keys[i]->numbers().type, keys[i]->secret());
    ASSERT_TRUE(again) << i;
    EXPECT_EQ(again->numbers().n, keys[i]->numbers().n);
    EXPECT_EQ(again->numbers().x, keys[i]->numbers().x);
    const auto& how = algorithm(algorithms[i]);
    const Bytes digest(size_of(how.hash), 'd');
    EXPECT_TRUE(*again->verify(how, digest, *keys[i]->sign(how, digest)));
  }
}

TEST(JoseKey, NumbersThatDoNotBelongTogetherAreNoKey) {
  const auto key = *JoseKey::generate_ec(Curve::kP256);
  const auto other = *JoseKey::generate_ec(Curve::kP256);
  auto mixed = key.numbers();
  PrivateNumbers hidden;
  hidden.d = Secret(BytesView(Bytes(32, '\x01')));
  EXPECT_FALSE(JoseKey::from_numbers(mixed, hidden));
  mixed.y = other.numbers().y;  // a point beside the curve
  EXPECT_FALSE(JoseKey::from_numbers(mixed, hidden));
  EXPECT_FALSE(JoseKey::from_secret(KeyType::kEc, Secret(BytesView("not DER"))));
  EXPECT_FALSE(JoseKey::from_secret(KeyType::kRsa, key.secret()));
  EXPECT_FALSE(JoseKey::generate_rsa(1'024, 65'537));
  EXPECT_FALSE(JoseKey::generate_rsa(2'048, 3));
}

TEST(JoseKey, EachAlgorithmIsForItsOwnKind) {
  SystemRandom random;
  const auto ec = *JoseKey::generate_ec(Curve::kP256);
  const auto oct = *JoseKey::generate_oct(128, random);
  EXPECT_FALSE(ec.sign(algorithm("ES384"), Bytes(48, 'd')));
  EXPECT_FALSE(ec.sign(algorithm("ES256K"), Bytes(32, 'd')));
  EXPECT_FALSE(ec.sign(algorithm("HS256"), Bytes(32, 'd')));
  EXPECT_FALSE(ec.encrypt(algorithm("RSA-OAEP"), "x", {}, {}, random));
  EXPECT_FALSE(oct.encrypt(algorithm("A256GCM"), "x", {}, {}, random));
  EXPECT_FALSE(oct.encrypt(algorithm("A128KW"), "x", {}, {}, random));
  EXPECT_FALSE(oct.wrap(algorithm("A128CBC"), Secret(16)));
  EXPECT_EQ(find_algorithm("none"), nullptr);
  EXPECT_EQ(find_algorithm("rs256"), nullptr);
}

}  // namespace
}  // namespace freehold::crypto
