// Storage accounts as resources, made and changed: settings, who acts for them, and whose key theirs is under.
#include <algorithm>

#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/storage_provider.h"
#include "src/storage_provider_errors.h"

namespace freehold::blob {
namespace {

using gate::resource::ApprovedChange;
using gate::resource::Caller;
using provider_errors::Refusal;
using Source = AskedCustody::Source;

constexpr std::size_t kKeyBytes = 64;
constexpr std::string_view kNone = "there are none here.";

const gate::resource::UserIdentity* find_assigned(const AccountIdentity& identity, std::string_view id) {
  const auto same = [id](const auto& one) { return equals_ignoring_case(one.id, id); };
  const auto at = std::ranges::find_if(identity.assigned, same);
  return at == identity.assigned.end() ? nullptr : &*at;
}

bool acts(const AccountIdentity& identity, PrincipalId principal) {
  const auto same = [principal](const auto& one) { return one.principal.object == principal; };
  return principal != PrincipalId{} && (identity.own == principal || std::ranges::any_of(identity.assigned, same));
}

// Who acts by an identity that was made anew under its old id.
PrincipalId successor_of(PrincipalId principal, const AccountIdentity& before, const AccountIdentity& next) {
  for (const auto& one : before.assigned) {
    if (one.principal.object != principal) continue;
    const auto* now = find_assigned(next, one.id);
    if (now != nullptr) return now->principal.object;
  }
  return principal;
}

// The key that the account's is to be under, used by somebody who will still act for it.
ApiResult<std::optional<keys::CustomerKey>> wanted_key(const AccountRecord* there, const AccountIdentity& identity,
                                                       AskedCustody asked, TenantId tenant) {
  std::optional<keys::CustomerKey> by;
  if (there != nullptr) by = there->customer_key;
  if (by) by->identity = successor_of(by->identity, there->identity, identity);
  if (asked.source == Source::kService) by.reset();
  if (asked.source == Source::kCustomer) {
    const auto* assigned = asked.by.empty() ? nullptr : find_assigned(identity, asked.by);
    if (!asked.by.empty() && assigned == nullptr) {
      return provider_errors::key_policy("The account doesn't have the identity that is to use the key.");
    }
    by = keys::CustomerKey{.tenant = tenant,
                           .identity = assigned != nullptr ? assigned->principal.object : identity.own,
                           .vault = std::move(asked.vault),
                           .name = std::move(asked.key),
                           .version = std::move(asked.version),
                           .home = asked.home};
  }
  if (by && !acts(identity, by->identity)) {
    return provider_errors::key_policy("The account needs an identity that may use the key: 'identity'.");
  }
  return by;
}

Refusal key_refusal(const Error& error) {
  if (error.code == ErrorCode::kDenied) return provider_errors::key_refused(error.message);
  if (error.code == ErrorCode::kInvalidArgument) return provider_errors::key_policy(error.message);
  return provider_errors::of(error);
}

}  // namespace

// As it is to be but for an own one that isn't there yet. The caller needs a right to each that the account hadn't. One
// that was deleted and made again is another principal under the same id: that is taken, by the same right, and what is
// gone or isn't the caller's to give stays as it was known.
ApiResult<AccountIdentity> StorageAccountProvider::wanted_identity(const AccountRecord* there,
                                                                   const AskedCustody& asked,
                                                                   const Caller& caller) const {
  AccountIdentity next;
  if (there != nullptr) next = there->identity;
  if (asked.own_identity && !*asked.own_identity) next.own = {};
  if (!asked.assigned) return next;
  next.assigned.clear();
  for (const auto& id : *asked.assigned) {
    if (find_assigned(next, id) != nullptr) continue;
    const auto* known = there == nullptr ? nullptr : find_assigned(there->identity, id);
    if (actors_.assigned == nullptr) return provider_errors::unsupported_feature("identity.type UserAssigned", kNone);
    auto found = actors_.assigned->assign(caller, id);
    if (!found && known != nullptr) {
      next.assigned.push_back(*known);
      continue;
    }
    if (!found && found.error().code == ErrorCode::kDenied) return provider_errors::may_not_assign(caller.object, id);
    if (!found) return provider_errors::invalid_content(found.error().message);
    next.assigned.push_back(std::move(*found));
  }
  std::ranges::sort(next.assigned, {}, [](const auto& one) { return to_lower(one.id); });
  return next;
}

Task<ApiResult<PrincipalId>> StorageAccountProvider::make_own_identity(std::string name, std::string id,
                                                                       Caller caller) {
  if (actors_.own == nullptr) co_return provider_errors::unsupported_feature("identity", kNone);
  const auto made = co_await actors_.own->make(caller.tenant, std::move(name), std::move(id), caller.now);
  if (!made) co_return provider_errors::of(made.error());
  co_return made->object;
}

Task<ApiResult<>> StorageAccountProvider::drop_own_identity(TenantId tenant, PrincipalId identity) {
  if (identity == PrincipalId{} || actors_.own == nullptr) co_return ApiResult<>();
  const auto removed = co_await actors_.own->remove(tenant, identity);
  if (!removed) co_return provider_errors::of(removed.error());
  co_return ApiResult<>();
}

// With fresh keys. A name is one in the whole cloud: whoever has it keeps it. An own identity is made last, and goes
// again if the account can't be: until then it has no right to anything, so no key can hang on it.
Task<ApiResult<>> StorageAccountProvider::create(ApprovedChange change) {
  const auto& id = change->id;
  const auto caller = change->caller;
  const auto& name = id.parts.front().names.front();
  if (!gate::is_account_name(name)) co_return provider_errors::account_name_invalid(name);
  if (parts_.accounts.is_being_deleted(name)) co_return provider_errors::account_in_progress(name);
  if (parts_.accounts.is_taken(name)) co_return provider_errors::name_taken(name);
  if (count(*id.subscription, caller.tenant) >= kAccountsPerSubscription) {
    co_return provider_errors::too_many_accounts(to_string(*id.subscription), kAccountsPerSubscription);
  }
  FH_CO_TRY(auto settings, read_account({}, change->after, place_, Asked::kCreate));
  FH_CO_TRY(const auto asked, read_custody(change->after, place_));
  NewAccount account{.tenant = caller.tenant,
                     .name = name,
                     .subscription = *id.subscription,
                     .resource_group = id.group,
                     .keys = {Secret(kKeyBytes), Secret(kKeyBytes)},
                     .settings = std::move(settings)};
  FH_CO_TRY(account.identity, wanted_identity(nullptr, asked, caller));
  FH_CO_TRY(account.customer_key, wanted_key(nullptr, account.identity, asked, caller.tenant));
  for (Secret& key : account.keys) parts_.random.fill(key.span());
  if (asked.own_identity.value_or(false)) {
    FH_CO_TRY(account.identity.own, co_await make_own_identity(name, id.text(), caller));
  }
  const bool held = account.customer_key.has_value();
  const auto own = account.identity.own;
  const auto made = co_await parts_.accounts.create_account(std::move(account));
  if (made) co_return ApiResult<>();
  FH_CO_CHECK_OK(co_await drop_own_identity(caller.tenant, own));
  if (made.error().code == ErrorCode::kConflict) co_return provider_errors::name_taken(name);
  co_return held ? key_refusal(made.error()) : provider_errors::of(made.error());
}

// What can be refused comes first; an identity that isn't wanted any more goes when nothing names it.
Task<ApiResult<>> StorageAccountProvider::update(std::shared_ptr<const AccountRecord> there, ApprovedChange change) {
  const auto id = there->account->id;
  const auto tenant = there->account->tenant;
  FH_CO_TRY(auto settings, read_account(there->settings, change->after, place_, Asked::kUpdate));
  FH_CO_TRY(const auto asked, read_custody(change->after, place_));
  FH_CO_TRY(auto identity, wanted_identity(there.get(), asked, change->caller));
  FH_CO_TRY(auto by, wanted_key(there.get(), identity, asked, tenant));
  if (by != there->customer_key) {
    const auto done = co_await parts_.accounts.set_custody(id, std::move(by));
    if (!done) co_return key_refusal(done.error());
  }
  if (asked.own_identity.value_or(false) && identity.own == PrincipalId{}) {
    FH_CO_TRY(identity.own, co_await make_own_identity(there->account->name, change->id.text(), change->caller));
  }
  if (identity != there->identity) {
    const auto set = co_await parts_.accounts.set_identity(id, identity);
    if (!set) co_return provider_errors::of(set.error());
    if (identity.own != there->identity.own) {
      FH_CO_CHECK_OK(co_await drop_own_identity(tenant, there->identity.own));
    }
  }
  const auto changed = co_await parts_.accounts.change_settings(id, std::move(settings));
  if (!changed) co_return provider_errors::of(changed.error());
  co_return ApiResult<>();
}

}  // namespace freehold::blob
