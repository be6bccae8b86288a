// The encryption of a fault domain's RocksDB files (DESIGN section 5): disk's format, crypto's AES-256-CTR.
#pragma once

#include <memory>

#include "base/random.h"
#include "base/secret.h"
#include "disk/disk.h"

namespace rocksdb {
class Env;
}

namespace freehold::store::embedded {

// The disk as RocksDB sees it, every file encrypted under `file_key` (32 bytes) with an iv of its own. `disk` and
// `random` outlive it.
[[nodiscard]] std::shared_ptr<rocksdb::Env> encrypted_env(disk::Disk& disk, const Secret& file_key, Random& random);

}  // namespace freehold::store::embedded
