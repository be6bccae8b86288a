#include "runtime/tenant_lanes.h"

#include <vector>

namespace freehold::runtime {

Task<bool> TenantLanes::take(TenantId tenant) {
  Completion<bool> mine;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) co_return false;
    Lanes& lanes = lanes_[tenant];
    if (lanes.taken < at_once_) {
      ++lanes.taken;
      co_return true;
    }
    lanes.waiting.push_back(mine);
  }
  co_return co_await mine.wait();
}

void TenantLanes::leave(TenantId tenant) {
  std::unique_lock lock(mutex_);
  const auto at = lanes_.find(tenant);
  if (at->second.waiting.empty()) {
    if (--at->second.taken == 0) lanes_.erase(at);
    return;
  }
  const auto next = std::move(at->second.waiting.front());
  at->second.waiting.pop_front();
  lock.unlock();
  next.complete(true);
}

void TenantLanes::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  std::vector<Completion<bool>> waiting;
  for (auto& [tenant, lanes] : lanes_) {
    for (auto& one : lanes.waiting) waiting.push_back(std::move(one));
    lanes.waiting.clear();
  }
  lock.unlock();
  for (const auto& one : waiting) one.complete(false);
}

}  // namespace freehold::runtime
