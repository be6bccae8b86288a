// The body of Get User Delegation Key: no key is longer than seven days, whatever is asked.
#include <cstddef>
#include <cstdint>

#include "authn/delegation_key.h"
#include "base/check.h"
#include "src/key_info_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  const WallTime now(std::chrono::seconds(1'750'000'000));
  const auto info = blob::parse_key_info({reinterpret_cast<const char*>(data), size}, now);
  if (!info) return 0;
  FH_CHECK(info->start < info->expiry && info->expiry > now && info->expiry <= now + gate::kLongestDelegationKey);
  return 0;
}
