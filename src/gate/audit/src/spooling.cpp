// BatchLog and its spool: what happens to records while the store takes no commits.
#include <algorithm>

#include "audit/log_layout.h"
#include "base/check.h"
#include "base/log.h"
#include "batch_log.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kFrameBytes = 512 * 1024;
constexpr std::size_t kDrainedAtOnce = 16'384;
constexpr std::uint64_t kPseudonymised = 1ull << 63;  // in a spooled record's number

}  // namespace

// What an earlier process spooled. Files whose id the log knows are in it, whole, and were only not removed.
void BatchLog::begin_spool() {
  spool_.load();
  for (const auto& id : spool_.ids()) {
    const auto known = runtime::run_blocking(store_.get(log_partition_, Bytes(kSpooledPrefix) + id));
    if (known && *known) spool_.remove(id);
  }
  if (spool_.empty()) return;
  sweeper_.hold(spool_partition_);
  log_info("spooled audit records of an earlier process wait for their store");
}

// Makes all that waits durable beside the store. On an error something remains as it was.
Result<> BatchLog::spool_out() {
  sweeper_.hold(spool_partition_);
  auto spooled = spool_prepared();
  if (spooled) spooled = spool_carried();
  if (spool_.empty()) sweeper_.hold(std::nullopt);
  return spooled;
}

Bytes BatchLog::spool_key(bool pseudonymised) {
  return attached_key_of(++spooled_ | (pseudonymised ? kPseudonymised : 0), process_);
}

Result<store::KeyValue> BatchLog::seal_for_spool(const Record& record, const Bytes& key) {
  FH_TRY(const auto batch_key, tenant_keys_.batch_key(record.tenant));
  return store::KeyValue{key, seal_attached(*batch_key, spool_partition_, key, record, random_)};
}

// Commits that were begun are repeated as they are, by this process or, if they never happen, from the spool by the
// next. Attached records among theirs rest in the partitions of their writes.
Result<> BatchLog::spool_prepared() {
  return writer_.put_aside(
      [this](std::uint64_t first_leaf, const Bytes& leaf, const std::vector<Entry>& entries) -> Result<> {
        SpoolFrame frame{first_leaf, leaf, {}};
        std::size_t bytes = 0;
        for (const auto& entry : entries) {
          if (entry.extra && !entry.extra->attached_key.empty() && entry.extra->partition != spool_partition_) continue;
          if (entry.extra && entry.extra->spooled) continue;
          FH_TRY(auto sealed, seal_for_spool(entry.record, spool_key(true)));
          bytes += sealed.value.size();
          frame.records.push_back(std::move(sealed));
          if (bytes < kFrameBytes) continue;
          FH_CHECK_OK(spool_.append(frame));
          frame.records.clear();
          bytes = 0;
        }
        return frame.records.empty() ? Result<>() : spool_.append(frame);
      });
}

bool BatchLog::wants_spool(const Entry& entry) const {
  if (!entry.extra || entry.extra->attached_key.empty()) return true;
  return entry.extra->partition == spool_partition_ && !entry.extra->spooled;
}

// Entries leave as their frame is durable. They keep the key that they were given, so that one whose frame only seemed
// to fail is logged once.
Result<> BatchLog::spool_carried() {
  std::vector<Entry> all = std::exchange(carried_, {});
  SpoolFrame frame;
  std::vector<Entry> framed;
  std::size_t bytes = 0;
  Result<> spooled;
  const auto append_frame = [&] {
    spooled = spool_.append(frame);
    for (auto& entry : framed) {
      if (!spooled) {
        carried_.push_back(std::move(entry));
      } else if (entry.extra->done) {
        entry.extra->done->complete({});
      }
    }
    framed.clear();
    frame.records.clear();
    bytes = 0;
  };
  for (auto& entry : all) {
    if (!spooled || !wants_spool(entry)) {
      carried_.push_back(std::move(entry));
      continue;
    }
    if (!entry.extra) entry.extra = std::make_unique<EntryExtra>();
    if (entry.extra->attached_key.empty()) {
      entry.extra->partition = spool_partition_;
      entry.extra->attached_key = spool_key(entry.pseudonymised);
    }
    auto sealed = seal_for_spool(entry.record, entry.extra->attached_key);
    if (!sealed) {  // its tenant's key can't be had: it waits
      carried_.push_back(std::move(entry));
      continue;
    }
    bytes += sealed->value.size();
    frame.records.push_back(std::move(*sealed));
    framed.push_back(std::move(entry));
    if (bytes >= kFrameBytes) append_frame();
  }
  if (!framed.empty()) append_frame();
  return spooled;
}

// The store takes commits again: what was spooled goes into the log. Each frame is read back once; what of it isn't
// written at once waits like any other record.
Result<> BatchLog::drain() {
  const auto waits = [this] {
    return std::ranges::any_of(carried_, [](const Entry& entry) { return entry.extra && entry.extra->spooled; });
  };
  while (!waits()) {
    const std::size_t enough = carried_.size() + kDrainedAtOnce;
    while (carried_.size() < enough && (frame_ || (frame_ = spool_.next()))) {
      FH_CHECK_OK(take_up(*frame_));
      frame_.reset();
    }
    if (!waits()) return finish_spool();
    FH_CHECK_OK(writer_.write(carried_));
  }
  return {};  // the keys of some tenants can't be had
}

Result<> BatchLog::take_up(const SpoolFrame& frame) {
  if (!frame.leaf.empty()) {
    FH_TRY(const auto stored,
           runtime::run_blocking(store_.get(log_partition_, indexed_key(kLeafPrefix, frame.leaf_index))));
    if (stored == frame.leaf) return {};  // the commit happened
  }
  for (const auto& row : frame.records) {
    if (sweeper_.holds(row.key) || drained_keys_.contains(row.key)) continue;
    const auto tenant = attached_tenant(row.value);
    FH_TRY(const auto key, tenant_keys_.batch_key(tenant.value_or(TenantId{})));
    auto record = open_attached(*key, spool_partition_, row.key, row.value, words_);
    drained_keys_.insert(row.key);
    if (!record) {
      log_error("a spooled audit record can't be read");
      continue;
    }
    const auto number = ByteReader(BytesView(row.key).substr(kAttachedPrefix.size())).u64();
    auto extra = std::make_unique<EntryExtra>(spool_partition_, row.key, std::nullopt, true);
    carried_.push_back({Slot(), std::move(*record), (number & kPseudonymised) != 0, std::move(extra)});
  }
  return {};
}

// First the log learns that the files are in it; a copy that comes back later is then known for what it is.
Result<> BatchLog::finish_spool() {
  store::Commit commit;
  commit.partition = log_partition_;
  commit.epoch = options_.epoch;
  commit.transaction = hybrid_.next_transaction();
  commit.reserve = store::DiskReserve::kMayUse;
  for (const auto& id : spool_.ids()) commit.puts.push_back({Bytes(kSpooledPrefix) + id, Bytes(1, '\x01')});
  const auto result = runtime::run_blocking(store::commit_settled(store_, std::move(commit)));
  if (result.outcome != store::CommitOutcome::kOk) {
    return fail(ErrorCode::kUnavailable, "the audit log's spool can't be closed", result.error.message);
  }
  for (const auto& id : spool_.ids()) spool_.remove(id);
  drained_keys_.clear();
  sweeper_.hold(std::nullopt);
  log_info("spooled audit records are in the log");
  return {};
}

}  // namespace freehold::gate::audit
