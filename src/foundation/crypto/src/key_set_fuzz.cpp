// Key sets and certificates: bytes that an administrator of a tenant hands in.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "crypto/client_proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto keys = crypto::read_key_set(text)) FH_CHECK(!keys->empty());
  if (const auto certificate = crypto::read_client_certificate(text)) {
    FH_CHECK(certificate->sha1.size() == 20 && certificate->sha256.size() == 32);
  }
  return 0;
}
