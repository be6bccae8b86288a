#include "audit/log.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "batch_log.h"
#include "crypto/ed25519.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::chrono::milliseconds kIdleWake{250};  // looks for settled rows that are due
constexpr std::chrono::milliseconds kRetryWake{50};  // after a flush that failed
constexpr std::size_t kSweepCommits = 8;             // between two flushes, so that batches keep their 200 ms
constexpr std::size_t kSettledRows = 262'144;        // undeleted; beyond it writes must wait

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorCode::kUnavailable, "the audit log takes no record: " + std::move(why));
}

}  // namespace

BatchLog::BatchLog(LogOptions options, VerifierKey key, store::PartitionStore& store, TenantAuditKeys& keys,
                   const Clock& clock, Random& random, store::HybridClock& hybrid, StoredLog stored)
    : options_(std::move(options)),
      key_(std::move(key)),
      store_(store),
      clock_(clock),
      random_(random),
      hybrid_(hybrid),
      process_(random.u64()),
      tenant_keys_(keys),
      room_(std::make_shared<Room>(options_.queue_records)),
      pseudonyms_(store, keys, random, hybrid, options_.epoch),
      sweeper_(store, hybrid, options_.epoch, options_.settled_linger),
      writer_(options_, key_, store, keys, clock, random, hybrid, pseudonyms_, sweeper_, std::move(stored.tree),
              std::move(stored.note)),
      log_partition_(log_partition(options_.front_end)),
      spool_partition_(spool_partition(options_.front_end)),
      spool_(options_.disk, options_.spool_directories, options_.front_end, options_.spool_bytes, random) {
  for (const auto& [settled_key, rows] : stored.settled) sweeper_.add(settled_key, rows, clock_.monotonic());
  begin_spool();
  if (options_.background) thread_ = std::thread([this] { run(); });
}

BatchLog::~BatchLog() { stop(); }

bool BatchLog::store_refuses_too_long() const {
  const auto since = waiting_since_us_.load(std::memory_order_relaxed);
  if (since == kNotWaiting) return false;
  return clock_.monotonic().time_since_epoch().count() - since >
         std::chrono::microseconds(options_.refuse_after).count();
}

Result<Slot> BatchLog::reserve(TenantId tenant) {
  if (stopped_.load(std::memory_order_relaxed)) return refused("it is stopped");
  if (broken_.load(std::memory_order_relaxed)) return refused("it has another writer");
  if (overgrown_.load(std::memory_order_relaxed)) return refused("too many settled rows can't be deleted");
  if (store_refuses_too_long()) return refused("its store refuses");
  FH_CHECK_OK(tenant_keys_.ensure(tenant));
  auto slot = room_->take(tenant);
  if (!slot) return refused("its queue is full");
  return std::move(*slot);
}

void BatchLog::enqueue(Entry entry, Urgency urgency) {
  const auto count = queue_.append(std::move(entry));
  if (count != 1 && count != kBatchRecords && urgency == Urgency::kBatch) return;
  {
    const std::lock_guard lock(wake_mutex_);
    due_ = true;
    urgent_ = urgent_ || urgency == Urgency::kNow || count >= kBatchRecords;
  }
  wake_.notify_one();
}

void BatchLog::append(Slot slot, Record record) {
  FH_CHECK(slot.valid());
  enqueue({std::move(slot), std::move(record), false, nullptr}, Urgency::kBatch);
}

AttachedRecord BatchLog::attach(const store::PartitionId& partition, const Record& record) {
  AttachedRecord attached;
  attached.number = hybrid_.next();
  attached.row.key = attached_key_of(attached.number, process_);
  // Without the key the value stays empty, which no store takes: the write fails, as it must.
  const auto key = tenant_keys_.batch_key(record.tenant);
  if (key) attached.row.value = seal_attached(**key, partition, attached.row.key, record, random_);
  return attached;
}

void BatchLog::settle(Slot slot, store::PartitionId partition, AttachedRecord attached, Record record) {
  FH_CHECK(slot.valid());
  auto extra = std::make_unique<EntryExtra>(std::move(partition), std::move(attached.row.key), std::nullopt, false);
  enqueue({std::move(slot), std::move(record), false, std::move(extra)}, Urgency::kBatch);
}

runtime::Task<Result<>> BatchLog::append_durably(Record record) {
  FH_CO_TRY(Slot slot, reserve(record.tenant));
  const runtime::Completion<Result<>> done;
  auto extra = std::make_unique<EntryExtra>();
  extra->done = done;
  enqueue({std::move(slot), std::move(record), false, std::move(extra)}, Urgency::kNow);
  co_return co_await done.wait();
}

void BatchLog::run() {
  std::unique_lock lock(wake_mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kIdleWake, [this] { return stopping_ || due_ || urgent_; });
    wake_.wait_for(lock, options_.linger, [this] { return stopping_ || urgent_ || !due_; });
    if (stopping_) return;
    due_ = urgent_ = false;
    lock.unlock();
    bool well = false;
    {
      const std::lock_guard flushing(flush_mutex_);
      well = flush_locked().has_value() && carried_.empty();
      sweeper_.sweep(clock_.monotonic(), kSweepCommits);
      overgrown_ = sweeper_.size() > kSettledRows;
    }
    lock.lock();
    if (well) continue;
    due_ = true;
    wake_.wait_for(lock, kRetryWake, [this] { return stopping_; });
  }
}

Result<> BatchLog::flush_locked() {
  queue_.take_all(carried_);
  if (carried_.empty() && writer_.waiting() == 0 && spool_.empty()) return {};
  auto not_waiting = kNotWaiting;
  waiting_since_us_.compare_exchange_strong(not_waiting, clock_.monotonic().time_since_epoch().count());
  auto written = write_out();
  if (written) {
    told_ = false;
  } else if (!std::exchange(told_, true)) {
    log_warning("audit records wait for their store", {{"records", std::uint64_t{carried_.size() + writer_.waiting()}},
                                                       {"error", std::string_view(written.error().message)},
                                                       {"detail", std::string_view(written.error().detail)}});
  }
  if (!written && !broken_ && spool_.takes() && spool_out()) written = {};
  if (written) waiting_since_us_ = kNotWaiting;
  if (broken_ || store_refuses_too_long() || !writer_.blocked().empty()) fail_waiters();
  return written;
}

Result<> BatchLog::write_out() {
  auto written = writer_.write(carried_);
  if (written && !spool_.empty()) written = drain();
  broken_ = writer_.broken();
  for (const auto tenant : writer_.blocked()) tenant_keys_.forget(tenant);
  return written;
}

// An act that waits for its record is told that it can't have one. The record itself stays and may yet be written: an
// act that was asked for and didn't happen.
void BatchLog::fail_waiters() {
  const Error error{ErrorCode::kUnavailable, "the audit log can't be written", {}};
  writer_.fail_waiters(error);
  for (auto& entry : carried_) {
    if (!entry.extra || !entry.extra->done) continue;
    entry.extra->done->complete(std::unexpected(error));
    entry.extra->done.reset();
  }
}

Result<> BatchLog::flush() {
  const std::lock_guard lock(flush_mutex_);
  return flush_locked();
}

void BatchLog::stop() {
  stopped_ = true;
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  const std::lock_guard lock(stop_mutex_);
  if (std::exchange(ended_, true)) return;
  if (thread_.joinable()) thread_.join();
  const std::lock_guard flushing(flush_mutex_);
  (void)flush_locked();
  if (!broken_) sweeper_.sweep_all(clock_.monotonic());
  fail_waiters();
  const auto lost = static_cast<std::size_t>(
      std::ranges::count_if(carried_, [this](const Entry& entry) { return wants_spool(entry); }));
  if (lost + writer_.at_risk() > 0) {
    log_error("audit records were lost at the stop", {{"records", std::uint64_t{lost + writer_.at_risk()}}});
  }
}

Result<Recovered> BatchLog::recover(store::PartitionId partition) {
  Recovered found;
  Bytes from(kAttachedPrefix);
  for (bool more = true; more;) {
    FH_TRY(const auto page,
           runtime::run_blocking(store_.scan(partition, from, after_prefix(kAttachedPrefix), limits::kScanLimit)));
    const std::lock_guard lock(flush_mutex_);
    FH_CHECK_OK(recover_page(partition, page, found));
    more = page.more;
    if (!page.rows.empty()) from = page.rows.back().key + '\0';
  }
  return found;
}

Result<> BatchLog::recover_page(const store::PartitionId& partition, const store::ScanPage& page, Recovered& found) {
  const auto ours = attached_key_of(0, process_).substr(kAttachedPrefix.size() + 8);
  for (const auto& row : page.rows) {
    if (row.key.ends_with(ours)) continue;
    if (sweeper_.holds(row.key)) {
      ++found.already_logged;
      continue;
    }
    if (!recovered_keys_.insert(row.key).second) continue;
    const auto tenant = attached_tenant(row.value);
    FH_TRY(const auto key, tenant_keys_.batch_key(tenant.value_or(TenantId{})));
    auto record = open_attached(*key, partition, row.key, row.value, words_);
    if (!record || row.key.size() != kAttachedPrefix.size() + kAttachedIdBytes) {
      log_error("an attached audit row can't be read and is left in its place");
      ++found.unreadable;
      continue;
    }
    ++found.appended;
    carried_.push_back(
        {Slot(), std::move(*record), false, std::make_unique<EntryExtra>(partition, row.key, std::nullopt, false)});
  }
  return flush_locked();
}

Result<std::string> BatchLog::resolve_pseudonym(TenantId tenant, std::string_view pseudonym) {
  const std::lock_guard lock(flush_mutex_);
  return pseudonyms_.resolve(tenant, pseudonym);
}

Result<> BatchLog::erase_pseudonym(TenantId tenant, std::string_view pseudonym) {
  const std::lock_guard lock(flush_mutex_);
  FH_CHECK_OK(pseudonyms_.write_new());
  return pseudonyms_.erase(tenant, pseudonym);
}

Result<std::unique_ptr<DurableLog>> open_log(LogOptions options, store::PartitionStore& store, TenantAuditKeys& keys,
                                             const Clock& clock, Random& random, store::HybridClock& hybrid) {
  if (options.front_end.empty() || options.front_end.size() > 64 || !is_log_name(options.origin)) {
    return fail(ErrorCode::kInvalidArgument, "the audit log's front end and origin need names without white space");
  }
  FH_TRY(const auto pair, crypto::ed25519_from_seed(options.signing_seed));
  auto key = make_verifier_key(options.origin, pair.public_key);
  FH_TRY(auto stored, load_stored_log(store, log_partition(options.front_end), key));
  hybrid.observe(store::HybridClock::from_wall(stored.last_time));
  return std::make_unique<BatchLog>(std::move(options), std::move(key), store, keys, clock, random, hybrid,
                                    std::move(stored));
}

}  // namespace freehold::gate::audit
