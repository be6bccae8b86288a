// The rows of Microsoft.KeyVault, and what can be asked of it besides vaults: names, and vaults that were deleted.
#include "base/encoding.h"
#include "src/provider_errors.h"
#include "src/vault_aliases.h"
#include "src/vault_provider.h"

namespace freehold::vault {
namespace {

using gate::resource::ActionAnswer;
using gate::resource::ActionCall;
using gate::resource::ResourceAction;
using At = ResourceAction::At;

constexpr std::string_view kProvider = "Microsoft.KeyVault";

// Newest first; newer ones are taken too (CLIENTS: what az, its profiles and the SDKs send).
std::vector<std::string> api_versions() {
  return {"2026-02-01", "2025-05-01",         "2024-11-01",         "2024-04-01-preview", "2023-07-01",
          "2023-02-01", "2022-11-01",         "2022-07-01",         "2022-02-01-preview", "2021-11-01-preview",
          "2021-10-01", "2021-06-01-preview", "2021-04-01-preview", "2020-04-01-preview", "2019-09-01",
          "2018-02-14", "2018-02-14-preview", "2016-10-01",         "2015-06-01"};
}

std::vector<ResourceAction> vault_actions() {
  const std::string prefix = "Microsoft.KeyVault/";
  const std::string item = "locations/{location}/deletedVaults/{vault}";
  return {{.name = "checkNameAvailability", .at = At::kSubscription, .action = prefix + "checkNameAvailability/read"},
          {.name = "deletedVaults",
           .at = At::kSubscription,
           .method = http::Method::kGet,
           .action = prefix + "deletedVaults/read"},
          {.name = item,
           .at = At::kSubscription,
           .method = http::Method::kGet,
           .action = prefix + "locations/deletedVaults/read"},
          {.name = item + "/purge",
           .at = At::kSubscription,
           .action = prefix + "locations/deletedVaults/purge/action",
           .alters = true},
          {.name = "operations", .at = At::kTenant, .method = http::Method::kGet, .any_caller = true}};
}

Json operation(std::string_view name, std::string_view resource, std::string_view what) {
  return {{"name", name},
          {"isDataAction", false},
          {"display", {{"provider", "Microsoft Key Vault"}, {"resource", resource}, {"operation", what}}}};
}

Json operations() {
  return {{"value",
           {operation("Microsoft.KeyVault/vaults/read", "Vault", "View Vault"),
            operation("Microsoft.KeyVault/vaults/write", "Vault", "Update Vault"),
            operation("Microsoft.KeyVault/vaults/delete", "Vault", "Delete Vault"),
            operation("Microsoft.KeyVault/vaults/accessPolicies/write", "Access Policy", "Update Access Policy"),
            operation("Microsoft.KeyVault/deletedVaults/read", "Vault", "View Soft Deleted Vaults"),
            operation("Microsoft.KeyVault/locations/deletedVaults/read", "Vault", "View Soft Deleted Vault"),
            operation("Microsoft.KeyVault/locations/deletedVaults/purge/action", "Vault", "Purge Soft Deleted Vault"),
            operation("Microsoft.KeyVault/checkNameAvailability/read", "Vault", "Check Name Availability"),
            operation("Microsoft.KeyVault/managedHSMs/read", "Managed HSM", "View Managed HSM"),
            operation("Microsoft.KeyVault/managedHSMs/write", "Managed HSM", "Update Managed HSM"),
            operation("Microsoft.KeyVault/managedHSMs/delete", "Managed HSM", "Delete Managed HSM"),
            operation("Microsoft.KeyVault/deletedManagedHsms/read", "Managed HSM", "View Soft Deleted Managed HSMs"),
            operation("Microsoft.KeyVault/locations/deletedManagedHsms/read", "Managed HSM",
                      "View Soft Deleted Managed HSM"),
            operation("Microsoft.KeyVault/locations/deletedManagedHsms/purge/action", "Managed HSM",
                      "Purge Soft Deleted Managed HSM"),
            operation("Microsoft.KeyVault/checkMhsmNameAvailability/read", "Managed HSM", "Check Name Availability")}}};
}

}  // namespace

void VaultProvider::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  registry.add_check(*this);
  registry.add({.provider = std::string(kProvider),
                .type = "vaults",
                .api_versions = api_versions(),
                .movable = true,
                .actions = vault_actions(),
                .data = {gate::DataClass::kCustomerData},
                .aliases = vault_aliases(),
                .absent_types = absent_vault_types(),
                .behind = this});
  registry.add({.provider = std::string(kProvider),
                .type = "vaults/accessPolicies",
                .api_versions = api_versions(),
                .verbs = kPut,
                .tracked = false,
                .taggable = false,
                .data = {gate::DataClass::kCustomerData},
                .behind = this});
}

ApiResult<Json> VaultProvider::check_name(const Json& body) const {
  const auto name = text_member(body, "name", 512);
  if (!name) return provider_errors::of(name.error());
  if (!*name) return provider_errors::bad_request("'name' is required.");
  const auto no = [](std::string_view reason, const gate::ApiError& error) -> Json {
    return {{"nameAvailable", false}, {"reason", reason}, {"message", error.message}};
  };
  if (!is_vault_name(**name)) return no("AccountNameInvalid", provider_errors::name_invalid(**name).error());
  if (vaults_.is_taken(**name)) return no("AlreadyExists", provider_errors::name_taken(**name).error());
  return Json{{"nameAvailable", true}};
}

Json VaultProvider::list_deleted(SubscriptionId subscription, TenantId tenant) const {
  Json found = Json::array();
  for (const auto& vault : vaults_.listed(VaultState::kDeleted)) {
    if (vault->tenant == tenant && vault->subscription == subscription) found.push_back(show_deleted_vault(*vault));
  }
  return {{"value", std::move(found)}};
}

// Of ".../providers/Microsoft.KeyVault/locations/L/deletedVaults/N".
VaultPtr VaultProvider::find_deleted(const ResourceId& id, TenantId tenant) const {
  if (id.parts.empty() || id.parts.back().names.size() != 2 || !id.subscription) return nullptr;
  auto vault = vaults_.find_deleted(id.parts.back().names.back());
  const bool ours = vault && vault->tenant == tenant && vault->subscription == *id.subscription;
  return ours && equals_ignoring_case(id.parts.back().names.front(), vault->settings.location) ? vault : nullptr;
}

Task<ApiResult<>> VaultProvider::purge(VaultPtr vault) {
  if (vault->settings.purge_protection) co_return provider_errors::purge_not_allowed();
  const auto gone = co_await vaults_.purge(vault);
  keys_.forget(vault->id);
  if (!gone) co_return provider_errors::of(gone.error());
  co_return ApiResult<>();
}

Task<ApiResult<ActionAnswer>> VaultProvider::act(ActionCall call) {
  if (call.action == "operations") co_return ActionAnswer{.body = operations()};
  if (call.action == "checkNameAvailability") {
    FH_CO_TRY(auto answer, check_name(call.body));
    co_return ActionAnswer{.body = std::move(answer)};
  }
  const auto tenant = call.caller.tenant;
  if (call.action == "deletedVaults") {
    co_return ActionAnswer{.body = list_deleted(call.id.subscription.value_or(SubscriptionId{}), tenant)};
  }
  const auto vault = find_deleted(call.id, tenant);
  if (!vault) {
    co_return provider_errors::deleted_vault_not_found(call.id.parts.empty() ? "" : call.id.parts.back().names.back());
  }
  if (!call.action.ends_with("/purge")) co_return ActionAnswer{.body = show_deleted_vault(*vault)};
  FH_CO_CHECK_OK(co_await purge(vault));
  co_return ActionAnswer{.status = 200};
}

}  // namespace freehold::vault
