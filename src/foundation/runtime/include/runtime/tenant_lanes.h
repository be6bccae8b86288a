// TenantLanes: of each tenant's work some at once, the rest in order of arrival, so that no tenant waits for another's.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>

#include "base/ids.h"
#include "runtime/completion.h"
#include "runtime/task.h"

namespace freehold::runtime {

// Owned by whoever has the work. Thread-safe.
class TenantLanes {
 public:
  explicit TenantLanes(std::size_t at_once) : at_once_(at_once) {}
  // False: closed, and no place was taken.
  [[nodiscard]] Task<bool> take(TenantId tenant);
  void leave(TenantId tenant);
  // Who waits is told false, and so is whoever comes.
  void close();

 private:
  struct Lanes {
    std::size_t taken = 0;
    std::deque<Completion<bool>> waiting;
  };
  const std::size_t at_once_;
  std::mutex mutex_;
  bool closed_ = false;
  std::map<TenantId, Lanes> lanes_;
};

// A lane that was taken, given back whatever happens. The lanes outlive it.
class HeldLane {
 public:
  HeldLane(TenantLanes& lanes, TenantId tenant) : lanes_(lanes), tenant_(tenant) {}
  HeldLane(const HeldLane&) = delete;
  HeldLane& operator=(const HeldLane&) = delete;
  ~HeldLane() { lanes_.leave(tenant_); }

 private:
  TenantLanes& lanes_;
  const TenantId tenant_;
};

}  // namespace freehold::runtime
