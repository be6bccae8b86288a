// OnlyCached: what a thread that must not wait may still read of RocksDB's files.
#pragma once

namespace freehold::disk {

// While one lives, reads of RocksDB's tables and blob files that its own thread makes upon the real disk take what the
// page cache holds and never wait for the disk: of anything else they say rocksdb::Status::TryAgain, and RocksDB's
// lookups hand that on. A file system that can't tell (EOPNOTSUPP) holds nothing. Other disks have nothing to wait for.
// Scopes don't nest.
class OnlyCached {
 public:
  OnlyCached() { holds_ = true; }
  ~OnlyCached() { holds_ = false; }
  OnlyCached(const OnlyCached&) = delete;
  OnlyCached& operator=(const OnlyCached&) = delete;
  [[nodiscard]] static bool holds() { return holds_; }

 private:
  inline static thread_local bool holds_ = false;
};

}  // namespace freehold::disk
