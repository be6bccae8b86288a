#include "src/embedded/space_guard.h"

namespace freehold::store::embedded {
namespace {
constexpr std::chrono::milliseconds kFreshness{20};
}  // namespace

Room SpaceGuard::room() const {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (asked_ == std::chrono::steady_clock::time_point{} || now - asked_ >= kFreshness) {
    asked_ = now;
    least_ = ask().least;
  }
  if (least_ >= reserve_) return Room::kPlenty;
  return least_ >= reserve_ / 4 ? Room::kReserveOnly : Room::kNone;
}

bool SpaceGuard::has_room_in_each(std::uint64_t bytes) const { return ask().of_each >= bytes; }

SpaceGuard::Free SpaceGuard::ask() const {
  struct FileSystem {
    std::uint64_t free = 0;
    unsigned domains = 0;
  };
  std::map<std::uint64_t, FileSystem> file_systems;
  for (const auto& domain : domains_) {
    if (replicator_.role(domain->index()) == Role::kNone) continue;
    const auto space = disk_.free_space(domain->place().path);
    if (!space) continue;  // a disk that can't say is left to its own errors
    auto& file_system = file_systems[space->file_system];
    file_system.free = space->bytes;
    ++file_system.domains;
  }
  Free free;
  for (const auto& [number, each] : file_systems) {
    free.least = std::min(free.least, each.free);
    free.of_each = std::min(free.of_each, (each.free - std::min(each.free, reserve_)) / each.domains);
  }
  return free;
}

}  // namespace freehold::store::embedded
