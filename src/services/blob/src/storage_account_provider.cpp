// Storage accounts as resources: made, changed, shown and taken away.
#include "base/check.h"
#include "base/encoding.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::ApprovedChange;
using gate::resource::ChangeKind;
using gate::resource::Written;

bool stands_in(const AccountRecord& record, TenantId tenant, SubscriptionId subscription, std::string_view group) {
  const auto& account = *record.account;
  return !account.emulator && account.tenant == tenant && account.subscription == subscription &&
         (group.empty() || equals_ignoring_case(account.resource_group, group));
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
    FH_CO_CHECK_OK(co_await update(there, change));
  }
  const auto now = find_account(parts_.accounts, id, tenant);
  if (now == nullptr) co_return provider_errors::conflict();
  co_return Written{.status = 200, .resource = show_account(*now, place_, port_of_origin(change->caller.origin))};
}

// Its own identity goes with the last of it: what is under a customer's key can't be removed whole without.
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
