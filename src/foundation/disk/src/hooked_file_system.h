// A RocksDB file system that asks before every change and every read: how fault points and FaultyDisk see RocksDB.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <span>
#include <string>

namespace freehold::disk {

// Thread-safe. Paths are those RocksDB uses. A status that isn't OK is answered in place of the operation.
class FileHooks {
 public:
  virtual ~FileHooks() = default;
  // Before a change to `path` that adds `bytes` to the disk: write, sync, create, rename, unlink, truncate,
  // preallocate.
  virtual rocksdb::IOStatus before_change(const std::string& path, std::uint64_t bytes) = 0;
  virtual rocksdb::IOStatus before_read(const std::string& path) = 0;
  // What was read at `offset`; may alter it.
  virtual void after_read(const std::string& path, std::uint64_t offset, std::span<char> data) = 0;
  // False: reads go straight to the base and the two above are never called.
  [[nodiscard]] virtual bool sees_reads() const = 0;
};

[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> hook_file_system(std::shared_ptr<rocksdb::FileSystem> base,
                                                                    std::shared_ptr<FileHooks> hooks);

// Changes pass fault points where those are compiled in.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> with_fault_points(std::shared_ptr<rocksdb::FileSystem> base);

}  // namespace freehold::disk
