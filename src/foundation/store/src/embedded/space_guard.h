// SpaceGuard: how full the placement's disks are.
#pragma once

#include <mutex>

#include "src/embedded/batch_builder.h"

namespace freehold::store::embedded {

// Thread-safe. The fullest domain in use counts.
class SpaceGuard {
 public:
  SpaceGuard(Domains& domains, const Replicator& replicator, disk::Disk& disk, std::uint64_t reserve_bytes)
      : domains_(domains), replicator_(replicator), disk_(disk), reserve_(reserve_bytes) {}

  // As the file systems said some milliseconds ago.
  [[nodiscard]] Room room() const;
  // Whether each domain can take `bytes` more, those that share a file system together, and the reserve is left alone.
  // Asks the file systems.
  [[nodiscard]] bool has_room_in_each(std::uint64_t bytes) const;

 private:
  struct Free {
    std::uint64_t least = UINT64_MAX;    // on the fullest file system
    std::uint64_t of_each = UINT64_MAX;  // beyond the reserve, for each domain on it
  };
  [[nodiscard]] Free ask() const;

  Domains& domains_;
  const Replicator& replicator_;
  disk::Disk& disk_;
  const std::uint64_t reserve_;
  mutable std::mutex mutex_;
  mutable std::uint64_t least_ = 0;                        // guarded by mutex_
  mutable std::chrono::steady_clock::time_point asked_{};  // guarded by mutex_
};

}  // namespace freehold::store::embedded
