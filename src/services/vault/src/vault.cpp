#include "src/vault.h"

#include <algorithm>

namespace freehold::vault {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::string_view kOfPools = ".managedhsm";  // no name has a dot

}  // namespace

std::string recorded_pool(std::string_view name) { return std::string(name).append(kOfPools); }

std::string recorded_name(const Vault& vault) { return vault.pool ? recorded_pool(vault.name) : vault.name; }

std::string_view name_in_record(std::string_view recorded) {
  if (recorded.ends_with(kOfPools)) recorded.remove_suffix(kOfPools.size());
  return recorded;
}

std::string vault_path(const Vault& vault) {
  return "/subscriptions/" + to_string(vault.subscription) + "/resourceGroups/" + vault.resource_group +
         "/providers/Microsoft.KeyVault/" + (vault.pool ? "managedHSMs/" : "vaults/") + vault.name;
}

gate::NetworkRules network_of(const VaultSettings& settings) {
  gate::NetworkRules rules{.public_network = settings.public_network, .admits_all = settings.admits_all};
  for (const auto& text : settings.ip_rules) {
    if (const auto range = gate::parse_ip_network(text)) rules.admitted.push_back(*range);
  }
  return rules;
}

bool is_vault_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 24 || !is_letter(name.front()) || name.back() == '-') return false;
  if (name.find("--") != name.npos) return false;
  return std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

}  // namespace freehold::vault
