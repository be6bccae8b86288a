#include "src/embedded/space_guard.h"

namespace freehold::store::embedded {
namespace {
constexpr std::chrono::milliseconds kFreshness{20};
}  // namespace

Room SpaceGuard::room() const {
  const std::uint64_t free = least_free();
  if (free >= reserve_) return Room::kPlenty;
  return free >= reserve_ / 4 ? Room::kReserveOnly : Room::kNone;
}

bool SpaceGuard::has_room_for(std::uint64_t bytes) const { return least_free() >= reserve_ + bytes; }

std::uint64_t SpaceGuard::least_free() const {
  std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (asked_ != std::chrono::steady_clock::time_point{} && now - asked_ < kFreshness) return free_;
  asked_ = now;
  free_ = UINT64_MAX;
  for (const auto& domain : domains_) {
    if (replicator_.role(domain->index()) == Role::kNone) continue;
    // A disk that can't say is left to its own errors.
    if (const auto free = disk_.free_bytes(domain->place().path)) free_ = std::min(free_, *free);
  }
  return free_;
}

}  // namespace freehold::store::embedded
