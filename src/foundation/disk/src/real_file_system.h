// RocksDB's own file system, but that its random reads heed OnlyCached.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace freehold::disk {

[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> real_file_system();

}  // namespace freehold::disk
