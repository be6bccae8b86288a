#include <algorithm>

#include "authn/account.h"

namespace freehold::gate {

bool admits(const NetworkRules& rules, std::string_view address) {
  if (address.empty()) return true;
  if (!rules.public_network) return false;
  if (rules.admits_all) return true;
  const auto peer = parse_ip(address);
  return peer && std::ranges::any_of(rules.admitted, [&](const IpRange& range) { return contains(range, *peer); });
}

}  // namespace freehold::gate
