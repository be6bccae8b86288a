// Tokens: bytes from callers that nobody knows yet. What is taken apart must hold together, and nothing verifies.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "crypto/jwt.h"

namespace {

const freehold::crypto::RsaPublicKey& some_key() {
  static const auto key =
      *freehold::crypto::RsaPublicKey::from_numbers(freehold::Bytes(256, '\xa7'), freehold::Bytes("\x01\x00\x01", 3));
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto token = freehold::crypto::parse_jwt(text);
  if (!token) return 0;
  FH_CHECK(text.starts_with(token->signed_part));
  FH_CHECK(!token->header.values.contains("crit"));
  FH_CHECK(!freehold::crypto::verify(*token, some_key()));
  return 0;
}
