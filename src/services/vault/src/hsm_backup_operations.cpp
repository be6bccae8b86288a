// Full backup, full restore and restore of one key: begun, and asked about. Source: "Full Backup", "Restore" and
// "Selective Key Restore" of the data plane reference.
#include "base/encoding.h"
#include "src/hsm_backup.h"
#include "src/hsm_errors.h"

namespace freehold::vault {
namespace {

using gate::AuditClass;
using http::Method;

// As in Azure: what a full restore replaces must have been backed up this short time ago.
constexpr std::chrono::minutes kBackupBefore{30};

ApiResult<StoragePlace> place_in(const Json& json, const PoolParts& parts) {
  auto place = read_place(json, parts.domain);
  if (!place && place.error().code == ErrorCode::kInvalidArgument)
    return hsm_errors::bad_storage(place.error().message);
  return said(std::move(place));
}

ApiResult<std::string> folder_in(const Json& body, std::string_view name) {
  FH_TRY(const auto folder, said(text_member(body, name, 512)));
  if (!folder || !is_folder(*folder)) {
    return vault_errors::bad_parameter("'" + std::string(name) + "' is required: a backup's folder in the container.");
  }
  return *folder;
}

Reply begun(const VaultCall& call, const PoolJob& job) {
  const std::string where = job.kind == PoolJobKind::kBackup ? "/backup/" : "/restore/";
  return accepted(call, where + job.id + "/pending", show_job(job));
}

Task<Reply> full_backup(PoolParts& parts, VaultCall& call, gate::OnBehalf caller) {
  FH_CO_TRY(const auto place, place_in(call.body, parts));
  const auto work = [&parts, pool = call.vault, place, now = call.now](const JobRun& run) {
    return back_up_pool(parts, pool, run, place, now);
  };
  FH_CO_TRY(const auto job,
            co_await parts.jobs.begin(call.vault, {.kind = PoolJobKind::kBackup}, std::move(caller), work));
  co_return begun(call, job);
}

Task<Reply> try_full_backup(PoolParts& parts, VaultCall& call, gate::OnBehalf caller) {
  FH_CO_TRY(const auto place, place_in(call.body, parts));
  const auto work = [place, folder = backup_folder(*call.vault, call.now)](const JobRun& run) {
    return try_backup(PoolStorage(run.ask, place, folder));
  };
  FH_CO_TRY(const auto job, co_await parts.jobs.begin(call.vault, {.kind = PoolJobKind::kBackup, .trial = true},
                                                      std::move(caller), work));
  co_return begun(call, job);
}

Task<Reply> full_restore(PoolParts& parts, VaultCall& call, gate::OnBehalf caller) {
  FH_CO_TRY(const auto place, place_in(member(call.body, "sasTokenParameters"), parts));
  FH_CO_TRY(const auto folder, folder_in(call.body, "folderToRestore"));
  FH_CO_TRY(const bool saved,
            said(co_await parts.jobs.backed_up_since(call.vault, unix_seconds(call.now - kBackupBefore))));
  if (!saved) co_return hsm_errors::no_backup_before();
  const auto work = [&parts, pool = call.vault, place, folder](const JobRun& run) {
    return restore_pool(parts, pool, run, PoolStorage(run.ask, place, folder));
  };
  FH_CO_TRY(const auto job, co_await parts.jobs.begin(call.vault, {.kind = PoolJobKind::kRestore, .whole = true},
                                                      std::move(caller), work));
  co_return begun(call, job);
}

Task<Reply> try_full_restore(PoolParts& parts, VaultCall& call, gate::OnBehalf caller) {
  FH_CO_TRY(const auto place, place_in(member(call.body, "sasTokenParameters"), parts));
  FH_CO_TRY(const auto folder, folder_in(call.body, "folderToRestore"));
  const auto work = [&parts, pool = call.vault, place, folder](const JobRun& run) {
    return try_restore(parts, pool, run, PoolStorage(run.ask, place, folder));
  };
  FH_CO_TRY(const auto job, co_await parts.jobs.begin(call.vault, {.kind = PoolJobKind::kRestore, .trial = true},
                                                      std::move(caller), work));
  co_return begun(call, job);
}

Task<Reply> restore_one_key(PoolParts& parts, VaultCall& call, gate::OnBehalf caller) {
  const std::string name(call.segment(1));
  if (!is_item_name(name)) co_return vault_errors::invalid_name(name);
  FH_CO_TRY(const auto place, place_in(member(call.body, "sasTokenParameters"), parts));
  FH_CO_TRY(const auto folder, folder_in(call.body, "folder"));
  const auto work = [&parts, pool = call.vault, place, folder, name](const JobRun& run) {
    return restore_key(parts, pool, run, PoolStorage(run.ask, place, folder), name);
  };
  FH_CO_TRY(const auto job,
            co_await parts.jobs.begin(call.vault, {.kind = PoolJobKind::kRestore}, std::move(caller), work));
  co_return begun(call, job);
}

template <PoolJobKind kind>
Task<Reply> get_job(PoolParts& parts, VaultCall& call) {
  const std::string id(call.segment(1));
  FH_CO_TRY(const auto job, said(co_await parts.jobs.find(call.vault, kind, id)));
  if (!job) co_return hsm_errors::job_not_found(id);
  co_return json_answer(show_job(*job));
}

PoolRow begins(std::string_view name, Method method, std::string_view path, std::string_view action,
               PoolJobHandler handler) {
  return {.name = name,
          .method = method,
          .paths = {path},
          .action = action,
          .handler = nullptr,
          .audit = AuditClass::kControl,
          .begins = handler};
}

#define FH_POOL "Microsoft.KeyVault/managedHsm/"

}  // namespace

std::span<const PoolRow> pool_backup_rows() {
  static const std::vector<PoolRow> rows = {
      begins("FullBackup", Method::kPost, "/backup", FH_POOL "backup/start/action", &full_backup),
      {"FullBackupStatus",
       Method::kGet,
       {"/backup/{job}/pending"},
       FH_POOL "backup/status/action",
       &get_job<PoolJobKind::kBackup>},
      begins("PreFullBackup", Method::kPost, "/prebackup", FH_POOL "backup/start/action", &try_full_backup),
      begins("FullRestore", Method::kPut, "/restore", FH_POOL "restore/start/action", &full_restore),
      {.name = "FullRestoreStatus",
       .method = Method::kGet,
       .paths = {"/restore/{job}/pending"},
       .action = FH_POOL "restore/status/action",
       .handler = &get_job<PoolJobKind::kRestore>,
       .during_restore = true},
      begins("PreFullRestore", Method::kPut, "/prerestore", FH_POOL "restore/start/action", &try_full_restore),
      begins("SelectiveKeyRestore", Method::kPut, "/keys/{name}/restore", FH_POOL "restore/start/action",
             &restore_one_key)};
  return rows;
}

#undef FH_POOL

}  // namespace freehold::vault
