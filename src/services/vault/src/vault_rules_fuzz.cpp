// Bodies about vaults and rotation policies: whatever they say, what is kept of them can be read again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/rotation_rules.h"
#include "src/vault_row.h"
#include "src/vault_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::vault;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto period = parse_period(text)) FH_CHECK(after(0, *period) >= 0);
  const auto json = parse_object(text);
  if (!json) return 0;
  if (const auto policy = read_rotation_policy(*json, default_rotation_policy(), 1)) {
    ItemHead head;
    head.policy = policy->dump();
    static_cast<void>(rotation_due(head));
    FH_CHECK(expiry_by_policy(head, 1).value_or(2) > 1);
  }
  Vault vault;
  vault.name = "v-1";
  if (auto settings = read_vault({}, *json, {.tenant = {}, .api_version = "2022-07-01", .create = true})) {
    vault.settings = std::move(*settings);
    const auto again = decode_vault(encode_vault(vault));
    FH_CHECK(again.has_value() && again->settings.policies == vault.settings.policies);
    static_cast<void>(network_of(vault.settings));
  }
  static_cast<void>(change_policies({}, *json, PolicyChange::kAdd, {}));
  return 0;
}
