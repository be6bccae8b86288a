#include "src/embedded/replicator.h"

#include <bit>

#include "base/check.h"
#include "base/log.h"

namespace freehold::store::embedded {
namespace {

// One batch syncs while the next is made and handed on.
constexpr std::size_t kWindow = 2;
// A follower this far behind isn't worth its memory: its rebuilding begins anew.
constexpr std::size_t kFollowerBacklog = 64;

constexpr unsigned bit(unsigned index) { return 1u << index; }
unsigned count(unsigned mask) { return static_cast<unsigned>(std::popcount(mask)); }

}  // namespace

Replicator::Replicator(Domains& domains, RecentRows& recent, std::chrono::milliseconds straggler_timeout)
    : domains_(domains),
      recent_(recent),
      straggler_timeout_(straggler_timeout),
      refusal_{ErrorCode::kUnavailable, "too few fault domains are at hand to write", {}} {}

bool Replicator::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || !serving_ || (!paused_ && window_.size() < kWindow); });
  building_ = serving_ && !stopped_;
  return building_;
}

void Replicator::built() {
  {
    std::lock_guard lock(mutex_);
    building_ = false;
    if (!paused_) return;
  }
  changed_.notify_all();
}

void Replicator::submit(std::shared_ptr<Batch> batch) {
  std::unique_lock lock(mutex_);
  if (!serving_ || batch->position.term != last_.term) {  // made against a window that was lost since
    const Error why = refusal_;
    lock.unlock();
    refuse(std::move(batch->ops), why);
    return;
  }
  FH_CHECK(batch->position.sequence == last_.sequence + 1);
  last_ = batch->position;
  batch->began = std::chrono::steady_clock::now();
  window_.push_back(batch);
  recent_.begin(*batch);
  for (unsigned i = 0; i < kDomains; ++i) {
    if (!(targets() & bit(i))) continue;
    if ((followers_ & bit(i)) && backlog_[i] >= kFollowerBacklog) {
      drop_locked(i, Error{ErrorCode::kTimeout, "a fault domain can't follow", {}});
      continue;
    }
    ++backlog_[i];
    domains_[i]->rows_worker().post([this, i, generation = generation_[i], batch] { apply(i, generation, batch); });
  }
}

void Replicator::apply(unsigned index, std::uint64_t generation, const std::shared_ptr<Batch>& batch) {
  Role role = Role::kNone;
  {
    std::lock_guard lock(mutex_);
    if (backlog_[index] > 0) --backlog_[index];
    if (generation_[index] == generation) role = this->role(index);
  }
  if (role == Role::kNone) return;
  const auto domain = domains_[index]->opened();
  if (!domain) return written(index, generation, batch, fail(ErrorCode::kUnavailable, "closed"));
  rocksdb::WriteBatch rows(batch->rows.Data());  // a write marks its batch, so each domain has its own
  const Sync sync = role == Role::kMember ? batch->sync : Sync::kNo;
  written(index, generation, batch, domain->rows->write(rows, sync));
}

void Replicator::written(unsigned index, std::uint64_t generation, const std::shared_ptr<Batch>& batch,
                         Result<> result) {
  std::vector<Finished> finished;
  Error why;
  bool dropped = false;
  {
    std::lock_guard lock(mutex_);
    if (generation_[index] != generation) return;
    if (result) {
      applied_[index] = batch->position.sequence;
      if (role(index) == Role::kMember) {
        batch->done |= bit(index);
      }
    } else {
      dropped = drop_locked(index, result.error());
    }
    finished = advance_locked();
    why = refusal_;
  }
  changed_.notify_all();
  answer(std::move(finished), why);
  if (dropped && dropped_) dropped_();
}

bool Replicator::drop_locked(unsigned index, const Error& why) {
  if (role(index) == Role::kNone) return false;
  ++generation_[index];
  barrier_ = last_.sequence;
  members_ &= ~bit(index);
  followers_ &= ~bit(index);
  domains_[index]->failed = true;
  log_warning("a fault domain is dropped", {{"domain", std::uint64_t{index}},
                                            {"reason", std::string_view(why.message)},
                                            {"detail", std::string_view(why.detail)}});
  if (count(members_) < kQuorum && serving_) {
    serving_ = false;
    refusal_ = {why.code == ErrorCode::kExhausted ? ErrorCode::kExhausted : ErrorCode::kUnavailable,
                "too few fault domains are at hand to write", why.detail};
    log_error("writes are refused: too few fault domains");
  }
  return true;
}

// In order: a batch is never acknowledged before the one that it was built on.
std::vector<Replicator::Finished> Replicator::advance_locked() {
  std::vector<Finished> finished;
  while (!window_.empty()) {
    auto& front = window_.front();
    const bool waiting = (members_ & ~front->done) != 0;
    const bool durable = count(front->done) >= kQuorum;
    if (!durable && serving_) break;
    if (durable && waiting) break;
    // Not durable and no quorum: it may be in one domain, where it counts or doesn't at the next election.
    batches_ += durable;
    if (durable) recent_.end(*front);
    finished.push_back({std::move(front), durable});
    window_.pop_front();
  }
  return finished;
}

void Replicator::answer(std::vector<Finished> finished, const Error& lost) {
  std::vector<std::unique_ptr<Op>> ops;
  for (auto& [batch, durable] : finished) {
    for (auto& op : batch->ops) {
      if (!durable) {
        const bool changed_nothing = op->result.outcome != CommitOutcome::kOk;
        op->result = {changed_nothing ? CommitOutcome::kUnavailable : CommitOutcome::kUnknown, lost};
      }
      ops.push_back(std::move(op));
    }
    batch->ops.clear();
  }
  fire(std::move(ops));
}

// One wake-up for each loop, however many of its coroutines are answered.
void Replicator::fire(std::vector<std::unique_ptr<Op>> ops) {
  std::vector<std::pair<runtime::Executor, std::vector<std::unique_ptr<Op>>>> loops;
  for (auto& op : ops) {
    if (!op->executor) {
      op->done(std::move(op->result));
      continue;
    }
    auto loop = std::ranges::find_if(loops, [&op](const auto& l) { return l.first == *op->executor; });
    if (loop == loops.end()) loop = loops.emplace(loops.end(), *op->executor, std::vector<std::unique_ptr<Op>>{});
    loop->second.push_back(std::move(op));
  }
  for (auto& loop : loops) {
    boost::asio::post(loop.first, [mine = std::move(loop.second)]() mutable {
      for (auto& op : mine) op->done(std::move(op->result));
    });
  }
}

void Replicator::answer_in_order(std::vector<std::unique_ptr<Op>> ops, std::uint64_t term) {
  std::unique_lock lock(mutex_);
  if (!serving_ || term != last_.term) {
    const Error why = refusal_;
    lock.unlock();
    refuse(std::move(ops), why);
    return;
  }
  if (!window_.empty()) {
    for (auto& op : ops) window_.back()->ops.push_back(std::move(op));
    return;
  }
  lock.unlock();
  fire(std::move(ops));
}

void Replicator::refuse(std::vector<std::unique_ptr<Op>> ops, const Error& why) {
  for (auto& op : ops) op->result = {CommitOutcome::kUnavailable, why};
  fire(std::move(ops));
}

std::optional<std::optional<Bytes>> Replicator::in_window(BytesView key) const {
  std::lock_guard lock(mutex_);
  for (auto batch = window_.rbegin(); batch != window_.rend(); ++batch) {
    const auto found = (*batch)->overlay.find(key);
    if (found == (*batch)->overlay.end()) continue;
    if (!found->second) return std::optional<Bytes>();
    return std::optional<Bytes>(Bytes(*found->second));
  }
  return std::nullopt;
}

Error Replicator::refusal() const {
  std::lock_guard lock(mutex_);
  return refusal_;
}

Role Replicator::role(unsigned index) const {
  if (members_ & bit(index)) return Role::kMember;
  return followers_ & bit(index) ? Role::kFollower : Role::kNone;
}

FaultDomain* Replicator::preferred(unsigned avoid) const {
  const unsigned usable = members() & ~avoid;
  FaultDomain* second_choice = nullptr;
  for (unsigned i = 0; i < kDomains; ++i) {
    if (!(usable & bit(i))) continue;
    if (!domains_[i]->damaged) return domains_[i].get();
    if (!second_choice) second_choice = domains_[i].get();
  }
  return second_choice;
}

FaultDomain* Replicator::readable() const {
  FaultDomain* domain = preferred(0);
  return domain && applied_[domain->index()] >= barrier_ ? domain : nullptr;
}

FaultDomain* Replicator::readable_after_wait(unsigned avoid) const {
  FaultDomain* domain = preferred(avoid);
  if (!domain) return nullptr;
  std::unique_lock lock(mutex_);
  const std::uint64_t seen = last_.sequence;
  changed_.wait(lock, [&] { return applied_[domain->index()] >= seen || !(members_ & bit(domain->index())); });
  return members_ & bit(domain->index()) ? domain : nullptr;
}

void Replicator::note_damage(unsigned index) {
  std::lock_guard lock(mutex_);
  if (!domains_[index]->damaged.exchange(true)) barrier_ = last_.sequence;
}

void Replicator::drop(unsigned index, const Error& why) {
  std::vector<Finished> finished;
  Error lost;
  {
    std::lock_guard lock(mutex_);
    if (!drop_locked(index, why)) return;
    finished = advance_locked();
    lost = refusal_;
  }
  changed_.notify_all();
  answer(std::move(finished), lost);
  if (dropped_) dropped_();
}

void Replicator::drop_stragglers() {
  unsigned late = 0;
  {
    std::lock_guard lock(mutex_);
    if (window_.empty()) return;
    const auto& front = *window_.front();
    if (count(front.done) < kQuorum || std::chrono::steady_clock::now() - front.began < straggler_timeout_) return;
    late = members_ & ~front.done;
  }
  for (unsigned i = 0; i < kDomains; ++i) {
    if (late & bit(i)) drop(i, Error{ErrorCode::kTimeout, "a fault domain holds up the others", {}});
  }
}

void Replicator::pause() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  while (!changed_.wait_for(lock, straggler_timeout_ / 4, [this] { return window_.empty() && !building_; })) {
    lock.unlock();
    drop_stragglers();
    lock.lock();
  }
}

void Replicator::resume() {
  {
    std::lock_guard lock(mutex_);
    paused_ = false;
  }
  changed_.notify_all();
}

void Replicator::set_role(unsigned index, Role role) {
  {
    std::lock_guard lock(mutex_);
    FH_CHECK((paused_ || !serving_) && window_.empty());
    ++generation_[index];
    backlog_[index] = 0;
    members_ &= ~bit(index);
    followers_ &= ~bit(index);
    if (role == Role::kMember) members_ |= bit(index);
    if (role == Role::kFollower) followers_ |= bit(index);
    applied_[index] = last_.sequence;
  }
  changed_.notify_all();
}

Position Replicator::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

void Replicator::serve(Position position) {
  {
    std::lock_guard lock(mutex_);
    FH_CHECK(window_.empty() && count(members_) >= kQuorum);
    recent_.forget_all();  // what became of lost batches is settled
    last_ = position;
    for (auto& applied : applied_) applied = position.sequence;
    barrier_ = position.sequence;
    serving_ = true;
  }
  changed_.notify_all();
}

void Replicator::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  lock.unlock();
  changed_.notify_all();
  lock.lock();
  while (!changed_.wait_for(lock, straggler_timeout_ / 4, [this] { return window_.empty() || !serving_; })) {
    lock.unlock();
    drop_stragglers();
    lock.lock();
  }
}

}  // namespace freehold::store::embedded
