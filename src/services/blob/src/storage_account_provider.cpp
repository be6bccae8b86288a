// Storage accounts as resources: made, changed, shown and taken away.
#include "base/check.h"
#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::ApprovedChange;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;
using gate::resource::Written;

constexpr std::size_t kKeyBytes = 64;

bool stands_in(const AccountRecord& record, TenantId tenant, SubscriptionId subscription, std::string_view group) {
  const auto& account = *record.account;
  return !account.emulator && account.tenant == tenant && account.subscription == subscription &&
         (group.empty() || equals_ignoring_case(account.resource_group, group));
}

// Azure gives accounts no ETag: what names one doesn't hold.
ApiResult<> check_conditions(const ProposedChange& change, bool there) {
  if (!change.if_none_match.empty() && there) return provider_errors::precondition_failed();
  if (!change.if_match.empty() && (!there || change.if_match != "*")) return provider_errors::precondition_failed();
  return {};
}

}  // namespace

std::shared_ptr<const AccountRecord> find_account(const AccountStore& accounts, const ResourceId& id, TenantId tenant) {
  if (id.parts.size() != 1 || id.parts.front().names.empty() || !id.subscription || id.group.empty()) return nullptr;
  auto record = accounts.find_record(to_lower(id.parts.front().names.front()));
  return record && stands_in(*record, tenant, *id.subscription, id.group) ? record : nullptr;
}

std::string port_of_origin(std::string_view origin) {
  const auto host = origin.find("//");
  const auto colon = origin.rfind(':');
  const bool has =
      host != origin.npos && colon != origin.npos && colon > host && origin.find(']', colon) == origin.npos;
  return has ? std::string(origin.substr(colon)) : std::string();
}

Task<ApiResult<Json>> StorageAccountProvider::get(ResourceId id, gate::resource::Reading reading) {
  const auto record = find_account(parts_.accounts, id, reading.caller.tenant);
  if (!record) co_return Json(nullptr);
  co_return show_account(*record, place_, port_of_origin(reading.caller.origin));
}

Task<ApiResult<std::vector<Json>>> StorageAccountProvider::list(const gate::resource::ResourceType&,
                                                                gate::resource::ListScope scope,
                                                                gate::resource::Reading reading) {
  const auto port = port_of_origin(reading.caller.origin);
  std::vector<Json> found;
  for (const auto& record : parts_.accounts.records()) {
    if (stands_in(*record, scope.tenant, scope.subscription, scope.group)) {
      found.push_back(show_account(*record, place_, port));
    }
  }
  co_return found;
}

std::size_t StorageAccountProvider::count(SubscriptionId subscription, TenantId tenant) const {
  std::size_t sum = 0;
  for (const auto& record : parts_.accounts.records()) sum += stands_in(*record, tenant, subscription, "") ? 1 : 0;
  return sum;
}

// The account with a location, tags and so on, and with fresh keys. A name is one in the whole cloud: whoever has it
// keeps it.
Task<ApiResult<>> StorageAccountProvider::create(ApprovedChange change) {
  const auto& id = change->id;
  const auto& name = id.parts.front().names.front();
  if (!gate::is_account_name(name)) co_return provider_errors::account_name_invalid(name);
  if (parts_.accounts.is_being_deleted(name)) co_return provider_errors::account_in_progress(name);
  if (parts_.accounts.is_taken(name)) co_return provider_errors::name_taken(name);
  if (count(*id.subscription, change->caller.tenant) >= kAccountsPerSubscription) {
    co_return provider_errors::too_many_accounts(to_string(*id.subscription), kAccountsPerSubscription);
  }
  FH_CO_TRY(auto settings, read_account({}, change->after, place_, Asked::kCreate));
  NewAccount account{.tenant = change->caller.tenant,
                     .name = name,
                     .subscription = *id.subscription,
                     .resource_group = id.group,
                     .keys = {Secret(kKeyBytes), Secret(kKeyBytes)},
                     .settings = std::move(settings)};
  for (Secret& key : account.keys) parts_.random.fill(key.span());
  const auto made = co_await parts_.accounts.create_account(std::move(account));
  if (!made && made.error().code == ErrorCode::kConflict) co_return provider_errors::name_taken(name);
  if (!made) co_return provider_errors::of(made.error());
  co_return ApiResult<>();
}

Task<ApiResult<Written>> StorageAccountProvider::put(ApprovedChange change) {
  const auto tenant = change->caller.tenant;
  auto id = change->id;
  const auto there = find_account(parts_.accounts, id, tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (there == nullptr) {
    FH_CO_CHECK_OK(co_await create(change));
  } else if (change->kind == ChangeKind::kMove) {
    FH_CHECK(change->destination && change->destination->subscription);
    const auto to = *change->destination;
    const auto moved = co_await parts_.accounts.move(there->account->id, *to.subscription, to.group);
    if (!moved) co_return provider_errors::of(moved.error());
    id.subscription = to.subscription;
    id.group = to.group;
  } else {
    FH_CO_TRY(auto settings, read_account(there->settings, change->after, place_, Asked::kUpdate));
    const auto changed = co_await parts_.accounts.change_settings(there->account->id, std::move(settings));
    if (!changed) co_return provider_errors::of(changed.error());
  }
  const auto now = find_account(parts_.accounts, id, tenant);
  if (now == nullptr) co_return provider_errors::conflict();
  co_return Written{.status = 200, .resource = show_account(*now, place_, port_of_origin(change->caller.origin))};
}

Task<ApiResult<Written>> StorageAccountProvider::remove(ApprovedChange change) {
  const auto there = find_account(parts_.accounts, change->id, change->caller.tenant);
  FH_CO_CHECK_OK(check_conditions(*change, there != nullptr));
  if (there == nullptr) co_return Written{.status = 204};
  const auto gone = co_await parts_.accounts.begin_deletion(there->account->id);
  if (!gone && gone.error().code == ErrorCode::kNotFound) co_return Written{.status = 204};
  if (!gone) co_return provider_errors::of(gone.error());
  co_return Written{.status = 200};
}

}  // namespace freehold::blob
