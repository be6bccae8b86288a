#include "tenant_keys.h"

namespace freehold::gate::audit {
namespace {

// What a thread last found good. Instances are numbered, so that a later log at the same address isn't taken for this.
struct LastTenant {
  std::uint64_t instance = 0;
  std::uint64_t generation = 0;
  TenantId tenant;
  friend bool operator==(const LastTenant&, const LastTenant&) = default;
};
thread_local LastTenant last_tenant;
std::atomic<std::uint64_t> next_instance{1};

}  // namespace

TenantKeys::TenantKeys(TenantAuditKeys& source) : source_(source), instance_(next_instance.fetch_add(1)) {}

Result<> TenantKeys::ensure(TenantId tenant) {
  const LastTenant asked{instance_, generation_.load(std::memory_order_acquire), tenant};
  if (last_tenant == asked) return {};
  FH_TRY(const auto key, batch_key(tenant));
  last_tenant = asked;
  return {};
}

Result<std::shared_ptr<const Secret>> TenantKeys::batch_key(TenantId tenant) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = keys_.find(tenant); found != keys_.end()) return found->second;
  }
  auto fetched = source_.batch_key(tenant);
  if (!fetched) return fail(ErrorCode::kUnavailable, "the tenant's audit key can't be had", fetched.error().message);
  auto key = std::make_shared<const Secret>(std::move(*fetched));
  const std::lock_guard lock(mutex_);
  return keys_.emplace(tenant, std::move(key)).first->second;
}

void TenantKeys::forget(TenantId tenant) {
  {
    const std::lock_guard lock(mutex_);
    keys_.erase(tenant);
  }
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace freehold::gate::audit
