// Parts of a security domain that somebody uploads: nothing that isn't sealed under the key opens, and what is sealed
// from the same bytes does.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "crypto/compact_jwe.h"
#include "crypto/secret_shares.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  using namespace freehold::crypto;
  const BytesView text(reinterpret_cast<const char*>(data), size);
  const Secret key(Bytes(kContentKeyBytes, 'k'));
  FH_CHECK(!open_direct(key, text));
  static SeededRandom random(1);
  if (size == 0 || size > kMaxSharedBytes) return 0;
  const Secret plain(text);
  const auto sealed = seal_direct(key, "t", plain, random);
  FH_CHECK(sealed && open_direct(key, *sealed)->view() == text);
  const auto shares = share_secret(plain, 3, 2, random);
  FH_CHECK(shares && join_shares(*shares, 2)->view() == text);
  return 0;
}
