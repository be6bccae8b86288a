#include "crypto/client_proof.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/random.h"
#include "crypto/one_time_code.h"
#include "crypto/password_hash.h"

namespace freehold::crypto {
namespace {

TEST(Passwords, AreKnownAgainAndNothingElseIs) {
  SeededRandom random(1);
  const auto kept = hash_password("correct horse", random);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(is_password(*kept, "correct horse"));
  EXPECT_FALSE(is_password(*kept, "correct horse "));
  EXPECT_FALSE(is_password(*kept, ""));
  const auto again = hash_password("correct horse", random);
  ASSERT_TRUE(again);
  EXPECT_NE(again->digest, kept->digest);  // a salt of its own
  EXPECT_FALSE(hash_password(std::string(kMaxPasswordBytes + 1, 'a'), random));
}

TEST(Passwords, ARowThatAsksForGigabytesIsRefused) {
  SeededRandom random(1);
  auto kept = hash_password("correct horse", random);
  ASSERT_TRUE(kept);
  kept->memory_kib = 1u << 30;
  EXPECT_FALSE(is_password(*kept, "correct horse"));
}

// RFC 6238 appendix B, the last six digits.
TEST(OneTimeCodes, AreThoseOfTheSpecification) {
  const Secret secret(BytesView("12345678901234567890"));
  EXPECT_EQ(one_time_code(secret, 59 / 30), "287082");
  EXPECT_EQ(one_time_code(secret, 1'111'111'109 / 30), "081804");
  EXPECT_EQ(one_time_code(secret, 20'000'000'000 / 30), "353130");
}

TEST(OneTimeCodes, HoldForTheStepsBesideTheirOwn) {
  const Secret secret(BytesView("12345678901234567890"));
  const WallTime now{std::chrono::seconds(1'750'000'000)};
  const auto step = static_cast<std::uint64_t>(1'750'000'000 / 30);
  for (const int off : {-1, 0, 1}) {
    const auto there = step + static_cast<std::uint64_t>(off);
    EXPECT_EQ(step_of_code(secret, one_time_code(secret, there), now), there);
  }
  EXPECT_FALSE(step_of_code(secret, one_time_code(secret, step + 2), now));
  EXPECT_FALSE(step_of_code(secret, one_time_code(secret, step - 2), now));
  EXPECT_FALSE(step_of_code(secret, "", now));
}

TEST(OneTimeCodes, SecretsAreReadAsAppsWriteThem) {
  const auto secret = secret_from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->view(), "12345678901234567890");
  EXPECT_TRUE(secret_from_base32("mzxw6mzxw6mzxw6mzxw6mzxw6m======"));
  for (const auto* bad : {"", "mzxw6===", "MZXW6MZXW6MZXW6MZXW6MZXW6", "1", "A B", "===", "\xff"})
    EXPECT_FALSE(secret_from_base32(bad)) << bad;
}

constexpr std::string_view kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIDATCCAemgAwIBAgIUPJ8Iacjihq7fcdSpFzdGnzaK8qwwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIwNjMzMjNaGA8yMTI2MTAyOTA2
MzMyM1owDzENMAsGA1UEAwwEdGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC
AQoCggEBAOBTQ7lxbm/G7ZwWGG6BGgfZHAQsGfqggQ4rn7xG7CBDSigk6MtMVHa0
lw4RRmRDafOG6Zx/hM2hbZ6qtzN0J0IbqCQDja4xrlhkT/mOJG0X3OGcbXkiJUTO
acLbYVBHX1oIpODrxwPD3SRqvJTlx5Pjy43ZOUlbfjDcrkVPDoGDiq84V2B6FCDV
VM6R+fm6OWcnMtrxcdMhZC3w9T8xAw1Yw9NlQHfnlpab5BFEyiwMF9Dn8EUOCAHP
ssDaRJUOw+bv3MdsHvO3CArKDOCXLrzzTTHvy89DcJnYy45xctyBc7+ZF5jYiTfS
Ae5Y5fg8EGJC0oDMBB5Jj3/w9IlzETECAwEAAaNTMFEwHQYDVR0OBBYEFHgklLQU
PK8OIRILUnX/FEPS9iZXMB8GA1UdIwQYMBaAFHgklLQUPK8OIRILUnX/FEPS9iZX
MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAGygJUpgCDkYTMNp
9P1xLPbJ7jpzx/X+WWCtLxz9JNwxT+h64fAosrBBSxXNa9YhYAV3BAQxo17pkOFI
SKhG8QrUAZHLU4dziz7dEu5fUL78taQU1Ir/j8TnUbsiuRKW5iY6jwG4IDAjNHo4
vDdASPixn1Zc/FUSsFhS8sdOTP0wY8wzmPA/J7H5ddwnsFl4bvE8mDDlzEb6zsAl
DdfNgL2cd+sul/8IuGrhESZrehs7YegRIngWHoHm1bQ0KWEdpxid//TZ2I9ckcnE
F9NK3J7fSZGfH3aSbX8yEh3Y5ZB2ykw5RCOaayqD6nv1pMSkB0kno/bGn4VGo4/5
8/XDQeI=
-----END CERTIFICATE-----)";
// Signed by its key with openssl: PS256 with a salt of 32 bytes, RS256, PS256 with a salt of 20 bytes.
constexpr std::string_view kPs256 =
    "eyJhbGciOiAiUFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYSJ9.gTN427tvevkfP_20JhBygtWFgWmkCyCUzyy9DI1FyVryDk-"
    "M5v95qVb46z8pUS_mjRtf4CJckGzZGlilJ5oHPtzjbPWhgOpEilOy2l83i2wHhb5rZk5JKcukEOsUdBSgnHPSWUiaPo7952Tw9y-21e9Q"
    "5sqW95Rm0BRzBVE02UXa1EVw8xY-8aEBlYp_xeZSC31pXdeogcraPDRkj9p9PiEqXRjkvZlRDo0BbJc-K3XSPXgY7vjwHtzYLLTKW4gap"
    "lOnx29cDA3ASNiXXSqPfvR6YiA00R9zR3U0LdKBQfTLqENeJkqkqKIMwCyvSvEvkErTI3kuxTy37tcQtcl_IQ";
constexpr std::string_view kRs256 =
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYSJ9.pd2iZqDbltiWwc8H7dd0KL0i0eJXDH_45RRguk-OO15lnt9"
    "zaWpqUx32Hv4ks4TlD2ocROGSYcecy9S35GLA5358siaHz4h8qerMJYVM9DEpY5CS-73JxVnrJmmeMBhkcQwsym-9bjngbRprBWN3JOAi"
    "VoZlPqSDvMiJj71FxnmPClkHgrJsZ90Fe3wV5W0Iu6IOHYlf0_RPtcvqsDSG9rTSVNioWkfn-quKQ5r9CdY2471HZ9PIeXCe3El0fDON9"
    "Xh7CVWv1Vh0a1qrUzOxQT1o-DS8al_qTIi27hebLGns8HQ2pDrrhSdp5x234yt65cIo7V4s90v2PyNAMh9ZaA";
constexpr std::string_view kShortSalt =
    "eyJhbGciOiAiUFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiYSJ9.D7S5aDwvvEv2aAu5Y7hGmIRBE2lJ4c_95o61jqjZ1w2zjLe"
    "NhmCIlKXwhdiTpPhO9E9BbJUI3ZKePjuR8R4VN_3ko7pi_5mhpqdgvxBMZrtgPsU0DPuNUUR0IwNJjyYe0JGZDiKGrVUewVVkM2FDUq2M"
    "oEqqk3F0teePi7RRDPIe_kKHNj6NgnU49KJw4119Y9LYwQCK6iL9fajtQ_vPOuGo6eKAtC-gyogJDlvjMGwdCZEexe67QR7Pyrtl6CqwO"
    "wi6iSZVvQTC8p4eSQhLF1vO7cd9Nj2x9CxQJ_SYrF5kx5libpVvcbmp1UxQfpK-TFLv9VkG9EsSgVkrgnebpQ";

TEST(Assertions, HoldWithEitherAlgorithmAndNoOther) {
  const auto certificate = read_client_certificate(kCertificate);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(to_hex(certificate->sha1), "ae137681b6cc16da4d1c5e633342ce5a3a35dab2");
  for (const auto text : {kPs256, kRs256}) {
    auto token = parse_jwt(text);
    ASSERT_TRUE(token);
    EXPECT_TRUE(verify_assertion(*token, certificate->key));
    token->signed_part += "x";
    EXPECT_FALSE(verify_assertion(*token, certificate->key));
  }
  const auto short_salt = parse_jwt(kShortSalt);
  ASSERT_TRUE(short_salt);
  EXPECT_FALSE(verify_assertion(*short_salt, certificate->key));
}

TEST(KeySets, HoldTheRsaKeysThatSign) {
  const std::string n = to_base64url(read_client_certificate(kCertificate)->key.modulus());
  const auto set = [&](const std::string& use) {
    return R"({"keys":[{"kty":"EC"},{"kty":"RSA","kid":"a","e":"AQAB","use":")" + use + R"(","n":")" + n + R"("}]})";
  };
  const auto keys = read_key_set(set("sig"));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ((*keys)[0].id, "a");
  EXPECT_FALSE(read_key_set(set("enc")));
  for (const auto* bad : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[1]})"}) EXPECT_FALSE(read_key_set(bad)) << bad;
}

}  // namespace
}  // namespace freehold::crypto
