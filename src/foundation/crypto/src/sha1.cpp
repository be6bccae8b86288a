#include "crypto/sha1.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace freehold::crypto {

std::array<std::uint8_t, 20> sha1(BytesView data) {
  std::array<std::uint8_t, 20> digest{};
  std::size_t size = 0;
  FH_CHECK(EVP_Q_digest(nullptr, "SHA1", nullptr, data.data(), data.size(), digest.data(), &size) == 1);
  FH_CHECK(size == digest.size());
  return digest;
}

}  // namespace freehold::crypto
