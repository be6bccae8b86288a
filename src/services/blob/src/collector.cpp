// Collector's rounds: what is due, which job removes it, and what becomes of what failed.
#include "src/collector.h"

#include <map>

#include "base/log.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kItemsInMemory = 100'000;
// Nobody whose garbage has to wait, for a slow reader say, keeps the others' out.
constexpr std::size_t kItemsPerContainer = 10'000;
constexpr std::size_t kItemsPerTenant = 25'000;
constexpr std::size_t kItemsPerJob = 1'000;
// A search for what was dropped looks through every container: half a minute lies between two.
constexpr std::uint64_t kRoundsBetweenSearches = 150;
constexpr std::chrono::milliseconds kRound{200};
constexpr std::chrono::seconds kFirstSweep{2};
constexpr std::chrono::hours kSweepEvery{24};
constexpr std::chrono::minutes kNextPart{5};  // where a sweep had to leave some for the next
// Rounds between tries of what failed: a second, doubled each time up to about five minutes.
constexpr std::uint64_t kFirstPause = 5;
constexpr unsigned kMostDoublings = 8;

std::string principal() { return "blob collector"; }

}  // namespace

void Collector::add(Item item) {
  item.since = blobs_.hybrid().next();
  const std::lock_guard lock(mutex_);
  auto& held = held_[item.partition.value];
  auto& of_tenant = held_of_tenant_[item.account.tenant];
  if (items_.size() >= kItemsInMemory || of_tenant >= kItemsPerTenant ||
      (!item.container && held >= kItemsPerContainer)) {
    overflowed_ = true;
    return;
  }
  ++held;
  ++of_tenant;
  items_.push_back(std::move(item));
}

void Collector::add_garbage(AccountRef account, store::PartitionId partition, Bytes key, Bytes name) {
  add({account, std::move(partition), std::move(key), std::nullopt, std::move(name)});
}

void Collector::add_container(AccountRef account, DeletedContainer container) {
  auto partition = row_keys::container_partition(account.tenant, account.account, container.id);
  add({account, std::move(partition), {}, std::move(container)});
}

void Collector::abandon(TenantId tenant, std::vector<store::ChunkId> chunks) {
  const std::lock_guard lock(mutex_);
  auto& mine = abandoned_[tenant].chunks;
  mine.insert(mine.end(), chunks.begin(), chunks.end());
}

std::size_t Collector::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t sum = items_.size();
  for (const auto& [tenant, abandoned] : abandoned_) sum += abandoned.chunks.size();
  return sum;
}

Collector::Patience Collector::after_failure(Patience patience) const {
  const auto pause = kFirstPause << std::min(patience.failures, kMostDoublings);
  return {patience.failures + 1, round_ + pause};
}

void Collector::put_back(Batch batch) {
  const std::lock_guard lock(mutex_);
  for (auto& item : batch.failed) {
    if (batch.tried) item.patience = after_failure(item.patience);
  }
  for (auto* items : {&batch.failed, &batch.later}) {
    for (auto& item : *items) {
      ++held_[item.partition.value];
      ++held_of_tenant_[item.account.tenant];
      items_.push_back(std::move(item));
    }
  }
}

// Under the mutex.
void Collector::count_held() {
  held_.clear();
  held_of_tenant_.clear();
  for (const auto& item : items_) {
    ++held_[item.partition.value];
    ++held_of_tenant_[item.account.tenant];
  }
}

// Of a container that is to be purged, garbage rows aren't looked at one by one: the purge takes them along.
std::vector<Collector::Batch> Collector::take_due(Which which) {
  std::vector<Batch> containers;
  std::map<Bytes, Batch> garbage;
  const std::lock_guard lock(mutex_);
  std::set<Bytes> purged;
  for (const auto& item : items_) {
    if (item.container) purged.insert(item.partition.value);
  }
  std::deque<Item> kept;
  for (auto& item : items_) {
    if (!item.container && purged.contains(item.partition.value)) continue;
    const bool due = which == Which::kAll || item.patience.due <= round_;
    if (!due || !reads_.all_after(item.partition, item.name, item.since)) {
      kept.push_back(std::move(item));
    } else if (item.container) {
      containers.push_back({.items = {std::move(item)}});
    } else if (auto& batch = garbage[item.partition.value]; batch.items.size() < kItemsPerJob) {
      batch.items.push_back(std::move(item));
    } else {
      kept.push_back(std::move(item));
    }
  }
  items_ = std::move(kept);
  count_held();
  for (auto& [partition, batch] : garbage) containers.push_back(std::move(batch));
  return containers;
}

std::vector<std::pair<TenantId, Collector::Abandoned>> Collector::take_abandoned(Which which) {
  std::vector<std::pair<TenantId, Abandoned>> taken;
  const std::lock_guard lock(mutex_);
  for (auto& [tenant, abandoned] : abandoned_) {
    if (abandoned.chunks.empty() || (which == Which::kDue && abandoned.patience.due > round_)) continue;
    taken.emplace_back(tenant, std::move(abandoned));
  }
  for (const auto& [tenant, abandoned] : taken) abandoned_.erase(tenant);
  return taken;
}

// The container stands there by its id: by now its name may be another's.
gate::Job Collector::job_for(const Item& item) const {
  gate::Job job{.tenant = item.account.tenant, .principal = principal()};
  for (const auto& account : accounts_.all()) {
    if (account->id == item.account.account) job.account = account;
  }
  const auto container = row_keys::container_of(item.partition);
  job.resource = "/" + (job.account ? job.account->name : to_string(item.account.account));
  if (container) job.resource += "/" + to_string(*container);
  return job;
}

// `batch` lives in the frame of collect(). None of the lambdas is a coroutine: each only calls one.
Task<> Collector::run_batch(gate::Pipeline& door, Batch& batch) {
  const auto& first = batch.items.front();
  if (!first.container) {
    auto done = co_await door.run_job<CollectGarbage>(job_for(first), [this, &batch](gate::Permit<CollectGarbage> p) {
      batch.tried = true;
      return collect_batch(std::move(p), batch);
    });
    if (!done) {
      batch.fault = std::move(done);
      batch.failed = std::move(batch.items);
      batch.later.clear();  // they are among those
    }
    co_return;
  }
  // Only looks; while a record stands there nothing can be finished, and so there is nothing to do yet.
  batch.fault = co_await check_no_audit_rows(first.partition);
  batch.tried = !batch.fault;
  if (batch.fault) {
    batch.fault = co_await door.run_job<PurgeContainer>(job_for(first), [this, &batch](gate::Permit<PurgeContainer> p) {
      batch.tried = true;
      return purge(std::move(p), batch.items.front());
    });
  }
  // Its row stands: it is found again when the key is back.
  batch.dark = !batch.fault && batch.fault.error().code == ErrorCode::kDenied;
  if (batch.dark) batch.fault = {};
  if (!batch.fault) batch.failed = std::move(batch.items);
}

// What was dropped is searched for once there is room for much of it, and not again at once if some had to be dropped
// again.
bool Collector::may_search(Which which) {
  const std::lock_guard lock(mutex_);
  if (!overflowed_ || items_.size() >= kItemsInMemory / 2) return false;
  if (which == Which::kDue && round_ < next_search_) return false;
  next_search_ = round_ + kRoundsBetweenSearches;
  overflowed_ = false;
  return true;
}

Task<Result<std::size_t>> Collector::collect(gate::Pipeline& door, Which which) {
  ++round_;
  std::size_t finished = 0;
  Result<> fault = co_await remove_abandoned(door, which);
  if (auto purged = co_await purge_accounts(door, which); !purged) fault = std::move(purged);
  if (auto searched = co_await search_dark(door, which); !searched) fault = std::move(searched);
  auto due = take_due(which);
  for (auto& batch : due) {
    const auto all = batch.items.size();
    const auto account = batch.items.front().account;
    co_await run_batch(door, batch);
    finished += all - batch.failed.size() - batch.later.size();
    if (!batch.fault) fault = pass_on(batch.fault);
    if (batch.dark) note_dark(account);
    put_back(std::move(batch));
  }
  if (may_search(which)) {
    auto searched = co_await find_left_over(door);
    if (!searched) {
      const std::lock_guard lock(mutex_);
      overflowed_ = true;
      co_return pass_on(searched);
    }
  }
  if (!fault) co_return pass_on(fault);
  co_return finished;
}

Task<Result<>> Collector::remove_abandoned(gate::Pipeline& door, Which which) {
  Result<> fault;
  auto taken = take_abandoned(which);
  for (auto& [tenant, abandoned] : taken) {
    auto& chunks = abandoned.chunks;
    bool tried = false;
    auto done = co_await door.run_job<RemoveAbandonedChunks>(
        gate::Job{.tenant = tenant, .principal = principal(), .resource = "/"},
        [this, &chunks, &tried](gate::Permit<RemoveAbandonedChunks> p) {
          tried = true;
          return remove_chunks(std::move(p), chunks);
        });
    if (done) continue;
    fault = std::move(done);
    abandon(tenant, std::move(chunks));
    const std::lock_guard lock(mutex_);
    abandoned_[tenant].patience = tried ? after_failure(abandoned.patience) : abandoned.patience;
  }
  co_return fault;
}

std::vector<AccountRef> Collector::every_account() const {
  std::vector<AccountRef> all;
  for (const auto& account : accounts_.all()) all.push_back(ref_of(*account));
  return all;
}

Task<Result<>> Collector::find_left_over(gate::Pipeline& door) { return find_left_over(door, every_account()); }

Task<Result<>> Collector::find_left_over(gate::Pipeline& door, std::vector<AccountRef> accounts) {
  co_return co_await door.run_job<FindGarbage>(
      gate::Job{.principal = principal(), .resource = "/"},
      [this, &accounts](gate::Permit<FindGarbage> p) { return look_for_left_over(std::move(p), accounts); });
}

Task<Result<>> Collector::look_for_left_over(gate::Permit<FindGarbage> permit, std::vector<AccountRef> accounts) {
  bool found = false;
  std::vector<std::pair<AccountRef, store::PartitionId>> all;
  for (const auto& ref : accounts) {
    FH_CO_TRY(const auto deleted, co_await containers_.deleted(ref));
    for (const auto& container : deleted) add_container(ref, container);
    found |= !deleted.empty();
    FH_CO_CHECK_OK(co_await add_partitions_of(ref, all));
  }
  for (const auto& [account, partition] : all) {
    Bytes from(1, row_keys::kGarbagePrefix);
    const auto end = row_keys::after_prefix(Bytes(1, row_keys::kSharedGarbagePrefix));  // the next letter
    while (true) {
      FH_CO_TRY(const auto page, co_await blobs_.rows().scan(partition, from, end, 1000));
      for (const auto& row : page.rows) add_garbage(account, partition, row.key, {});
      found |= !page.rows.empty();
      if (!page.more || page.rows.empty()) break;
      from = page.rows.back().key + '\0';
    }
  }
  if (!found) permit.nothing_done();
  co_return Result<>();
}

Task<> Collector::run(runtime::TaskScope& scope, gate::Pipeline& door) {
  bool found = false;
  auto next_sweep = std::chrono::steady_clock::duration(kFirstSweep);
  auto since_sweep = std::chrono::steady_clock::duration::zero();
  while (co_await scope.sleep(kRound)) {
    since_sweep += kRound;
    if (!found) found = (co_await find_left_over(door)).has_value();
    Result<std::size_t> done = co_await collect(door, Which::kDue);
    // Whatever couldn't be collected: one tenant's garbage doesn't decide about the others' chunks.
    if (found && since_sweep >= next_sweep) {
      auto swept = co_await sweep(door);
      if (!swept) done = pass_on(swept);
      since_sweep = {};
      next_sweep = swept && !sweep_was_cut_ ? std::chrono::steady_clock::duration(kSweepEvery) : kNextPart;
    }
    if (!done) log_debug("the collector will try again", {{"reason", std::string_view(done.error().message)}});
  }
}

}  // namespace freehold::blob
