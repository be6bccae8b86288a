#include "src/vault_provider.h"

#include "base/check.h"
#include "base/encoding.h"
#include "src/provider_errors.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

using gate::resource::ApprovedChange;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using gate::resource::Written;

bool stands_in(const Vault& vault, TenantId tenant, SubscriptionId subscription, std::string_view group) {
  return vault.tenant == tenant && vault.subscription == subscription &&
         (group.empty() || equals_ignoring_case(vault.resource_group, group));
}

Asked asked_by(const ProposedChange& change, bool create) {
  return {.tenant = change.caller.tenant, .api_version = change.api_version, .create = create};
}

ApiResult<> check_length(const Vault& vault, const VaultSettings& settings) {
  Vault next = vault;
  next.settings = settings;
  return leaves_room(next) ? ApiResult<>() : ApiResult<>(provider_errors::too_long());
}

}  // namespace

std::string port_of_origin(std::string_view origin) {
  const auto host = origin.find("//");
  const auto colon = origin.rfind(':');
  const bool has =
      host != origin.npos && colon != origin.npos && colon > host && origin.find(']', colon) == origin.npos;
  return has ? std::string(origin.substr(colon)) : std::string();
}

// The vault of an id, also of what is nested in one.
VaultPtr VaultProvider::find(const ResourceId& id, TenantId tenant) const {
  if (id.parts.size() != 1 || id.parts.front().names.empty() || !id.subscription || id.group.empty()) return nullptr;
  auto vault = vaults_.known(id.parts.front().names.front());
  return vault && stands_in(*vault, tenant, *id.subscription, id.group) ? vault : nullptr;
}

Task<ApiResult<Json>> VaultProvider::get(ResourceId id, gate::resource::Reading reading) {
  const bool nested = id.parts.size() == 1 && id.parts.front().types.size() > 1;
  const auto vault = nested ? nullptr : find(id, reading.caller.tenant);
  if (!vault) co_return Json(nullptr);
  co_return show_vault(*vault, place_, port_of_origin(reading.caller.origin));
}

Task<ApiResult<std::vector<Json>>> VaultProvider::list(const gate::resource::ResourceType& type,
                                                       gate::resource::ListScope scope,
                                                       gate::resource::Reading reading) {
  std::vector<Json> found;
  if (type.type != "vaults") co_return found;
  const auto port = port_of_origin(reading.caller.origin);
  for (const auto& vault : vaults_.listed(VaultState::kActive)) {
    if (stands_in(*vault, scope.tenant, scope.subscription, scope.group)) {
      found.push_back(show_vault(*vault, place_, port));
    }
  }
  co_return found;
}

ApiResult<> VaultProvider::check_room(TenantId tenant, SubscriptionId subscription) const {
  using provider_errors::too_many;
  const auto has = vaults_.counts(tenant, subscription);
  if (has.in_use >= kVaultsPerSubscription) return too_many("subscription", kVaultsPerSubscription, "vaults");
  if (has.deleted >= kDeletedPerSubscription) {
    return too_many("subscription", kDeletedPerSubscription, "deleted vaults that aren't purged yet");
  }
  if (has.of_tenant >= kVaultsPerTenant) return too_many("tenant", kVaultsPerTenant, "vaults, deleted ones included");
  return {};
}

// A name is one in the whole cloud: whoever has it keeps it, a deleted vault too.
Task<ApiResult<>> VaultProvider::create(ApprovedChange change) {
  const auto& id = change->id;
  const auto& name = id.parts.front().names.front();
  const auto tenant = change->caller.tenant;
  if (!is_vault_name(name)) co_return provider_errors::name_invalid(name);
  const auto deleted = vaults_.find_deleted(name);
  if (deleted && deleted->tenant == tenant && deleted->subscription == *id.subscription) {
    co_return provider_errors::in_deleted_state(name);
  }
  if (vaults_.is_taken(name)) co_return provider_errors::name_taken(name);
  FH_CO_CHECK_OK(check_room(tenant, *id.subscription));
  FH_CO_TRY(auto settings, read_vault({.location = place_.location}, change->after, asked_by(*change, true)));
  Vault vault{.id = {},
              .tenant = tenant,
              .name = name,
              .subscription = *id.subscription,
              .resource_group = id.group,
              .settings = std::move(settings),
              .created = change->caller.now,
              .updated = change->caller.now,
              .created_by = change->caller.object,
              .updated_by = change->caller.object};
  if (!leaves_room(vault)) co_return provider_errors::too_long();
  const auto made = co_await vaults_.create(std::move(vault));
  if (!made && made.error().code == ErrorCode::kConflict) co_return provider_errors::name_taken(name);
  if (!made) co_return provider_errors::of(made.error());
  co_return ApiResult<>();
}

VaultPtr VaultProvider::find_recoverable(const ResourceId& id, TenantId tenant) const {
  auto deleted = vaults_.find_deleted(id.parts.front().names.front());
  return deleted && stands_in(*deleted, tenant, *id.subscription, id.group) ? deleted : nullptr;
}

ApiResult<> VaultProvider::check(ProposedChange& change) const {
  const auto& id = change.id;
  const bool makes_vault = change.kind == ChangeKind::kPut && change.before.is_null() && id.parts.size() == 1 &&
                           equals_ignoring_case(id.type(), "Microsoft.KeyVault/vaults");
  if (!makes_vault) return {};
  FH_TRY(const bool recovers, asks_to_recover(change.after));
  const auto deleted = recovers ? find_recoverable(id, change.caller.tenant) : nullptr;
  if (deleted == nullptr) return {};  // put() tells what is wrong
  change.after = show_vault(*deleted, place_, port_of_origin(change.caller.origin));
  change.after["properties"]["createMode"] = "recover";
  return {};
}

// createMode "recover": as it was, in the group that it was in, but for what a policy alters.
Task<ApiResult<>> VaultProvider::recover(ApprovedChange change) {
  const auto caller = change->caller;
  const auto deleted = find_recoverable(change->id, caller.tenant);
  if (!deleted) co_return provider_errors::deleted_vault_not_found(change->id.parts.front().names.front());
  FH_CO_TRY(const auto settings, read_vault(deleted->settings, change->after, asked_by(*change, false)));
  FH_CO_CHECK_OK(check_length(*deleted, settings));
  const auto done = co_await vaults_.change(deleted, [caller, settings](Vault& vault) {
    vault.settings = settings;
    vault.state = VaultState::kActive;
    vault.updated = caller.now;
    vault.updated_by = caller.object;
  });
  if (!done) co_return provider_errors::of(done.error());
  co_return ApiResult<>();
}

Task<ApiResult<>> VaultProvider::update(VaultPtr there, ApprovedChange change) {
  const auto caller = change->caller;
  Result<> done;
  if (change->kind == ChangeKind::kMove) {
    FH_CHECK(change->destination && change->destination->subscription);
    const auto to = *change->destination;
    done = co_await vaults_.change(there, [to](Vault& vault) {
      vault.subscription = *to.subscription;
      vault.resource_group = to.group;
    });
  } else {
    FH_CO_TRY(const auto settings, read_vault(there->settings, change->after, asked_by(*change, false)));
    FH_CO_CHECK_OK(check_length(*there, settings));
    // Who could would give itself what roles keep from it.
    if (settings.rbac != there->settings.rbac && !access_.may_give_roles(*there, caller.tenant, caller.object)) {
      co_return provider_errors::may_not_change_model(caller.object, vault_path(*there));
    }
    done = co_await vaults_.change(there, [settings, caller](Vault& vault) {
      vault.settings = settings;
      vault.updated = caller.now;
      vault.updated_by = caller.object;
    });
  }
  if (!done) co_return provider_errors::of(done.error());
  co_return ApiResult<>();
}

Task<ApiResult<Written>> VaultProvider::put_policies(ApprovedChange change) {
  const auto there = find(change->id, change->caller.tenant);
  if (!there) co_return provider_errors::vault_not_found(change->id.parts.front().names.front());
  FH_CO_TRY(const auto how, policy_change(change->id.name()));
  FH_CO_TRY(const auto policies, change_policies(there->settings.policies, change->after, how, change->caller.tenant));
  auto settings = there->settings;
  settings.policies = policies;
  FH_CO_CHECK_OK(check_length(*there, settings));
  const auto caller = change->caller;
  const auto done = co_await vaults_.change(there, [policies, caller](Vault& vault) {
    vault.settings.policies = policies;
    vault.updated = caller.now;
    vault.updated_by = caller.object;
  });
  if (!done) co_return provider_errors::of(done.error());
  co_return Written{.status = 200,
                    .resource = {{"id", vault_path(*there) + "/accessPolicies/"},
                                 {"type", "Microsoft.KeyVault/vaults/accessPolicies"},
                                 {"location", there->settings.location},
                                 {"properties", {{"accessPolicies", show_policies(policies)}}}}};
}

Task<ApiResult<Written>> VaultProvider::put(ApprovedChange change) {
  if (change->id.parts.front().types.size() > 1) co_return co_await put_policies(change);
  auto id = change->id;
  const auto there = find(id, change->caller.tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  FH_CO_TRY(const bool recovers, asks_to_recover(change->after));
  if (there != nullptr) {
    FH_CO_CHECK_OK(co_await update(there, change));
    if (change->kind == ChangeKind::kMove) {
      id.subscription = change->destination->subscription;
      id.group = change->destination->group;
    }
  } else if (recovers) {
    FH_CO_CHECK_OK(co_await recover(change));
  } else {
    FH_CO_CHECK_OK(co_await create(change));
  }
  const auto now = find(id, change->caller.tenant);
  if (!now) co_return provider_errors::conflict();
  co_return Written{.status = 200, .resource = show_vault(*now, place_, port_of_origin(change->caller.origin))};
}

Task<ApiResult<Written>> VaultProvider::remove(ApprovedChange change) {
  const auto there = find(change->id, change->caller.tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (there == nullptr) co_return Written{.status = 204};
  const auto caller = change->caller;
  const auto done = co_await vaults_.change(there, [caller](Vault& vault) {
    vault.state = VaultState::kDeleted;
    vault.deleted = caller.now;
    vault.purge_at = caller.now + std::chrono::days(vault.settings.retention_days);
    vault.updated_by = caller.object;
  });
  if (!done) co_return provider_errors::of(done.error());
  co_return Written{.status = 200};
}

}  // namespace freehold::vault
