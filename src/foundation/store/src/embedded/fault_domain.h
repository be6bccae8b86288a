// FaultDomain: one self-contained directory of the placement: a lock, an identity, rows and extents.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "disk/disk.h"
#include "disk/extents.h"
#include "src/embedded/rows_db.h"
#include "src/embedded/worker.h"
#include "store/embedded.h"

namespace freehold::store::embedded {

// What the file `domain` in a directory says. Placement: 16 random bytes, the same in its three domains.
struct DomainIdentity {
  Bytes placement;
  unsigned index = 0;
};

// An open directory. Its users hold it by shared_ptr, so that it can be closed and opened again while they finish.
struct OpenDomain {
  std::unique_ptr<disk::DirectoryLock> lock;  // outlives the rest
  std::unique_ptr<RowsDb> rows;
  std::unique_ptr<disk::ExtentFiles> extents;
  std::set<std::uint32_t> prepared;  // extents made in this process; of the chunk worker alone
};

// open(), close() and the identity: from the steward's thread (or before it runs). The rest from any.
class FaultDomain {
 public:
  FaultDomain(unsigned index, FaultDomainOptions place, const EmbeddedOptions& options, disk::Disk& disk,
              FileKeySource& keys, Random& random, RowsMemory memory);

  // kConflict, kUnsupported: see open_embedded. kCorrupt: the rows can't be opened; wipe_rows() may be the cure.
  [[nodiscard]] Result<> open();
  // Waits until nobody uses it any more; false if somebody still does after some seconds.
  [[nodiscard]] bool close();
  // Only when closed. The directory is as if empty then; its extents stay, and are looked at before they are copied
  // anew.
  [[nodiscard]] Result<> wipe_rows();

  [[nodiscard]] std::shared_ptr<OpenDomain> opened() const;
  [[nodiscard]] Result<std::optional<DomainIdentity>> read_identity() const;
  [[nodiscard]] Result<> write_identity(const Bytes& placement) const;
  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] const FaultDomainOptions& place() const { return place_; }
  [[nodiscard]] Worker& rows_worker() { return rows_worker_; }
  [[nodiscard]] Worker& chunk_worker() { return chunk_worker_; }

  // Its rows failed a checksum: reads avoid it, and it is rebuilt from an empty table once the others are known good.
  std::atomic<bool> damaged{false};
  // A write failed: RocksDB takes no more before it is opened anew.
  std::atomic<bool> failed{false};

 private:
  [[nodiscard]] std::string rows_path() const { return place_.path + "/rows"; }
  [[nodiscard]] std::string log_path() const { return place_.path + "/log"; }

  const unsigned index_;
  const FaultDomainOptions place_;
  const EmbeddedOptions& options_;
  disk::Disk& disk_;
  FileKeySource& keys_;
  Random& random_;
  const RowsMemory memory_;
  mutable std::mutex mutex_;
  std::shared_ptr<OpenDomain> opened_;  // guarded by mutex_
  std::weak_ptr<OpenDomain> users_;     // of what was closed last; the steward's
  Worker rows_worker_;
  Worker chunk_worker_;
};

}  // namespace freehold::store::embedded
