#include "src/throttle.h"

#include <algorithm>

namespace freehold::vault {

Throttle::Throttle(const Clock& clock, VaultLimits limits) : clock_(clock) {
  const std::array<std::uint64_t, kKinds> of = {limits.transactions, limits.hsm_transactions, limits.key_creations,
                                                limits.hsm_key_creations};
  for (std::size_t i = 0; i < kKinds; ++i) {
    each_[i] = of[i] == 0 ? Microseconds(0) : Microseconds(kWindow) / static_cast<std::int64_t>(of[i]);
  }
}

gate::ApiResult<> Throttle::take(VaultId vault, Transaction what) {
  const auto kind = static_cast<std::size_t>(what);
  const auto cost = each_[kind];
  if (cost.count() == 0) return {};
  const auto now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (used_.size() >= sweep_at_) sweep(now);
  auto& whole = used_[vault][kind];
  const auto next = std::max(whole, now) + cost;
  if (next - now > kWindow) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(next - now - kWindow);
    return vault_errors::throttled(std::max(wait, std::chrono::seconds(1)));
  }
  whole = next;
  return {};
}

std::size_t Throttle::remembered() const {
  const std::lock_guard lock(mutex_);
  return used_.size();
}

// Forgets those that have all of theirs; so the cost of it is shared by as many as were added since.
void Throttle::sweep(MonotonicTime now) {
  std::erase_if(used_, [now](const auto& each) {
    return std::ranges::all_of(each.second, [now](MonotonicTime whole) { return whole <= now; });
  });
  sweep_at_ = std::max(kLeastSwept, used_.size() * 2);
}

}  // namespace freehold::vault
