#include "src/hsm_provider.h"

#include "base/check.h"
#include "base/encoding.h"
#include "src/hsm_errors.h"
#include "src/provider_errors.h"
#include "src/vault_provider.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

using gate::resource::ActionAnswer;
using gate::resource::ActionCall;
using gate::resource::ApprovedChange;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using gate::resource::ResourceAction;
using gate::resource::Written;
using At = ResourceAction::At;

constexpr std::string_view kType = "Microsoft.KeyVault/managedHSMs";

bool stands_in(const Vault& pool, TenantId tenant, SubscriptionId subscription, std::string_view group) {
  return pool.tenant == tenant && pool.subscription == subscription &&
         (group.empty() || equals_ignoring_case(pool.resource_group, group));
}

Asked asked_by(const ProposedChange& change, bool create) {
  return {.tenant = change.caller.tenant, .api_version = change.api_version, .create = create};
}

// CLIENTS: az 2.45 sends 2022-07-01; arm-keyvault's versions since pools are there.
std::vector<std::string> api_versions() {
  return {"2026-02-01", "2025-05-01",         "2024-11-01",         "2024-04-01-preview", "2023-07-01",
          "2023-02-01", "2022-11-01",         "2022-07-01",         "2022-02-01-preview", "2021-11-01-preview",
          "2021-10-01", "2021-06-01-preview", "2021-04-01-preview", "2020-04-01-preview"};
}

std::vector<ResourceAction> pool_actions() {
  const std::string prefix = "Microsoft.KeyVault/";
  const std::string item = "locations/{location}/deletedManagedHSMs/{name}";
  return {{.name = "checkMhsmNameAvailability",
           .at = At::kSubscription,
           .action = prefix + "checkMhsmNameAvailability/read"},
          {.name = "deletedManagedHSMs",
           .at = At::kSubscription,
           .method = http::Method::kGet,
           .action = prefix + "deletedManagedHsms/read"},
          {.name = item,
           .at = At::kSubscription,
           .method = http::Method::kGet,
           .action = prefix + "locations/deletedManagedHsms/read"},
          {.name = item + "/purge",
           .at = At::kSubscription,
           .action = prefix + "locations/deletedManagedHsms/purge/action",
           .alters = true},
          {.name = "regions", .method = http::Method::kGet, .action = prefix + "managedHSMs/regions/read"}};
}

constexpr gate::resource::PropertyAlias kAliases[] = {
    {"Microsoft.KeyVault/managedHSMs/createMode", "properties.createMode"},
    {"Microsoft.KeyVault/managedHSMs/enablePurgeProtection", "properties.enablePurgeProtection"},
    {"Microsoft.KeyVault/managedHSMs/enableSoftDelete", "properties.enableSoftDelete"},
    {"Microsoft.KeyVault/managedHSMs/hsmUri", "properties.hsmUri"},
    {"Microsoft.KeyVault/managedHSMs/initialAdminObjectIds", "properties.initialAdminObjectIds"},
    {"Microsoft.KeyVault/managedHSMs/initialAdminObjectIds[*]", "properties.initialAdminObjectIds[*]"},
    {"Microsoft.KeyVault/managedHSMs/networkAcls", "properties.networkAcls"},
    {"Microsoft.KeyVault/managedHSMs/networkAcls.bypass", "properties.networkAcls.bypass", true},
    {"Microsoft.KeyVault/managedHSMs/networkAcls.defaultAction", "properties.networkAcls.defaultAction", true},
    {"Microsoft.KeyVault/managedHSMs/networkAcls.ipRules", "properties.networkAcls.ipRules"},
    {"Microsoft.KeyVault/managedHSMs/networkAcls.ipRules[*]", "properties.networkAcls.ipRules[*]"},
    {"Microsoft.KeyVault/managedHSMs/networkAcls.ipRules[*].value", "properties.networkAcls.ipRules[*].value"},
    {"Microsoft.KeyVault/managedHSMs/provisioningState", "properties.provisioningState"},
    {"Microsoft.KeyVault/managedHSMs/publicNetworkAccess", "properties.publicNetworkAccess", true},
    {"Microsoft.KeyVault/managedHSMs/sku.family", "sku.family"},
    {"Microsoft.KeyVault/managedHSMs/sku.name", "sku.name"},
    {"Microsoft.KeyVault/managedHSMs/softDeleteRetentionInDays", "properties.softDeleteRetentionInDays"},
    {"Microsoft.KeyVault/managedHSMs/tenantId", "properties.tenantId"},
};

}  // namespace

void PoolProvider::add_types(gate::resource::Registry& registry) {
  registry.add_check(*this);
  registry.add({.provider = "Microsoft.KeyVault",
                .type = "managedHSMs",
                .api_versions = api_versions(),
                .actions = pool_actions(),
                .data = {gate::DataClass::kCustomerData},
                .aliases = kAliases,
                .behind = this});
}

VaultPtr PoolProvider::find(const ResourceId& id, TenantId tenant) const {
  if (id.parts.size() != 1 || id.parts.front().names.empty() || !id.subscription || id.group.empty()) return nullptr;
  auto pool = pools_.find(id.parts.front().names.front());
  return pool && stands_in(*pool, tenant, *id.subscription, id.group) ? pool : nullptr;
}

VaultPtr PoolProvider::find_recoverable(const ResourceId& id, TenantId tenant) const {
  auto deleted = pools_.find_deleted(id.parts.front().names.front());
  return deleted && stands_in(*deleted, tenant, *id.subscription, id.group) ? deleted : nullptr;
}

// Of ".../providers/Microsoft.KeyVault/locations/L/deletedManagedHSMs/N".
VaultPtr PoolProvider::find_deleted(const ResourceId& id, TenantId tenant) const {
  if (id.parts.empty() || id.parts.back().names.size() != 2 || !id.subscription) return nullptr;
  auto pool = pools_.find_deleted(id.parts.back().names.back());
  const bool ours = pool && stands_in(*pool, tenant, *id.subscription, {});
  return ours && equals_ignoring_case(id.parts.back().names.front(), pool->settings.location) ? pool : nullptr;
}

ApiResult<> PoolProvider::check(ProposedChange& change) const {
  const bool makes_pool = change.kind == ChangeKind::kPut && change.before.is_null() && change.id.parts.size() == 1 &&
                          equals_ignoring_case(change.id.type(), kType);
  if (!makes_pool) return {};
  FH_TRY(const bool recovers, asks_to_recover(change.after));
  const auto deleted = recovers ? find_recoverable(change.id, change.caller.tenant) : nullptr;
  if (deleted == nullptr) return {};  // put() tells what is wrong
  change.after = show_pool(*deleted, place_, port_of_origin(change.caller.origin));
  change.after["properties"]["createMode"] = "recover";
  return {};
}

Task<ApiResult<Json>> PoolProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto pool = find(id, reading.caller.tenant);
  if (!pool) co_return Json(nullptr);
  co_return show_pool(*pool, place_, port_of_origin(reading.caller.origin));
}

Task<ApiResult<std::vector<Json>>> PoolProvider::list(const gate::resource::ResourceType&,
                                                      gate::resource::ListScope scope,
                                                      gate::resource::Reading reading) {
  std::vector<Json> found;
  const auto port = port_of_origin(reading.caller.origin);
  for (const auto& pool : pools_.vaults(VaultState::kActive)) {
    if (stands_in(*pool, scope.tenant, scope.subscription, scope.group)) {
      found.push_back(show_pool(*pool, place_, port));
    }
  }
  co_return found;
}

ApiResult<> PoolProvider::check_in_use(TenantId tenant, SubscriptionId subscription) const {
  const auto has = pools_.counts(tenant, subscription);
  if (has.in_use < kPoolsPerSubscription) return {};
  return provider_errors::too_many("subscription", kPoolsPerSubscription, "Managed HSMs");
}

ApiResult<> PoolProvider::check_room(TenantId tenant, SubscriptionId subscription) const {
  using provider_errors::too_many;
  FH_CHECK_OK(check_in_use(tenant, subscription));
  const auto has = pools_.counts(tenant, subscription);
  if (has.deleted >= kDeletedPoolsPerSubscription) {
    return too_many("subscription", kDeletedPoolsPerSubscription, "deleted Managed HSMs that aren't purged yet");
  }
  return {};
}

// A name is one in the whole cloud: whoever has it keeps it, a deleted pool too.
Task<ApiResult<>> PoolProvider::create(ApprovedChange change) {
  const auto& id = change->id;
  const auto& name = id.parts.front().names.front();
  const auto tenant = change->caller.tenant;
  if (!is_vault_name(name)) co_return hsm_errors::name_invalid(name);
  const auto deleted = pools_.find_deleted(name);
  if (deleted && stands_in(*deleted, tenant, *id.subscription, {})) co_return hsm_errors::in_deleted_state(name);
  if (pools_.is_taken(name)) co_return hsm_errors::name_taken(name);
  FH_CO_CHECK_OK(check_room(tenant, *id.subscription));
  PoolAsked before{.settings = {.location = place_.location, .sku = "Standard_B1"}, .administrators = {}};
  FH_CO_TRY(auto asked, read_pool(std::move(before), change->after, asked_by(*change, true)));
  Vault pool{.id = {},
             .tenant = tenant,
             .name = name,
             .subscription = *id.subscription,
             .resource_group = id.group,
             .settings = std::move(asked.settings),
             .created = change->caller.now,
             .updated = change->caller.now,
             .created_by = change->caller.object,
             .updated_by = change->caller.object};
  pool.pool = PoolSettings{.administrators = std::move(asked.administrators)};
  if (!leaves_room(pool)) co_return provider_errors::too_long();
  const auto made = co_await pools_.create(std::move(pool));
  if (!made && made.error().code == ErrorCode::kConflict) co_return hsm_errors::name_taken(name);
  if (!made) co_return provider_errors::of(made.error());
  co_return ApiResult<>();
}

// As a PUT or PATCH says; or back as it was, but for what a policy alters.
Task<ApiResult<>> PoolProvider::alter(VaultPtr there, ApprovedChange change, bool recover) {
  const auto caller = change->caller;
  PoolAsked before{.settings = there->settings, .administrators = there->pool->administrators};
  FH_CO_TRY(const auto asked, read_pool(std::move(before), change->after, asked_by(*change, false)));
  if (recover) {
    FH_CO_CHECK_OK(check_in_use(there->tenant, there->subscription));
  }
  Vault next = *there;
  next.settings = asked.settings;
  if (!leaves_room(next)) co_return provider_errors::too_long();
  const auto done = co_await pools_.change(there, [caller, settings = asked.settings, recover](Vault& pool) {
    pool.settings = settings;
    if (recover) pool.state = VaultState::kActive;
    pool.updated = caller.now;
    pool.updated_by = caller.object;
  });
  if (!done) co_return provider_errors::of(done.error());
  co_return ApiResult<>();
}

Task<ApiResult<Written>> PoolProvider::put(ApprovedChange change) {
  const auto id = change->id;
  const auto tenant = change->caller.tenant;
  const auto there = find(id, tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  FH_CO_TRY(const bool recovers, asks_to_recover(change->after));
  if (there != nullptr) {
    FH_CO_CHECK_OK(co_await alter(there, change, false));
  } else if (recovers) {
    const auto deleted = find_recoverable(id, tenant);
    if (!deleted) co_return hsm_errors::deleted_pool_not_found(id.parts.front().names.front());
    FH_CO_CHECK_OK(co_await alter(deleted, change, true));
  } else {
    FH_CO_CHECK_OK(co_await create(change));
  }
  const auto now = find(id, tenant);
  if (!now) co_return provider_errors::conflict();
  // Its first administrators, also where an earlier attempt broke off before they were written.
  if (roles_.find(now->id)->assignments().empty()) {
    const auto given = co_await roles_.load(now);
    if (!given) co_return provider_errors::of(given.error());
  }
  co_return Written{.status = 200, .resource = show_pool(*now, place_, port_of_origin(change->caller.origin))};
}

Task<ApiResult<Written>> PoolProvider::remove(ApprovedChange change) {
  const auto there = find(change->id, change->caller.tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (there == nullptr) co_return Written{.status = 204};
  const auto caller = change->caller;
  const auto done = co_await pools_.change(there, [caller](Vault& pool) {
    pool.state = VaultState::kDeleted;
    pool.deleted = caller.now;
    pool.purge_at = caller.now + std::chrono::days(pool.settings.retention_days);
    pool.updated_by = caller.object;
  });
  if (!done) co_return provider_errors::of(done.error());
  co_return Written{.status = 200};
}

ApiResult<Json> PoolProvider::check_name(const Json& body) const {
  const auto name = text_member(body, "name", 512);
  if (!name) return provider_errors::of(name.error());
  if (!*name) return provider_errors::bad_request("'name' is required.");
  const auto no = [](std::string_view reason, const gate::ApiError& error) -> Json {
    return {{"nameAvailable", false}, {"reason", reason}, {"message", error.message}};
  };
  if (!is_vault_name(**name)) return no("AccountNameInvalid", hsm_errors::name_invalid(**name).error());
  if (pools_.is_taken(**name)) return no("AlreadyExists", hsm_errors::name_taken(**name).error());
  return Json{{"nameAvailable", true}};
}

Json PoolProvider::list_deleted(SubscriptionId subscription, TenantId tenant) const {
  Json found = Json::array();
  for (const auto& pool : pools_.vaults(VaultState::kDeleted)) {
    if (stands_in(*pool, tenant, subscription, {})) found.push_back(show_deleted_pool(*pool));
  }
  return {{"value", std::move(found)}};
}

Task<ApiResult<>> PoolProvider::purge(VaultPtr pool) {
  if (pool->settings.purge_protection) co_return hsm_errors::purge_not_allowed();
  const auto gone = co_await pools_.purge(pool);
  keys_.forget(pool->id);
  if (!gone) co_return provider_errors::of(gone.error());
  roles_.forget(pool->id);
  co_return ApiResult<>();
}

Task<ApiResult<ActionAnswer>> PoolProvider::act(ActionCall call) {
  if (call.action == "checkMhsmNameAvailability") {
    FH_CO_TRY(auto answer, check_name(call.body));
    co_return ActionAnswer{.body = std::move(answer)};
  }
  if (call.action == "regions") co_return ActionAnswer{.body = show_regions(place_)};
  const auto tenant = call.caller.tenant;
  if (call.action == "deletedManagedHSMs") {
    co_return ActionAnswer{.body = list_deleted(call.id.subscription.value_or(SubscriptionId{}), tenant)};
  }
  const auto pool = find_deleted(call.id, tenant);
  if (!pool) {
    co_return hsm_errors::deleted_pool_not_found(call.id.parts.empty() ? "" : call.id.parts.back().names.back());
  }
  if (!call.action.ends_with("/purge")) co_return ActionAnswer{.body = show_deleted_pool(*pool)};
  FH_CO_CHECK_OK(co_await purge(pool));
  // Clients take nothing but Azure's "accepted"; without a place to ask they know that it is done.
  co_return ActionAnswer{.status = 202};
}

}  // namespace freehold::vault
