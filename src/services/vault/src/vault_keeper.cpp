#include "src/vault_keeper.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "base/log.h"
#include "runtime/completion.h"
#include "src/certificate_requests.h"
#include "src/key_rotation.h"
#include "src/rotation_rules.h"
#include "src/vault_answer.h"

namespace freehold::vault {
namespace {

constexpr std::chrono::minutes kRound{10};
constexpr std::uint32_t kPage = 100;   // of heads, which can be long
constexpr std::size_t kTogether = 64;  // purges at a time: each a job, and its rows few

gate::Job job_on(const Vault& vault, const KindApi* api, std::string_view name) {
  std::string resource = "/" + recorded_name(vault);
  if (api != nullptr) resource.append("/").append(api->collection).append("/").append(name);
  return {.tenant = vault.tenant, .principal = "vault keeper", .resource = std::move(resource)};
}

const KindApi* api_of(ItemKind kind) {
  if (kind == ItemKind::kSecret) return &kSecretApi;
  return kind == ItemKind::kKey ? &kKeyApi : &kCertificateApi;
}

Task<Result<>> rotate_due(VaultParts* parts, VaultPtr vault, std::string name, gate::Permit<RotateDueKey> permit) {
  const auto audit = [&permit](const store::PartitionId& partition) { return permit.audit_row(partition, 200); };
  const auto done = co_await rotate(*parts, vault, std::move(name), unix_seconds(permit.now()), audit);
  if (!done) co_return fail(ErrorCode::kUnavailable, "a key can't be rotated now", done.error().message);
  co_return Result<>();
}

Task<Result<>> renew_due(VaultParts* parts, VaultPtr vault, ItemHead head, gate::Permit<RenewDueCertificate> permit) {
  const auto audit = [&permit](const store::PartitionId& partition) { return permit.audit_row(partition, 200); };
  NewCertificate made{.policy = kept_of(head).value("policy", Json::object()), .keep_tags = true};
  const auto done =
      co_await issue_certificate(*parts, std::move(vault), head.name, std::move(made), permit.now(), audit);
  if (!done) co_return fail(ErrorCode::kUnavailable, "a certificate can't be renewed now", done.error().message);
  co_return Result<>();
}

bool is_over(const ItemHead& deleted, std::int64_t now) { return deleted.purging || deleted.purge_at <= now; }

Task<Result<>> purge_expired(VaultParts* parts, VaultPtr vault, ItemKind kind, std::string name, std::int64_t now) {
  const auto mark = [now](const ItemState& state) -> ApiResult<ItemChange> {
    ItemChange out{.deleted = state.deleted};
    // Somebody recovered it meanwhile, and perhaps deleted it once more.
    if (!state.deleted || !is_over(*state.deleted, now)) return vault_errors::conflict();
    out.deleted->purging = true;
    out.deleted->purge_at = now;
    return out;
  };
  FH_CO_TRY(const auto marked, co_await parts->items.change(vault, kind, name, {}, mark, {}));
  if (!marked) co_return fail(ErrorCode::kConflict, marked.error().message);
  FH_CO_CHECK_OK(co_await parts->items.purge(vault, kind, name));
  if (kind == ItemKind::kKey) parts->keys.forget(vault->id);
  co_return Result<>();
}

Task<Result<>> purge_vault(VaultParts* parts, VaultPtr vault) {
  FH_CO_CHECK_OK(co_await parts->vaults.purge(vault));
  parts->keys.forget(vault->id);
  co_return Result<>();
}

Task<> complete(Task<> work, runtime::Completion<bool> done) {
  co_await std::move(work);
  done.complete(true);
}

// What is done at the same time shares what waits for the token: two changes of it, whatever their number.
Task<> all_of(std::vector<Task<>> works) {
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<runtime::Completion<bool>> ends;
  for (auto& work : works) {
    boost::asio::co_spawn(executor, complete(std::move(work), ends.emplace_back()), boost::asio::detached);
  }
  for (const auto& end : ends) static_cast<void>(co_await end.wait());
}

void warn_of(std::string_view what, const Result<>& result) {
  if (!result) log_warning(std::string(what), {{"error", result.error().message}});
}

}  // namespace

void VaultKeeper::start(boost::asio::io_context& loop, gate::Pipeline& door) { scope_.spawn(loop, keep(door)); }

Task<> VaultKeeper::keep(gate::Pipeline& door) {
  while (co_await scope_.sleep(kRound)) co_await look_after(door);
}

// Each object of a kind, a page at a time.
template <class Each>
Task<Result<>> VaultKeeper::visit(VaultPtr vault, ItemKind kind, Life life, Each each) {
  std::string from;
  do {
    FH_CO_TRY(const auto page, co_await parts_.items.list(vault, kind, life, from, kPage));
    for (const auto& head : page.items) co_await each(head);
    from = page.next;
  } while (!from.empty() && !scope_.stopping());
  co_return Result<>();
}

Task<> VaultKeeper::look_after(gate::Pipeline& door) {
  const auto now = unix_seconds(clock_.now());
  Due due{.now = now, .objects = {}};
  for (const auto& seen : parts_.vaults.listed(VaultState::kActive)) {
    if (scope_.stopping()) co_return;
    const auto opened = co_await opened_vault(parts_, seen);
    if (!opened) continue;  // its requests say so
    const auto& vault = *opened;
    if (tidy_) warn_of("what a restore of a pool left can't be removed now", co_await tidy_(vault));
    const auto rotate = [&](const ItemHead& head) { return rotate_key(door, vault, head, now); };
    warn_of("keys of a vault can't be rotated now", co_await visit(vault, ItemKind::kKey, Life::kLive, rotate));
    const auto renew = [&](const ItemHead& head) { return renew_certificate(door, vault, head, now); };
    warn_of("certificates of a vault can't be renewed now",
            co_await visit(vault, ItemKind::kCertificate, Life::kLive, renew));
    for (const auto kind : {ItemKind::kCertificate, ItemKind::kKey, ItemKind::kSecret, kWaiting}) {
      const auto purge = [&](const ItemHead& head) { return purge_if_over(door, due, {vault, kind, head.name}, head); };
      warn_of("deleted objects of a vault can't be purged now", co_await visit(vault, kind, Life::kDeleted, purge));
    }
  }
  co_await purge_objects(door, due);
  // A purge that broke off goes on, too.
  auto ending = parts_.vaults.vaults(VaultState::kPurging);
  for (auto& vault : parts_.vaults.listed(VaultState::kDeleted)) {
    if (unix_seconds(vault->purge_at) <= now && (vault->rows || !vault->pool)) ending.push_back(std::move(vault));
  }
  std::vector<Task<>> works;
  for (const auto& vault : ending) {
    if (scope_.stopping()) break;
    works.push_back(end_vault(door, vault));
    if (works.size() == kTogether) co_await all_of(std::exchange(works, {}));
  }
  co_await all_of(std::move(works));
}

Task<> VaultKeeper::end_vault(gate::Pipeline& door, VaultPtr vault) {
  VaultParts* parts = &parts_;
  const auto work = [parts, vault](gate::Permit<PurgeExpiredVault>) { return purge_vault(parts, vault); };
  warn_of("a deleted vault can't be purged now",
          co_await door.run_job<PurgeExpiredVault>(job_on(*vault, nullptr, {}), work));
}

Task<> VaultKeeper::rotate_key(gate::Pipeline& door, VaultPtr vault, ItemHead head, std::int64_t now) {
  const auto due = rotation_due(head);
  if (!due || *due > now || !head.current.attributes.enabled) co_return;
  VaultParts* parts = &parts_;
  const auto work = [parts, vault, name = head.name](gate::Permit<RotateDueKey> permit) {
    return rotate_due(parts, vault, name, std::move(permit));
  };
  warn_of("a key can't be rotated now", co_await door.run_job<RotateDueKey>(job_on(*vault, &kKeyApi, head.name), work));
}

Task<> VaultKeeper::renew_certificate(gate::Pipeline& door, VaultPtr vault, ItemHead head, std::int64_t now) {
  const auto due = renewal_due(head);
  if (!due || *due > now || !head.current.attributes.enabled) co_return;
  VaultParts* parts = &parts_;
  const auto work = [parts, vault, head](gate::Permit<RenewDueCertificate> permit) {
    return renew_due(parts, vault, head, std::move(permit));
  };
  warn_of("a certificate can't be renewed now",
          co_await door.run_job<RenewDueCertificate>(job_on(*vault, &kCertificateApi, head.name), work));
}

Task<> VaultKeeper::purge_if_over(gate::Pipeline& door, Due& due, Object object, const ItemHead& head) {
  if (is_over(head, due.now)) due.objects.push_back(std::move(object));
  if (due.objects.size() >= kTogether) co_await purge_objects(door, due);
}

Task<> VaultKeeper::purge_objects(gate::Pipeline& door, Due& due) {
  std::vector<Task<>> works;
  for (auto& object : std::exchange(due.objects, {})) works.push_back(purge_object(door, std::move(object), due.now));
  co_await all_of(std::move(works));
}

Task<> VaultKeeper::purge_object(gate::Pipeline& door, Object object, std::int64_t now) {
  if (scope_.stopping()) co_return;
  VaultParts* parts = &parts_;
  const auto work = [parts, object, now](gate::Permit<PurgeExpiredObject>) {
    return purge_expired(parts, object.vault, object.kind, object.name, now);
  };
  warn_of("a deleted object can't be purged now",
          co_await door.run_job<PurgeExpiredObject>(job_on(*object.vault, api_of(object.kind), object.name), work));
}

}  // namespace freehold::vault
