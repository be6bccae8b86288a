// Bodies that bring a JSON web key: read within bounds; what is shown again has nothing hidden in it.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/jwk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::vault;
  const auto json = parse_object({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  static_cast<void>(read_key_ops(*json));
  const auto jwk = read_jwk(*json);
  if (!jwk) return 0;
  const auto shown = show_jwk(jwk->open, default_key_ops(jwk->kind.type));
  for (const char* hidden : {"d", "p", "q", "dp", "dq", "qi", "k"}) FH_CHECK(!shown.contains(hidden));
  // Small ones only: whether large numbers are prime takes its time.
  if (jwk->kind.type != freehold::crypto::KeyType::kRsa) {
    static_cast<void>(freehold::crypto::JoseKey::from_numbers(jwk->open, jwk->hidden));
  }
  return 0;
}
