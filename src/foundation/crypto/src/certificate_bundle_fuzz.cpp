// PFX and PEM of any bytes: read within bounds, and what is read is a certificate of its key.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "crypto/key_certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::crypto;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto pem = read_pem(bytes);
  if (pem) FH_CHECK(certifies(pem->certificate, pem->key.numbers()));
  const auto pfx = read_pfx(bytes, freehold::Secret());
  if (pfx) FH_CHECK(certifies(pfx->certificate, pfx->key.numbers()));
  if (const auto facts = certificate_facts(bytes)) FH_CHECK(facts->sha1.size() == 20);
  return 0;
}
