// IngestRoom: how much memory the bodies that are coming in may hold at once, fair by tenant (I1).
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/ids.h"

namespace freehold::blob {

// Thread-safe; outlives its places. A tenant may take up to three times what then is still free, so that one alone gets
// three quarters and there is always some for another that comes. Nobody waits for room: a client that trickles its
// body would hold up all others.
class IngestRoom {
 public:
  class Place {
   public:
    Place(IngestRoom& room, TenantId tenant, std::size_t bytes) : room_(&room), tenant_(tenant), bytes_(bytes) {}
    Place(Place&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)), tenant_(other.tenant_), bytes_(other.bytes_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (room_ != nullptr) room_->leave(tenant_, bytes_);
    }

   private:
    IngestRoom* room_;
    TenantId tenant_;
    std::size_t bytes_;
  };

  explicit IngestRoom(std::size_t limit) : limit_(limit) {}

  // nullopt: the tenant has to come back later.
  [[nodiscard]] std::optional<Place> take(TenantId tenant, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = by_tenant_.find(tenant);
    const auto mine = found == by_tenant_.end() ? 0 : found->second;
    if (bytes > limit_ - taken_ || mine + bytes > kShareOfFree * (limit_ - taken_ - bytes)) return std::nullopt;
    taken_ += bytes;
    by_tenant_[tenant] += bytes;
    return std::optional<Place>(std::in_place, *this, tenant, bytes);
  }

  // A quarter of the machine's memory: the rest is for reads, the store's caches and everything else.
  [[nodiscard]] static std::size_t default_limit() {
    constexpr std::size_t kLeast = 256 * 1024 * 1024;
    const auto pages = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    const auto page = static_cast<std::size_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
    return std::max(kLeast, pages * page / 4);
  }

 private:
  void leave(TenantId tenant, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = by_tenant_.find(tenant);
    FH_CHECK(found != by_tenant_.end() && found->second >= bytes && taken_ >= bytes);
    taken_ -= bytes;
    found->second -= bytes;
    if (found->second == 0) by_tenant_.erase(found);
  }

  static constexpr std::size_t kShareOfFree = 3;
  const std::size_t limit_;
  std::mutex mutex_;
  std::size_t taken_ = 0;
  std::unordered_map<TenantId, std::size_t> by_tenant_;  // only tenants that have something inside
};

}  // namespace freehold::blob
