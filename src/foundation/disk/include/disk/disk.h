// Disk: the one seam between Freehold and what keeps its bytes. Real files, or a seeded fake that tears and reorders.
//
// Everything the embedded engine writes goes through a Disk: extent files directly, RocksDB through
// rocksdb_file_system(). Fault points (a kill at every write, sync, rename, unlink) stand behind this interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace rocksdb {
class Env;
class FileSystem;
}  // namespace rocksdb

namespace freehold::disk {

// A random-access file. Reads are safe from any thread, at any time; writes, sync, punch from one thread at a time, at
// offsets that no concurrent read covers. What was written is durable when a later sync() has returned.
class File {
 public:
  virtual ~File() = default;

  // Writes the pieces one behind the other. For a file opened kDirect every piece's address and length, and the offset,
  // are multiples of kDirectAlignment. kExhausted when the disk is full; then how much was written is unknown.
  [[nodiscard]] virtual Result<> write_at(std::uint64_t offset, std::span<const BytesView> pieces) = 0;
  // Reads exactly out.size() bytes through the page cache (no alignment); kCorrupt if the file ends before.
  [[nodiscard]] virtual Result<> read_at(std::uint64_t offset, std::span<char> out) = 0;
  // The same if it needs no waiting for the disk (the bytes are cached); false if it would, `out` then unspecified.
  [[nodiscard]] virtual Result<bool> try_read_at(std::uint64_t offset, std::span<char> out) = 0;
  // Reads past the page cache, for verifying what the disk really holds. Alignment as for write_at on a kDirect file.
  [[nodiscard]] virtual Result<> read_direct(std::uint64_t offset, std::span<char> out) = 0;
  // fdatasync: the data and the size are on stable storage.
  [[nodiscard]] virtual Result<> sync() = 0;
  // Reserves [0, size) and makes the file that long; the bytes read as zero. kExhausted if the disk is full.
  [[nodiscard]] virtual Result<> preallocate(std::uint64_t size) = 0;
  // Gives [offset, offset + length) back to the file system; it reads as zero from then on. 4 KiB multiples.
  [[nodiscard]] virtual Result<> punch(std::uint64_t offset, std::uint64_t length) = 0;
  // Ends the file at `size`, if it is longer; what was behind it goes back to the file system.
  [[nodiscard]] virtual Result<> cut(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  // Bytes the file really occupies (holes don't count).
  [[nodiscard]] virtual Result<std::uint64_t> allocated() = 0;
};

enum class OpenMode {
  kRead,      // must exist
  kBuffered,  // read and write through the page cache; made if absent
  kDirect,    // writes bypass the page cache (O_DIRECT where the file system has it); made if absent
};

// Held while a process owns a directory; released by destruction (and by the kernel when the process dies).
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

// Bytes that an unprivileged writer may still use on a file system, and a number that tells it from others (subvolumes
// that share their room count as several).
struct FreeSpace {
  std::uint64_t bytes = 0;
  std::uint64_t file_system = 0;
};

// Thread-safe. Paths are absolute. Directories are made with mode 0700, files with 0600. A rename or unlink is durable
// when sync_directory() of its parent has returned.
class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  [[nodiscard]] virtual Result<bool> exists(const std::string& path) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
  [[nodiscard]] virtual Result<> make_directories(const std::string& directory) = 0;
  [[nodiscard]] virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Result<> unlink(const std::string& path) = 0;  // a missing file is no error
  [[nodiscard]] virtual Result<> remove_tree(const std::string& directory) = 0;
  [[nodiscard]] virtual Result<> sync_directory(const std::string& directory) = 0;
  [[nodiscard]] virtual Result<FreeSpace> free_space(const std::string& path) = 0;  // where `path` lies
  // kConflict if another process (or another holder in this one) has it.
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& directory) = 0;
  // RocksDB's view of this disk; shares its faults. Lives as long as the Disk.
  [[nodiscard]] virtual std::shared_ptr<rocksdb::FileSystem> rocksdb_file_system() = 0;
  // What RocksDB's options.env wants: `over` (rocksdb_file_system(), or an encrypting one upon it) and this disk's idea
  // of waiting. RocksDB sleeps a second when its background work meets an error; upon a simulated disk, a millisecond.
  [[nodiscard]] virtual std::shared_ptr<rocksdb::Env> rocksdb_env(std::shared_ptr<rocksdb::FileSystem> over);

  // Whole small files (<= 16 MiB). write_file_durably: temporary file, sync, rename, sync of the parent.
  [[nodiscard]] Result<Bytes> read_file(const std::string& path);
  [[nodiscard]] Result<> write_file_durably(const std::string& path, BytesView bytes);
};

// The machine's own file systems.
[[nodiscard]] std::unique_ptr<Disk> make_real_disk();

}  // namespace freehold::disk
