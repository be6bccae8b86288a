#include "src/copy_queue.h"

#include <algorithm>

namespace freehold::blob {
namespace {

constexpr std::size_t kWaitingPerTenant = 10'000;
constexpr int kRunning = 4;                  // copies at once
constexpr int kRunningPerTenant = 2;         // of one tenant, while others wait
constexpr int kRunningAlone = kRunning - 1;  // and while none does: a copy may run for hours, and others come

}  // namespace

Result<> CopyQueue::check_room(TenantId tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(tenant);
  if (found == waiting_.end() || found->second.size() < kWaitingPerTenant) return {};
  return fail(ErrorCode::kExhausted, "too many copies wait");
}

void CopyQueue::add(PendingCopy copy) {
  const std::lock_guard lock(mutex_);
  waiting_[copy.account.tenant].push_back(std::move(copy));
}

std::size_t CopyQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [tenant, copies] : waiting_) count += copies.size();
  return count;
}

// The next tenant after the last one that has something due and isn't at its limit. Tenants that run copies and have
// none waiting count among the others: so the last place goes to a tenant that has none running.
std::optional<PendingCopy> CopyQueue::take(Moment now) {
  const std::lock_guard lock(mutex_);
  int running = 0;
  for (const auto& [tenant, count] : running_) running += count;
  if (running >= kRunning || waiting_.empty()) return std::nullopt;
  const int most = waiting_.size() > 1 ? kRunningPerTenant : kRunningAlone;
  auto at = waiting_.upper_bound(last_);
  for (std::size_t seen = 0; seen < waiting_.size(); ++seen, ++at) {
    if (at == waiting_.end()) at = waiting_.begin();
    auto& [tenant, copies] = *at;
    const auto own = running_.find(tenant);
    const int of_tenant = own == running_.end() ? 0 : own->second;
    if (of_tenant >= most || (of_tenant > 0 && running == kRunning - 1)) continue;
    const auto due = std::ranges::find_if(copies, [&](const PendingCopy& copy) { return copy.due <= now; });
    if (due == copies.end()) continue;
    auto copy = std::move(*due);
    copies.erase(due);
    last_ = tenant;
    ++running_[tenant];
    if (copies.empty()) waiting_.erase(at);
    return copy;
  }
  return std::nullopt;
}

void CopyQueue::finished(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  if (--running_[tenant] == 0) running_.erase(tenant);
}

}  // namespace freehold::blob
