// Full backups of Managed HSM pools, and what is restored from them. The work of jobs: each is safe to be done again.
// Keeps: K3.
#pragma once

#include <string>

#include "src/hsm_call.h"
#include "src/hsm_storage.h"
#include "src/pool_backup.h"

namespace freehold::vault {

using gate::Task;

// Errors of all of them: their message is told to whoever asks for the job.

// All keys with their versions, deleted ones too, and the roles; the folder's URL. What is changed meanwhile may be in
// it as it was or as it is.
[[nodiscard]] Task<Result<std::string>> back_up_pool(PoolParts& parts, VaultPtr pool, PoolStorage storage,
                                                     std::int64_t now);
// The pool becomes what the backup holds: keys that aren't in it go for good. Nothing is altered before all of it has
// been read and opened. Roles are replaced if they are of the same tenant; the administrators that there are stay.
[[nodiscard]] Task<Result<std::string>> restore_pool(PoolParts& parts, VaultPtr pool, PoolStorage storage);
// One key with all its versions, where its name is free.
[[nodiscard]] Task<Result<std::string>> restore_key(PoolParts& parts, VaultPtr pool, PoolStorage storage,
                                                    std::string name);
// Can it be written to, and is there a backup that this pool opens? Alters nothing that stays.
[[nodiscard]] Task<Result<std::string>> try_backup(PoolStorage storage);
[[nodiscard]] Task<Result<std::string>> try_restore(PoolParts& parts, VaultPtr pool, PoolStorage storage);

}  // namespace freehold::vault
