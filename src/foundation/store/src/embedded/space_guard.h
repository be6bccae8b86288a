// SpaceGuard: how full the placement's disks are.
#pragma once

#include <atomic>
#include <mutex>

#include "src/embedded/batch_builder.h"

namespace freehold::store::embedded {

// Thread-safe. Asks the file systems at most every few milliseconds. The fullest domain in use counts.
class SpaceGuard {
 public:
  SpaceGuard(Domains& domains, const Replicator& replicator, disk::Disk& disk, std::uint64_t reserve_bytes)
      : domains_(domains), replicator_(replicator), disk_(disk), reserve_(reserve_bytes) {}

  [[nodiscard]] Room room() const;
  // Whether `bytes` more leave the reserve alone.
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const;

 private:
  [[nodiscard]] std::uint64_t least_free() const;

  Domains& domains_;
  const Replicator& replicator_;
  disk::Disk& disk_;
  const std::uint64_t reserve_;
  mutable std::mutex mutex_;
  mutable std::uint64_t free_ = 0;                         // guarded by mutex_
  mutable std::chrono::steady_clock::time_point asked_{};  // guarded by mutex_
};

}  // namespace freehold::store::embedded
