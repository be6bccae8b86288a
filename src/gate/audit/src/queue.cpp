#include "queue.h"

#include <iterator>

namespace freehold::gate::audit {
namespace {

// A thread's own stripe, dealt out in turn.
std::size_t stripe_of_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

std::optional<Slot> Room::take(TenantId tenant) {
  if (taken_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  const std::size_t bucket = tenant.bytes[15];
  if (by_tenant_[bucket].fetch_add(1, std::memory_order_relaxed) >= share_) {
    give_back(bucket);
    return std::nullopt;
  }
  auto release = [self = shared_from_this(), bucket](void*) { self->give_back(bucket); };
  return Slot(std::shared_ptr<void>(static_cast<void*>(this), std::move(release)));
}

void Room::give_back(std::size_t bucket) {
  by_tenant_[bucket].fetch_sub(1, std::memory_order_relaxed);
  taken_.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t Queue::append(Entry entry) {
  auto& stripe = stripes_[stripe_of_thread() % kStripes];
  {
    const std::lock_guard lock(stripe.mutex);
    stripe.entries.push_back(std::move(entry));
  }
  // After the push: whoever sees the count finds the entry.
  return count_.fetch_add(1) + 1;
}

void Queue::take_all(std::vector<Entry>& out) {
  // Before the stripes are emptied: an append in between counts for the next round, which may then find nothing.
  count_.store(0);
  for (auto& stripe : stripes_) {
    std::vector<Entry> taken;
    {
      const std::lock_guard lock(stripe.mutex);
      if (stripe.entries.empty()) continue;
      taken.reserve(stripe.entries.capacity());
      taken.swap(stripe.entries);
    }
    if (out.empty()) {
      out.swap(taken);
    } else {
      out.insert(out.end(), std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end()));
    }
  }
}

}  // namespace freehold::gate::audit
