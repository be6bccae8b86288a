#include "src/embedded/steward.h"

#include <pthread.h>

#include <bit>

#include "base/check.h"
#include "base/log.h"
#include "src/embedded/election.h"

namespace freehold::store::embedded {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::seconds kOpenPatience{20};

constexpr unsigned bit(unsigned index) { return 1u << index; }

}  // namespace

Steward::~Steward() { stop(); }

Result<> Steward::start() {
  for (auto& domain : p_.domains) {
    opened_[domain->index()] = open_domain(*domain);
    const auto& result = opened_[domain->index()];
    if (result) continue;
    // Somebody else's directory, or a newer version's: nothing may be touched.
    if (result.error().code == ErrorCode::kConflict || result.error().code == ErrorCode::kUnsupported) return result;
    log_warning("a fault domain can't be opened",
                {{"domain", std::uint64_t{domain->index()}}, {"detail", std::string_view(result.error().detail)}});
  }
  FH_CHECK_OK(elect_members());
  const auto deadline = std::chrono::steady_clock::now() + kOpenPatience;
  // A domain that is a few batches behind is caught up in no time; one that must be rebuilt whole isn't waited for.
  while (!p_.replicator.serving() && std::chrono::steady_clock::now() < deadline) {
    tick();
    bool soon = false;
    for (const auto& rebuild : rebuilds_) soon |= rebuild && !rebuild->full();
    if (!soon) break;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::milliseconds(1));
  }
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "fh-steward");
  return {};
}

void Steward::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Steward::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Steward::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, rebuilding_ ? std::chrono::milliseconds(2) : kTick, [this] { return stopping_ || woken_; });
    woken_ = false;
    if (stopping_) return;
    lock.unlock();
    tick();
    lock.lock();
  }
}

void Steward::tick() {
  p_.replicator.drop_stragglers();
  p_.writer.drop_stragglers(p_.options.straggler_timeout);
  advance_rebuilds();
  if (p_.replicator.members() != 0b111) reopen_domains();
  if (p_.replicator.members() == 0) (void)elect_members();
  if (p_.replicator.members() != 0) {
    begin_rebuilds();
    advance_rebuilds();
  }
  if (!p_.replicator.serving() && std::popcount(p_.replicator.members()) >= 2) {
    if (auto begun = begin_term(); !begun) {
      log_warning("no new term could be begun", {{"detail", std::string_view(begun.error().detail)}});
    }
  }
  cure_damage();
  if (!p_.replicator.serving()) return;
  mend_copies();
  give_back_space();
  forget_transactions();
  p_.scrubber.tick();
}

bool Steward::due(SteadyTime& last, std::chrono::milliseconds every) const {
  const auto now = std::chrono::steady_clock::now();
  if (last != SteadyTime{} && now - last < every) return false;
  last = now;
  return true;
}

Result<> Steward::open_domain(FaultDomain& domain) {
  auto opened = domain.open();
  if (!opened && opened.error().code == ErrorCode::kCorrupt) domain.damaged = true;
  return opened;
}

void Steward::reopen_domains() {
  for (auto& domain : p_.domains) {
    const unsigned i = domain->index();
    if (p_.replicator.role(i) != Role::kNone || rebuilds_[i]) continue;
    if (domain->opened() && !domain->failed) continue;
    if (!due(tried_[i], p_.options.reopen_interval)) continue;
    domain->rows_worker().drain();
    domain->chunk_worker().drain();
    if (!domain->close()) continue;
    if (domain->damaged && p_.replicator.serving()) {
      // Its own rows are of no use any more; cure_damage() made sure that the others' are good.
      if (!p_.scrubber.verified_without(i)) continue;
      if (!domain->wipe_rows()) continue;
      p_.scrubber.forget_verified();
      domain->damaged = false;
    }
    opened_[i] = open_domain(*domain);
  }
}

Result<> Steward::make_new_placement() {
  placement_ = p_.random.bytes(16);
  for (auto& domain : p_.domains) {
    FH_CHECK_OK(domain->write_identity(placement_));
  }
  return {};
}

Result<> Steward::elect_members() {
  std::array<std::optional<Candidate>, kDomains> candidates;
  for (auto& domain : p_.domains) {
    if (!domain->opened() || domain->failed) continue;
    domain->rows_worker().drain();
    auto candidate = candidate_of(*domain);
    if (candidate) {
      candidates[domain->index()] = std::move(*candidate);
    } else if (candidate.error().code == ErrorCode::kUnsupported) {
      return pass_on(candidate);
    } else {
      domain->damaged = candidate.error().code == ErrorCode::kCorrupt;
    }
  }
  auto outcome = elect(candidates);
  if (outcome.members == 0) return std::unexpected(std::move(outcome.why));
  placement_ = outcome.placement;
  if (placement_.empty()) {
    FH_CHECK_OK(make_new_placement());
  }
  for (unsigned i = 0; i < kDomains; ++i) {
    if (outcome.members & bit(i)) p_.replicator.set_role(i, Role::kMember);
  }
  if (!loaded_) {
    FH_CHECK_OK(load());
  }
  return {};
}

// Before anything is written: where chunks are.
Result<> Steward::load() {
  FaultDomain* member = p_.replicator.member(0);
  const auto opened = member ? member->opened() : nullptr;
  if (!opened) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  p_.allocator.clear();
  (void)p_.chunks.take_dead();
  FH_TRY(const auto next, load_chunks(*opened, p_.allocator, p_.chunks));
  first_extent_ = std::max(first_extent_, next);
  FH_TRY(const auto highest, opened->rows->highest_timestamp());
  saw(highest);
  for (const auto& dead : p_.chunks.take_dead()) {
    saw(dead.id.hybrid_time);
    p_.chunks.add_dead(dead);
  }
  loaded_ = true;
  return {};
}

void Steward::begin_rebuilds() {
  for (auto& domain : p_.domains) {
    const unsigned i = domain->index();
    if (p_.replicator.role(i) != Role::kNone || rebuilds_[i] || !domain->opened() || domain->failed) continue;
    const auto identity = domain->read_identity();
    const bool fresh = identity && !*identity;
    const bool mine = identity && *identity && (*identity)->placement == placement_ && (*identity)->index == i;
    if (!fresh && !mine) continue;  // another placement's directory isn't ours to overwrite
    // Until this process has begun a term, a single member is only believed: it may have been left behind.
    const bool believed = first_term_ && std::popcount(p_.replicator.members()) == 1;
    if (believed && fresh && !p_.options.rebuild_from_one) continue;
    if (believed && mine && has_newer_history(*domain)) {
      domain->failed = true;
      if (!std::exchange(told_newer_, true))
        log_error("a fault domain came back with a newer history than the one that is read: start the region again",
                  {{"domain", std::uint64_t{i}}});
      continue;
    }
    auto rebuild = std::make_unique<Rebuild>(p_.domains, p_.replicator, p_.chunks, i, counters_.rebuild_keys);
    if (auto dropped = drop_foreign_extents(*domain, fresh); !dropped) {
      domain->failed = true;
      continue;
    }
    if (auto followed = rebuild->follow(fresh ? std::optional(placement_) : std::nullopt); !followed) {
      domain->failed = domain->failed || followed.error().code != ErrorCode::kCorrupt;
      continue;
    }
    counters_.rebuild_keys = 0;
    rebuilds_[i] = std::move(rebuild);
    rebuilding_ |= bit(i);
  }
}

bool Steward::has_newer_history(const FaultDomain& domain) const {
  FaultDomain* member = p_.replicator.member(0);
  const auto source = member ? member->opened() : nullptr;
  const auto candidate = candidate_of(domain);
  const auto position = source ? source->rows->position() : fail(ErrorCode::kUnavailable, "no member");
  if (!candidate || !position) return true;
  return !candidate->rebuilding && candidate->position > *position;
}

void Steward::advance_rebuilds() {
  for (auto& rebuild : rebuilds_) {
    if (!rebuild) continue;
    const unsigned i = rebuild->target();
    const auto started = rebuild->start();
    bool over = rebuild->failed() || !started || p_.replicator.role(i) != Role::kFollower;
    if (rebuild->copied() && !over) {
      if (auto joined = rebuild->join(); joined) {
        if (!first_term_) takes_part(i);
        counters_.rebuilds += rebuild->full();
      } else {
        p_.replicator.drop(i, joined.error());
      }
      over = true;
    }
    if (!over) continue;
    p_.domains[i]->rows_worker().drain();  // a step may still be running
    rebuild.reset();
    rebuilding_ &= ~bit(i);
  }
}

// A domain that was away may hold extents with numbers that this process used for others.
Result<> Steward::drop_foreign_extents(FaultDomain& domain, bool whole) {
  if (took_part_[domain.index()]) return {};
  const auto opened = domain.opened();
  if (!opened) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  FH_TRY(const auto extents, opened->extents->extents());
  for (const auto extent : extents) {
    const bool later = !first_term_ && extent >= first_extent_;
    if (later || (whole && !p_.allocator.knows(extent))) {
      FH_CHECK_OK(opened->extents->remove(extent));
    }
  }
  return {};
}

// The new term is recorded by two domains before any batch bears it: two histories never share one.
Result<> Steward::begin_term() {
  const unsigned members = p_.replicator.members();
  for (auto& domain : p_.domains) domain->rows_worker().drain();
  FaultDomain* member = p_.replicator.member(0);
  const auto source = member ? member->opened() : nullptr;
  if (!source) return fail(ErrorCode::kUnavailable, "the fault domain is gone");
  FH_TRY(Position position, source->rows->position());
  std::uint64_t term = position.term;
  for (auto& domain : p_.domains) {
    const auto opened = domain->opened();
    if (!opened) continue;
    if (const auto seen = opened->rows->number_at(local_key(kTermMark))) term = std::max(term, *seen);
  }
  position = {term + 1, position.sequence + 1};

  rocksdb::WriteBatch vote;
  vote.Put(local_key(kTermMark), encode_number(position.term));
  vote.Delete(local_key(kCleanMark));
  rocksdb::WriteBatch rows;
  Bytes touched;
  append_u64(touched, position.term);
  RecoveredChunks recovered;
  if (first_term_) {
    // An attempt that failed may have entered chunks: they are known from the rows alone then.
    if (scanned_from_) {
      FH_CHECK_OK(load());
    }
    FH_TRY(recovered, recover_chunks(p_.domains, members));
    if (!scanned_from_) scanned_from_ = recovered.scanned_from;
    first_extent_ = std::max(first_extent_, recovered.next_extent);
    for (const auto& record : recovered.records) {
      saw(chunk_id(record.key).hybrid_time);
      rows.Put(chunk_key(chunk_id(record.key)), encode(record.address));
      append_touched(touched, chunk_key(chunk_id(record.key)), {});
    }
    rows.Put(space_key(Space::kScanFrom), encode_number(first_extent_));
    append_touched(touched, space_key(Space::kScanFrom), {});
  }
  rows.Put(touched_key(position.sequence), touched);
  rows.Put(space_key(Space::kPosition), encode(position));

  for (auto* batch : {&vote, &rows}) {
    for (unsigned i = 0; i < kDomains; ++i) {
      if (!(p_.replicator.members() & bit(i))) continue;
      const auto opened = p_.domains[i]->opened();
      rocksdb::WriteBatch copy(batch->Data());
      Result<> written = opened ? opened->rows->write(copy, Sync::kYes) : fail(ErrorCode::kUnavailable, "closed");
      if (!written) p_.replicator.drop(i, written.error());
    }
    if (std::popcount(p_.replicator.members()) < 2) return fail(ErrorCode::kUnavailable, "too few fault domains");
  }
  // Followers get it in their turn: after the members, before any later batch, and between two pages of rebuilding.
  for (unsigned i = 0; i < kDomains; ++i) {
    if (p_.replicator.role(i) != Role::kFollower) continue;
    p_.domains[i]->rows_worker().post([this, i, first = rows.Data()] {
      const auto opened = p_.domains[i]->opened();
      rocksdb::WriteBatch copy(first);
      Result<> written = opened ? opened->rows->write(copy, Sync::kNo) : fail(ErrorCode::kUnavailable, "closed");
      if (!written) p_.replicator.drop(i, written.error());
    });
  }
  if (first_term_) {
    for (const auto& record : recovered.records) p_.allocator.add(record.address);
    p_.allocator.start(first_extent_);
    scan_from_ = first_extent_;
    first_term_ = false;
  }
  for (unsigned i = 0; i < kDomains; ++i) {
    if (p_.replicator.members() & bit(i)) takes_part(i);
  }
  p_.replicator.serve(position);
  p_.chunks.index_again();
  log_info("the placement serves", {{"term", position.term}, {"members", std::uint64_t{p_.replicator.members()}}});
  return {};
}

void Steward::takes_part(unsigned index) {
  if (!std::exchange(took_part_[index], true)) trim_extents(*p_.domains[index]);
}

// Damaged rows are cured by rebuilding them from nothing; but first the others must be known to be whole, since this
// copy may be the only good one of what they have lost.
void Steward::cure_damage() {
  for (auto& domain : p_.domains) {
    const unsigned i = domain->index();
    if (!domain->damaged || p_.replicator.members() != 0b111) {
      if (domain->damaged && p_.replicator.role(i) == Role::kNone) p_.scrubber.verify_without(i);
      continue;
    }
    p_.scrubber.verify_without(i);
    if (!p_.scrubber.verified_without(i)) continue;
    p_.replicator.drop(i, Error{ErrorCode::kCorrupt, "rows are damaged", domain->place().path});
    tried_[i] = {};
    ++p_.read_counters.repaired;
    return;  // one at a time
  }
}

}  // namespace freehold::store::embedded
