// An authority outside of all vaults, which signs what they ask it to.
#pragma once

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/key_certificate.h"

namespace freehold::vault {

// The key of a request for P-256: the point at the end of its SubjectPublicKeyInfo.
[[nodiscard]] inline crypto::PublicNumbers key_of_request(const Bytes& csr) {
  const Bytes before = *from_hex("06082a8648ce3d030107034200") + Bytes(1, 4);
  const auto at = csr.find(before);
  EXPECT_NE(at, csr.npos);
  const auto point = csr.substr(at + before.size(), 64);
  return {.type = crypto::KeyType::kEc, .curve = crypto::Curve::kP256, .x = point.substr(0, 32), .y = point.substr(32)};
}

// DER of a certificate by "CN=Elsewhere", as `csr` in base64 asks for it.
[[nodiscard]] inline Bytes signed_elsewhere(const std::string& csr, int months, WallTime now, Random& random) {
  const auto authority = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto above = *crypto::self_signed(
      authority, {.subject = "CN=Elsewhere", .key_uses = {"keyCertSign"}, .validity_months = 240, .authority = true},
      now, random);
  const auto document = *crypto::unsigned_certificate(key_of_request(from_base64(csr).value_or(Bytes())),
                                                      {.subject = "CN=example.test", .validity_months = months}, above,
                                                      authority.numbers(), now, random);
  return crypto::signed_document(document, *authority.sign(document.algorithm, document.digest));
}

}  // namespace freehold::vault
