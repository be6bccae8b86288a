// Collector::purge_accounts: what a deleted account leaves behind.
#include "base/log.h"
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {

// None of the lambdas is a coroutine: each only calls one, with what lives in this frame.
Task<Result<>> Collector::purge_accounts(gate::Pipeline& door, Which which) {
  Result<> fault;
  for (const auto& account : accounts_.deleted()) {
    const auto patience = account_patience_[account.id];
    if (which == Which::kDue && patience.due > round_) continue;
    auto left = co_await what_is_left(account);
    Result<> done;
    if (!left) {
      done = pass_on(left);
    } else if (*left != Left::kPurges) {
      gate::Job job{.tenant = account.tenant, .principal = "blob collector", .resource = "/" + account.name};
      const bool names = *left == Left::kNames;
      done = co_await door.run_job<PurgeAccount>(std::move(job), [&](gate::Permit<PurgeAccount> permit) {
        return names ? unname_containers(std::move(permit), account) : finish_account(std::move(permit), account);
      });
    }
    if (!done) {
      account_patience_[account.id] = after_failure(patience);
      fault = std::move(done);
    } else if (left && *left == Left::kNothing) {
      account_patience_.erase(account.id);
    }
  }
  co_return fault;
}

// Records of purges ride in commits to the account's partition and are taken away by the audit log; while one is here,
// the partition must stay known.
Task<Result<Collector::Left>> Collector::what_is_left(DeletedAccount account) {
  const AccountRef ref{account.tenant, account.id};
  FH_CO_TRY(const auto named, co_await containers_.list(ref, "", "", 1));
  if (!named.containers.empty()) co_return Left::kNames;
  FH_CO_TRY(const auto deleted, co_await containers_.deleted(ref));
  if (!deleted.empty()) co_return Left::kPurges;
  const auto records = co_await check_no_audit_rows(row_keys::account_partition(account.tenant, account.id));
  co_return records ? Left::kNothing : Left::kPurges;
}

Task<Result<>> Collector::unname_containers(gate::Permit<PurgeAccount>, DeletedAccount account) {
  const AccountRef ref{account.tenant, account.id};
  FH_CO_CHECK_OK(co_await accounts_.fence(account));
  while (true) {
    FH_CO_TRY(const auto page, co_await containers_.list(ref, "", "", 1000));
    for (const auto& [name, row] : page.containers) {
      FH_CO_TRY(auto stored, co_await containers_.read(ref, name));
      if (!stored) continue;
      const auto id = stored->row.id;
      FH_CO_TRY(const auto done, co_await containers_.erase(ref, name, std::move(*stored), std::nullopt));
      if (!done.applied) co_return fail(ErrorCode::kUnavailable, "a container changed while its account was purged");
      add_container(ref, {id, row_keys::deleted_container(id)});
    }
    if (page.containers.empty()) co_return Result<>();
  }
}

Task<Result<>> Collector::finish_account(gate::Permit<PurgeAccount>, DeletedAccount account) {
  FH_CO_CHECK_OK(co_await accounts_.fence(account));
  co_return co_await accounts_.finish_deletion(account.id);
}

}  // namespace freehold::blob
