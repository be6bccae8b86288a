// An attestation service and an environment of tests: tokens that are signed, and the key that releases are opened by.
#pragma once

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/attestation.h"
#include "src/jwk.h"

namespace freehold::vault {

class TestAttestation {
 public:
  static constexpr auto kUrl = "https://attest.test";

  [[nodiscard]] AttestationIssuer issuer() const {
    Json jwk = show_jwk(signer.numbers(), {});
    jwk.erase("key_ops");
    jwk["kid"] = "signer";
    return *read_attestation_issuer(kUrl, Json{{"keys", {jwk}}}.dump());
  }
  [[nodiscard]] Json claims(WallTime now) const {
    Json key = show_jwk(environment.numbers(), {"encrypt"});
    key["kid"] = "TpmEphemeralEncryptionKey";
    return {{"iss", kUrl},
            {"nbf", std::chrono::system_clock::to_time_t(now)},
            {"exp", std::chrono::system_clock::to_time_t(now) + 600},
            {"secure", true},
            {"x-ms-isolation-tee", {{"x-ms-attestation-type", "sevsnpvm"}}},
            {"x-ms-runtime", {{"keys", {key}}}}};
  }
  [[nodiscard]] std::string token(const Json& claims, Json header = Json::object()) const {
    Json whole = {{"alg", "RS256"}, {"kid", "signer"}};
    whole.update(header);
    const std::string front = to_base64url(whole.dump()) + "." + to_base64url(claims.dump());
    return front + "." +
           to_base64url(*signer.sign(*crypto::find_algorithm("RS256"), crypto::view(crypto::sha256(front))));
  }
  static std::string policy(std::string_view type = "sevsnpvm", std::string_view authority = kUrl) {
    return Json{{"version", "1.0.0"},
                {"anyOf",
                 {{{"authority", authority},
                   {"allOf",
                    {{{"claim", "x-ms-isolation-tee.x-ms-attestation-type"}, {"equals", type}},
                     {{"claim", "secure"}, {"equals", "true"}}}}}}}}
        .dump();
  }

  // Of a release's answer, and what the environment makes of it: the PKCS#8, or the octets.
  static Json payload_of(const std::string& token) {
    const auto first = token.find('.');
    return Json::parse(*from_base64url(token.substr(first + 1, token.rfind('.') - first - 1)));
  }
  [[nodiscard]] Secret opened(const Json& payload) const {
    const auto blob = Json::parse(*from_base64url(payload["response"]["key"]["key"].value("key_hsm", "")));
    const auto& header = blob["header"];
    EXPECT_EQ(blob["schema_version"], "1.0");
    EXPECT_EQ(header["alg"], "dir");
    EXPECT_EQ(header["enc"], "CKM_RSA_AES_KEY_WRAP");
    EXPECT_EQ(header["kid"], "TpmEphemeralEncryptionKey");
    const Bytes text = *from_base64url(blob["ciphertext"].get<std::string>());
    crypto::PrivateNumbers hidden;
    hidden.k = environment.unwrap(*crypto::find_algorithm("RSA-OAEP"), BytesView(text).substr(0, 256)).value();
    const auto aes = crypto::JoseKey::from_numbers({.type = crypto::KeyType::kOct, .bits = 256}, hidden).value();
    return aes.unwrap(*crypto::find_algorithm("CKM_AES_KEY_WRAP_PAD"), BytesView(text).substr(256)).value();
  }

  crypto::JoseKey signer = *crypto::JoseKey::generate_rsa(2'048, 65'537);
  crypto::JoseKey environment = *crypto::JoseKey::generate_rsa(2'048, 65'537);
};

}  // namespace freehold::vault
