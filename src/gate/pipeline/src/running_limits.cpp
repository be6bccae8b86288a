#include "running_limits.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace freehold::gate {

namespace {
constexpr std::size_t kShareOfFree = 3;
}

Place::Place(Place&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), tenant_(other.tenant_) {}

Place& Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    leave();
    limits_ = std::exchange(other.limits_, nullptr);
    tenant_ = other.tenant_;
  }
  return *this;
}

void Place::leave() {
  if (limits_ != nullptr) std::exchange(limits_, nullptr)->leave(tenant_);
}

std::optional<Place> RunningLimits::take(TenantId tenant) {
  std::lock_guard lock(mutex_);
  auto at = by_tenant_.find(tenant);
  auto mine = at == by_tenant_.end() ? 0 : at->second;
  auto allowed = std::min(tenant_limit_, kShareOfFree * (limit_ - running_));
  if (mine >= allowed) return std::nullopt;
  ++running_;
  ++by_tenant_[tenant];
  return Place(*this, tenant);
}

std::size_t RunningLimits::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

void RunningLimits::leave(TenantId tenant) {
  std::lock_guard lock(mutex_);
  auto at = by_tenant_.find(tenant);
  FH_CHECK(at != by_tenant_.end() && running_ > 0);
  --running_;
  if (--at->second == 0) by_tenant_.erase(at);
}

}  // namespace freehold::gate
