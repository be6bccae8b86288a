// RunningLimits: how many requests are inside at once, fair by tenant (I1).
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/ids.h"

namespace freehold::gate {

class RunningLimits;

// One request's place inside; leaving gives it back. Movable. The limits outlive it.
class Place {
 public:
  Place() = default;
  Place(RunningLimits& limits, TenantId tenant) : limits_(&limits), tenant_(tenant) {}
  ~Place() { leave(); }
  Place(Place&& other) noexcept;
  Place& operator=(Place&& other) noexcept;
  [[nodiscard]] bool valid() const { return limits_ != nullptr; }

 private:
  void leave();
  RunningLimits* limits_ = nullptr;
  TenantId tenant_;
};

// Thread-safe. A tenant may take up to three times the places that are still free, and never more than its own limit:
// one tenant alone gets three quarters, two greedy ones three sevenths each, and there is always room for another that
// comes.
class RunningLimits {
 public:
  RunningLimits(std::size_t limit, std::size_t tenant_limit) : limit_(limit), tenant_limit_(tenant_limit) {}
  // nullopt: the tenant has to wait its turn, or all is full.
  [[nodiscard]] std::optional<Place> take(TenantId tenant);
  [[nodiscard]] bool full() const { return running() >= limit_; }
  [[nodiscard]] std::size_t running() const;

 private:
  friend class Place;
  void leave(TenantId tenant);

  const std::size_t limit_;
  const std::size_t tenant_limit_;
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::unordered_map<TenantId, std::size_t> by_tenant_;  // only tenants that have something inside
};

}  // namespace freehold::gate
