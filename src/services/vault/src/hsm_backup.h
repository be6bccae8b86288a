// Full backups of Managed HSM pools, and what is restored from them. The work of jobs: each is safe to be done again.
// Keeps: K3.
#pragma once

#include <string>

#include "src/hsm_call.h"
#include "src/hsm_storage.h"
#include "src/pool_backup.h"

namespace freehold::vault {

using gate::Task;

// Errors of all of them: their message is told to whoever asks for the job. `run` and `parts` outlive them.

// All keys with their versions, deleted ones too, and the roles; the folder's URL. What is changed meanwhile may be in
// it as it was or as it is. The folder is one that wasn't there: "mhsm-POOL-" and the time, or a second of the next
// minute.
[[nodiscard]] Task<Result<std::string>> back_up_pool(PoolParts& parts, VaultPtr pool, const JobRun& run,
                                                     StoragePlace place, WallTime now);
// The pool becomes what the backup holds: keys that aren't in it go for good. Nothing is altered before all of it has
// been read, opened and bound to the pool, and lies in the pool's own rows: then it is switched to, in one commit. What
// breaks off before that leaves the pool as it was. Roles are replaced if they are of the same tenant; the
// administrators that there are stay.
[[nodiscard]] Task<Result<std::string>> restore_pool(PoolParts& parts, VaultPtr pool, const JobRun& run,
                                                     PoolStorage storage);
// One key with all its versions (500 at most), where its name is free.
[[nodiscard]] Task<Result<std::string>> restore_key(PoolParts& parts, VaultPtr pool, const JobRun& run,
                                                    PoolStorage storage, std::string name);
// Can it be written to, and is there a backup that this pool opens? Alters nothing that stays.
[[nodiscard]] Task<Result<std::string>> try_backup(PoolStorage storage);
[[nodiscard]] Task<Result<std::string>> try_restore(PoolParts& parts, VaultPtr pool, const JobRun& run,
                                                    PoolStorage storage);
// Destroys what a restore replaced, or one that broke off left behind. No job of the pool may run.
[[nodiscard]] Task<Result<>> clear_spare_keys(PoolParts& parts, VaultPtr pool, ItemStore::GoOn go_on);

// "mhsm-hsm1-20250422081033", as Azure names a backup's folder.
[[nodiscard]] std::string backup_folder(const Vault& pool, WallTime now);

}  // namespace freehold::vault
