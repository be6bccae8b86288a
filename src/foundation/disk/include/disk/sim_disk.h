// SimDisk: a disk in memory that loses, tears and reorders what wasn't synced. For tests and the simulator.
//
// What survives crash(seed):
//   - bytes of a file up to its last sync(): always;
//   - bytes written since: each 4 KiB page independently, old, new or (some) mixed by 512-byte sectors; a size that
//   grew or
//     shrank may be the old one, the new one or one between, and what is missing reads as zero;
//   - names: a create, rename or unlink since the last sync_directory() of its directory (RocksDB: FSDirectory::Fsync)
//     happened or not, each independently of the others, a rename always whole. Syncing a file doesn't keep its name.
//     Syncing a directory also keeps the directory's own name and its ancestors', as journalling file systems do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "disk/disk.h"

namespace freehold::disk {

class SimState;

// Thread-safe. Files, locks and the RocksDB file system stay usable after the SimDisk is gone (RocksDB closes late).
class SimDisk final : public Disk {
 public:
  explicit SimDisk(std::uint64_t capacity_bytes = 1ull << 40);
  ~SimDisk() override;

  // Pulls the plug: from now on everything on this disk (and files opened on it) fails with kUnavailable. Returns the
  // disk as it is found after the power is back, everything on it durable, nothing locked.
  [[nodiscard]] std::unique_ptr<SimDisk> crash(std::uint64_t seed);

  // Changes so far: writes, syncs, creates, renames, unlinks, truncations, punches, preallocations.
  [[nodiscard]] std::uint64_t ops() const;
  // The change that makes ops() equal n, and everything after it, fails with kUnavailable: it never happened. 0: none.
  void fail_from_op(std::uint64_t n);
  [[nodiscard]] bool is_down() const;

  // Lowering it below what is used keeps the files and refuses more.
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used_bytes() const;
  // Damages what is stored. kNotFound: no such file, or it ends before.
  [[nodiscard]] Result<> flip_bit(const std::string& path, std::uint64_t offset, unsigned bit = 0);
  // Whether try_read_at finds bytes cached (at first: yes).
  void set_reads_cached(bool cached);
  // How many pages and names hang on the next sync: what a crash now could lose.
  [[nodiscard]] std::uint64_t unsynced_pages() const;
  [[nodiscard]] std::uint64_t unsynced_names() const;

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

 private:
  explicit SimDisk(std::shared_ptr<SimState> state);
  std::shared_ptr<SimState> state_;  // shared with open files, which may outlive the disk
  std::shared_ptr<rocksdb::FileSystem> file_system_;
};

}  // namespace freehold::disk
