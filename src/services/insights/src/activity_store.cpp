#include "src/activity_store.h"

#include "keys/change_rows.h"

namespace freehold::insights {
namespace {

constexpr std::uint32_t kForgetAtOnce = 1'000;
constexpr std::string_view kBegin = "a";
constexpr std::string_view kEnd = "b";

// On a disk that is nearly full what frees space has its record, too.
bool frees(const ActivityEvent& event) {
  return event.operation.ends_with("/delete") || event.operation.ends_with("/purge/action");
}

}  // namespace

ActivityStore::ActivityStore(keys::SealedStore store, TenantId tenant)
    : tenant_(tenant), store_(store), rows_(store, store::make_partition_id(tenant, "activity")) {}

Task<Result<>> ActivityStore::add(ActivityEvent event, std::vector<store::KeyValue> queued) const {
  const auto reserve = frees(event) ? store::DiskReserve::kMayUse : store::DiskReserve::kKeep;
  keys::RowChange change{.puts = std::move(queued)};
  change.puts.push_back({key_of(event), encode(event)});
  co_return co_await keys::change_rows(store_, rows_.partition(), std::move(change), reserve);
}

Task<Result<ActivityStore::Page>> ActivityStore::page(Bytes from, Bytes end, std::uint32_t limit) const {
  FH_CO_TRY(const auto found,
            co_await keys::sealed_page(store_, rows_.partition(), std::move(from), std::move(end), limit));
  Page out;
  for (const auto& row : found.rows) {
    FH_CO_TRY(auto event, decode(row.key, row.value));
    out.events.push_back(std::move(event));
  }
  if (found.more) out.next = found.rows.back().key + '\0';
  co_return out;
}

// Subscription by subscription: what is old stands behind what is kept.
Task<Result<std::size_t>> ActivityStore::forget_before(WallTime time) const {
  std::size_t forgotten = 0;
  Bytes from(kBegin);
  while (true) {
    FH_CO_TRY(const auto first, co_await keys::sealed_page(store_, rows_.partition(), from, Bytes(kEnd), 1));
    if (first.rows.empty()) co_return forgotten;
    FH_CO_TRY(const auto subscription, subscription_of(first.rows.front().key));
    const Bytes end = key_after(subscription);
    bool more = true;
    while (more) {
      FH_CO_TRY(const auto old,
                co_await keys::sealed_page(store_, rows_.partition(), key_at(subscription, time), end, kForgetAtOnce));
      keys::RowChange change;
      for (const auto& row : old.rows) change.deletes.push_back(row.key);
      if (!change.deletes.empty()) {
        forgotten += change.deletes.size();
        FH_CO_CHECK_OK(co_await rows_.change(std::move(change)));
      }
      more = old.more;
    }
    from = end;
  }
}

}  // namespace freehold::insights
