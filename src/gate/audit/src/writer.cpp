#include "writer.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "audit_format/record_text.h"
#include "base/check.h"
#include "base/log.h"
#include "runtime/task_scope.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kCommitBytes = 800 * 1024;  // of limits::kCommitBytes; tiles and the checkpoint need the rest
constexpr int kTries = 3;                         // to settle an unknown outcome in one go; the next flush goes on
constexpr std::size_t kSettledRowBytes = 48 * 1024;
constexpr std::size_t kBytesARecord = kAttachedIdBytes + 8;  // its share of a settled row, at most

bool is_attached(const Entry& entry) { return entry.extra && !entry.extra->attached_key.empty(); }

// Entries come from several threads, each in order. They are large, so only their times are sorted.
void sort_by_time(std::vector<Entry>& entries) {
  std::vector<std::pair<WallTime, std::size_t>> order;
  order.reserve(entries.size());
  for (const auto& entry : entries) order.emplace_back(entry.record.time, order.size());
  if (std::ranges::is_sorted(order)) return;
  std::ranges::sort(order);
  std::vector<Entry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [time, at] : order) sorted.push_back(std::move(entries[at]));
  entries = std::move(sorted);
}

RecordText text_of(const Entry& entry, const Salt& salt) {
  const auto& r = entry.record;
  RecordText text;
  text.address = r.address;
  text.bytes_in = r.bytes_in;
  text.bytes_out = r.bytes_out;
  text.caller = r.caller;
  text.credential = r.credential;
  text.decision = r.decision;
  if (is_attached(entry)) text.id = BytesView(entry.extra->attached_key).substr(kAttachedPrefix.size());
  text.operation = r.operation;
  text.reason = r.reason;
  text.request = r.request;
  text.resource = r.resource;
  text.salt = salt;
  text.status = r.status;
  text.tenant = r.tenant;
  text.time = r.time;
  return text;
}

}  // namespace

Writer::Writer(const LogOptions& options, const VerifierKey& key, store::PartitionStore& store, TenantAuditKeys& keys,
               const Clock& clock, Random& random, store::HybridClock& hybrid, Pseudonyms& pseudonyms, Sweeper& sweeper,
               TileTree tree, std::string note)
    : options_(options),
      key_(key),
      store_(store),
      keys_(keys),
      clock_(clock),
      random_(random),
      hybrid_(hybrid),
      pseudonyms_(pseudonyms),
      sweeper_(sweeper),
      partition_(log_partition(options.front_end)),
      maker_(random),
      tree_(std::move(tree)),
      prepared_note_(note),
      note_(std::move(note)) {}

Result<> Writer::write(std::vector<Entry>& entries) {
  while (!prepared_.empty()) {
    FH_CHECK_OK(commit_first());
  }
  auto groups = group(entries);
  auto named = pseudonymise(groups);
  if (!named) {
    for (auto& [tenant, group] : groups) std::ranges::move(group.entries, std::back_inserter(entries));
    return named;
  }
  for (auto& [tenant, group] : groups) prepare(tenant, std::move(group));
  finish_preparing();
  while (!prepared_.empty()) {
    FH_CHECK_OK(commit_first());
  }
  return {};
}

// Takes the entries out of the vector, but for those of tenants whose keys can't be had.
std::map<TenantId, Writer::Group> Writer::group(std::vector<Entry>& entries) {
  std::map<TenantId, Group> groups;
  std::vector<Entry> left;
  blocked_.clear();
  for (auto& entry : entries) {
    const auto tenant = entry.record.tenant;
    auto found = groups.find(tenant);
    if (found == groups.end() && std::ranges::find(blocked_, tenant) == blocked_.end()) {
      auto key = keys_.batch_key(tenant);
      if (key && keys_.pseudonym_key(tenant)) {
        found = groups.emplace(tenant, Group{std::move(*key), {}}).first;
        if (groups.size() == 1) found->second.entries.reserve(entries.size());
      } else {
        blocked_.push_back(tenant);
      }
    }
    (found == groups.end() ? left : found->second.entries).push_back(std::move(entry));
  }
  entries = std::move(left);
  return groups;
}

// A record keeps its names until the map back is durable: it may be put aside before.
Result<> Writer::pseudonymise(std::map<TenantId, Group>& groups) {
  std::vector<std::pair<std::string, std::string>> names;
  for (auto& [tenant, group] : groups) {
    for (auto& entry : group.entries) {
      if (entry.pseudonymised) continue;
      FH_TRY(auto caller, pseudonyms_.of(tenant, PseudonymKind::kCaller, entry.record.caller));
      FH_TRY(auto address, pseudonyms_.of(tenant, PseudonymKind::kAddress, entry.record.address));
      names.emplace_back(std::move(caller), std::move(address));
    }
  }
  FH_CHECK_OK(pseudonyms_.write_new());
  auto name = names.begin();
  for (auto& [tenant, group] : groups) {
    for (auto& entry : group.entries) {
      if (entry.pseudonymised) continue;
      std::tie(entry.record.caller, entry.record.address) = std::move(*name++);
      entry.pseudonymised = true;
    }
  }
  return {};
}

void Writer::prepare(TenantId tenant, Group group) {
  sort_by_time(group.entries);
  BatchText text{tenant, {}, {}};
  text.text.reserve(group.entries.size() * 400);
  text.lines.reserve(group.entries.size());
  for (const auto& entry : group.entries) {
    Salt salt;
    random_.fill(salt);
    append_record_text(text.text, text_of(entry, salt));
    text.text += '\n';
    text.lines.push_back({text.text.size(), entry.record.time});
  }
  for (auto& batch : maker_.make(text, tree_.size(), options_.origin, group.batch_key)) {
    const auto first = group.entries.begin() + static_cast<std::ptrdiff_t>(batch.first_line);
    auto& prepared = room_for(batch.sealed.size() + kLeafBytes + batch.leaf.count * kBytesARecord);
    auto leaf = encode_leaf(batch.leaf);
    tree_.append(leaf_hash(leaf));
    prepared.commit.puts.push_back({indexed_key(kLeafPrefix, batch.leaf.index), std::move(leaf)});
    prepared.commit.puts.push_back({indexed_key(kBatchPrefix, batch.leaf.index), std::move(batch.sealed)});
    prepared.entries.insert(prepared.entries.end(), std::make_move_iterator(first),
                            std::make_move_iterator(first + batch.leaf.count));
  }
}

Writer::Prepared& Writer::room_for(std::size_t bytes) {
  if (open_ && prepared_.back().bytes + bytes > kCommitBytes) finish_preparing();
  if (!open_) {
    prepared_.emplace_back().first_leaf = tree_.size();
    open_ = true;
  }
  prepared_.back().bytes += bytes;
  return prepared_.back();
}

void Writer::finish_preparing() {
  if (!std::exchange(open_, false)) return;
  auto& prepared = prepared_.back();
  prepared.commit.partition = partition_;
  prepared.commit.epoch = options_.epoch;
  prepared.commit.reserve = store::DiskReserve::kMayUse;  // what frees space is audited too
  std::ranges::move(tree_.take_dirty(), std::back_inserter(prepared.commit.puts));
  add_settled(prepared);
  add_checkpoint(prepared);
}

// Names the attached rows whose records this commit logs: what recovery goes by.
void Writer::add_settled(Prepared& prepared) {
  std::map<store::PartitionId, std::vector<Bytes>> by_partition;
  for (auto& entry : prepared.entries) {
    if (is_attached(entry)) by_partition[entry.extra->partition].push_back(entry.extra->attached_key);
  }
  std::vector<SettledRow> rows;
  std::size_t bytes = 0;
  const auto put = [&] {
    if (rows.empty()) return;
    auto key = indexed_key(kSettledPrefix, prepared.first_leaf);
    append_u16(key, static_cast<std::uint16_t>(prepared.settled.size()));
    prepared.commit.puts.push_back({key, encode_settled(rows)});
    prepared.settled.emplace_back(std::move(key), std::exchange(rows, {}));
    bytes = 0;
  };
  for (auto& [partition, keys] : by_partition) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (bytes > kSettledRowBytes) put();
      if (rows.empty() || rows.back().partition != partition) {
        rows.push_back({partition, {}});
        bytes += partition.value.size() + 8;
      }
      rows.back().keys.push_back(std::move(keys[i]));
      bytes += kAttachedIdBytes;
    }
  }
  put();
  prepared.commit.deletes = sweeper_.take_finished();
}

void Writer::add_checkpoint(Prepared& prepared) {
  prepared.note = sign_checkpoint({options_.origin, tree_.size(), tree_.root()}, key_, options_.signing_seed);
  auto previous = std::exchange(prepared_note_, prepared.note);
  prepared.commit.expect.push_back(previous.empty() ? store::absent(Bytes(kCheckpointKey))
                                                    : store::equals(Bytes(kCheckpointKey), std::move(previous)));
  prepared.commit.puts.push_back({Bytes(kCheckpointKey), prepared.note});
  const auto hour = std::chrono::floor<std::chrono::hours>(clock_.now()).time_since_epoch().count();
  if (std::exchange(history_hour_, hour) != hour) {
    prepared.commit.puts.push_back({indexed_key(kHistoryPrefix, tree_.size()), prepared.note});
  }
}

Result<> Writer::commit_first() {
  if (broken_) return fail(ErrorCode::kUnavailable, "the audit log has stopped for good");
  auto& prepared = prepared_.front();
  prepared.commit.transaction = hybrid_.next_transaction();
  const auto result = runtime::run_blocking(store::commit_settled(store_, prepared.commit, kTries));
  auto outcome = result.outcome;
  if (outcome == store::CommitOutcome::kConflict) {
    // An earlier attempt may have gone through after all: then our own checkpoint stands there.
    FH_TRY(const auto stored, runtime::run_blocking(store_.get(partition_, Bytes(kCheckpointKey))));
    if (stored == prepared.note) outcome = store::CommitOutcome::kOk;
  }
  if (outcome == store::CommitOutcome::kOk) {
    auto done = std::move(prepared);
    prepared_.pop_front();
    committed(std::move(done));
    return {};
  }
  broken_ = outcome == store::CommitOutcome::kConflict || outcome == store::CommitOutcome::kFenced ||
            result.error.code == ErrorCode::kInvalidArgument;
  if (broken_) {
    log_error("the audit log stops: its store has another owner or refuses its commits",
              {{"detail", std::string_view(result.error.message)}});
  }
  return fail(ErrorCode::kUnavailable, "the audit log can't be written", result.error.message);
}

void Writer::committed(Prepared prepared) {
  {
    const std::lock_guard lock(note_mutex_);
    note_ = std::move(prepared.note);
  }
  for (const auto& [key, rows] : prepared.settled) sweeper_.add(key, rows, clock_.monotonic());
  for (auto& entry : prepared.entries) {
    if (entry.extra && entry.extra->done) entry.extra->done->complete({});
  }
}

std::size_t Writer::waiting() const {
  std::size_t count = 0;
  for (const auto& prepared : prepared_) count += prepared.entries.size();
  return count;
}

Result<> Writer::put_aside(const PutAside& put) {
  for (auto& prepared : prepared_) {
    if (prepared.aside) continue;
    const auto key = indexed_key(kLeafPrefix, prepared.first_leaf);
    const auto leaf = std::ranges::find(prepared.commit.puts, key, &store::KeyValue::key);
    FH_CHECK(leaf != prepared.commit.puts.end());
    FH_CHECK_OK(put(prepared.first_leaf, leaf->value, prepared.entries));
    prepared.aside = true;
    for (auto& entry : prepared.entries) {
      entry.slot = Slot();
      if (!entry.extra || !entry.extra->done) continue;
      entry.extra->done->complete({});
      entry.extra->done.reset();
    }
  }
  return {};
}

std::size_t Writer::at_risk() const {
  std::size_t count = 0;
  for (const auto& prepared : prepared_) {
    if (!prepared.aside) count += prepared.entries.size();
  }
  return count;
}

void Writer::fail_waiters(const Error& error) {
  for (auto& prepared : prepared_) {
    for (auto& entry : prepared.entries) {
      if (!entry.extra || !entry.extra->done) continue;
      entry.extra->done->complete(std::unexpected(error));
      entry.extra->done.reset();
    }
  }
}

std::string Writer::note() const {
  const std::lock_guard lock(note_mutex_);
  return note_;
}

}  // namespace freehold::gate::audit
