// FaultyDisk: another disk with faults that tests switch while it runs. RocksDB upon it sees the same faults.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "disk/disk.h"

namespace freehold::disk {

// Thread-safe. Borrows `base`, which outlives it and all files opened through it. Prefixes are paths of files or
// directories: they match themselves and what lies below.
class FaultyDisk final : public Disk {
 public:
  explicit FaultyDisk(Disk& base);
  ~FaultyDisk() override;

  // From now on so many more bytes fit, then writes fail with kExhausted until this is called again; nullopt: no bound.
  void set_room(std::optional<std::uint64_t> bytes);
  // Every access fails with kUnavailable (EIO).
  void break_below(const std::string& prefix);
  // Every access fails as if nothing were there: kNotFound for reads and opens, kUnavailable for changes.
  void lose_below(const std::string& prefix);
  // Each read of a file there comes back with bit 0 of the byte at `offset` in the file flipped; nullopt: of the byte
  // in the middle of what was read, wherever that is.
  void flip_reads_below(const std::string& prefix, std::optional<std::uint64_t> offset);
  void heal_below(const std::string& prefix);  // exactly what was given to the three above

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> make_directories(const std::string& directory) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> unlink(const std::string& path) override;
  Result<> remove_tree(const std::string& directory) override;
  Result<> sync_directory(const std::string& directory) override;
  Result<FreeSpace> free_space(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) override;
  std::shared_ptr<rocksdb::FileSystem> rocksdb_file_system() override;
  std::shared_ptr<rocksdb::Env> rocksdb_env(std::shared_ptr<rocksdb::FileSystem> over) override;

  class Faults;

 private:
  Disk& base_;
  std::shared_ptr<Faults> faults_;  // shared with open files
  std::shared_ptr<rocksdb::FileSystem> file_system_;
};

}  // namespace freehold::disk
