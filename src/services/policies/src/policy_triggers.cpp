#include "src/policy_triggers.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "src/policy_check.h"
#include "src/policy_errors.h"
#include "src/policy_resources.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ChangeKind;
using gate::resource::ProposedChange;

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::seconds kPutOff{30};  // what couldn't be done now; twice as long each time
constexpr std::chrono::seconds kLongestPutOff{1800};
constexpr std::chrono::hours kGivenUp{12};      // after the first write
constexpr std::chrono::minutes kUnheardOf{10};  // a write that hasn't happened by then never will
constexpr std::size_t kAtOnce = 16;             // of a tenant, on their way to a lane
constexpr std::chrono::seconds kOfPolicies{600};

Task<ApiResult<>> nothing_to_do() { co_return ApiResult<>(); }

// Groups, subscriptions, and what stands in groups.
bool is_followed(const ProposedChange& change) {
  const bool writes = change.kind == ChangeKind::kPut || change.kind == ChangeKind::kPatch;
  const bool own = change.type == nullptr && change.id.parts.empty();
  const bool resource = change.type != nullptr && change.type->at == gate::resource::ScopeKind::kResourceGroup;
  return writes && change.id.subscription && (own || resource);
}

}  // namespace

// What a policy's identity writes its own policy doesn't follow, and others not at once: policies that alter each
// other's resources would never rest.
std::vector<AwaitedRemedy> PolicyTriggers::plan(const ProposedChange& change) const {
  std::vector<AwaitedRemedy> out;
  if (!is_followed(change)) return out;
  const TenantId tenant = change.caller.tenant;
  const auto policies = parts_.store.state(tenant);
  if (policies->compiled().size() == 0) return out;
  const WallTime now = parts_.clock.now();
  SeenResource seen;
  see_resource(seen, change.id, change.type, change.after, tenant, now, parts_.tree, parts_.scopes);
  const auto awaited = policies->compiled().awaits(seen.target);
  if (awaited.empty()) return out;
  const auto is_own = [&](const EntryPtr& entry) {
    return entry != nullptr && entry->identity == change.caller.object;
  };
  const bool by_policy =
      std::ranges::any_of(policies->all(Kind::kAssignment), [&](const auto& one) { return is_own(one.second); });
  for (const auto& one : awaited) {
    if (by_policy && is_own(policies->find(Kind::kAssignment, one.assignment->id))) continue;
    const auto delay = by_policy ? std::max(one.delay, kOfPolicies) : one.delay;
    out.push_back({.resource = change.id.text(),
                   .assignment_id = one.assignment->id,
                   .reference_id = one.reference_id,
                   .origin = change.caller.origin,
                   .correlation = to_string(random_id<Guid<struct CorrelationTag>>(random_)),
                   .first = now,
                   .due = now + delay});
  }
  return out;
}

// Into memory, before the write: whoever is told of the write finds it there. What has to be written down is returned.
std::vector<AwaitedRemedy> PolicyTriggers::take_in(TenantId tenant, std::vector<AwaitedRemedy> planned) {
  std::vector<AwaitedRemedy> out;
  const std::lock_guard lock(mutex_);
  for (auto& one : planned) {
    const Key key(tenant, key_of(one));
    const auto at = waiting_.find(key);
    if (at == waiting_.end()) {
      if (counts_[tenant] >= kMaxAwaited) {
        log_warning("a policy will not follow a write: too much waits already", {{"waiting", counts_[tenant]}});
        continue;
      }
      ++counts_[tenant];
      waiting_[key] = {.awaited = one, .expected = one.first, .writes = 1};
    } else {
      ++at->second.writes;
      at->second.expected = one.first;
      // Later, but not for ever: what is written again and again is looked at too.
      auto& has = at->second.awaited;
      if (one.due <= has.due || one.due > has.first + kGivenUp / 2) continue;
      has.due = one.due;
      one = has;
    }
    out.push_back(std::move(one));
  }
  return out;
}

Task<ApiResult<>> PolicyTriggers::expect(const ProposedChange& change) {
  auto rows = take_in(change.caller.tenant, plan(change));
  return rows.empty() ? nothing_to_do() : keep(change.caller.tenant, std::move(rows));
}

std::shared_ptr<runtime::Turn> PolicyTriggers::turn_of(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  auto& turn = turns_[tenant];
  if (turn == nullptr) turn = std::make_shared<runtime::Turn>();
  return turn;
}

Task<ApiResult<>> PolicyTriggers::keep(TenantId tenant, std::vector<AwaitedRemedy> awaited) {
  const auto turns = turn_of(tenant);
  const auto turn = co_await turns->take();
  if (!turn) co_return std::unexpected(policy_errors::of(turn.error()));
  const auto written = co_await store_.put_awaited(tenant, std::move(awaited));
  if (!written) co_return std::unexpected(policy_errors::of(written.error()));
  co_return ApiResult<>();
}

void PolicyTriggers::changed(const ProposedChange& change, const Json& now) noexcept {
  try {
    const Key front(change.caller.tenant, to_lower(change.id.text()) + "\n");
    const std::lock_guard lock(mutex_);
    for (auto at = waiting_.lower_bound(front); at != waiting_.end(); ++at) {
      if (at->first.first != front.first || !at->first.second.starts_with(front.second)) break;
      at->second.written = at->second.written || !now.is_null();
      at->second.again = {};
    }
  } catch (const std::exception& e) {
    log_error("a policy will not follow a write", {{"error", e.what()}});
  }
}

Task<Result<>> PolicyTriggers::load(TenantId tenant) {
  FH_CO_TRY(auto found, co_await store_.awaited(tenant));
  const std::lock_guard lock(mutex_);
  for (auto& one : found) {
    const Key key(tenant, key_of(one));
    waiting_[key] = {.awaited = std::move(one), .written = true};
    ++counts_[tenant];
  }
  co_return Result<>();
}

void PolicyTriggers::start() { static_cast<void>(jobs_.spawn(look())); }

std::size_t PolicyTriggers::waiting(TenantId tenant) const {
  const std::lock_guard lock(mutex_);
  const auto at = counts_.find(tenant);
  return at == counts_.end() ? 0 : at->second;
}

Task<> PolicyTriggers::look() {
  do {
    begin_due();
  } while (co_await jobs_.sleep(kLook));
}

std::size_t PolicyTriggers::begin_due() {
  std::vector<std::pair<Key, Waiting>> due;
  {
    const std::lock_guard lock(mutex_);
    const WallTime now = parts_.clock.now();
    std::map<TenantId, std::size_t> under_way;
    for (const auto& [key, one] : waiting_) {
      if (one.under_way) ++under_way[key.first];
    }
    for (auto& [key, one] : waiting_) {
      const bool ready = one.written || one.expected + kUnheardOf < now;
      if (one.under_way || !ready || one.awaited.due > now || one.again > now) continue;
      if (under_way[key.first] >= kAtOnce) continue;
      ++under_way[key.first];
      one.under_way = true;
      due.emplace_back(key, one);
    }
  }
  for (auto& [key, one] : due) {
    if (!jobs_.spawn(follow(key, one))) put_off(key);
  }
  return due.size();
}

Task<> PolicyTriggers::follow(Key key, Waiting waiting) {
  bool over = !waiting.written;  // the write was refused, or it failed
  try {
    if (!over) over = co_await mend(key.first, waiting.awaited);
  } catch (const std::exception& e) {
    log_error("what a policy looks for can't be looked for now", {{"error", e.what()}});
  }
  const bool given_up = waiting.awaited.first + kGivenUp < parts_.clock.now();
  if (!over && given_up) log_warning("a policy's deployment was given up: it could never be begun", {});
  if (over || given_up) co_return co_await forget(std::move(key), waiting.writes);
  put_off(key);
}

Task<bool> PolicyTriggers::mend(TenantId tenant, AwaitedRemedy awaited) {
  if (!co_await jobs_.lanes().take(tenant)) co_return false;
  const runtime::HeldLane lane(jobs_.lanes(), tenant);
  const RemedyTask task{.tenant = tenant,
                        .resource = awaited.resource,
                        .assignment_id = awaited.assignment_id,
                        .reference_id = awaited.reference_id,
                        .correlation = awaited.correlation,
                        .enforced_only = true};
  auto sick = co_await diagnose(parts_, task);
  if (sick.kind == Diagnosis::Kind::kUnknown) {
    log_warning("a policy can't be evaluated after a write", {{"error", sick.why}});
    co_return false;
  }
  if (sick.kind != Diagnosis::Kind::kSick || sick.deployment.is_null()) co_return true;
  const auto group = sick.id.group;
  const ResourceId place{.subscription = sick.id.subscription, .group = group};
  const auto end = co_await jobs_.attempt(std::move(sick), task, awaited.origin);
  if (end.kind == RemedyEnd::Kind::kLater || end.kind == RemedyEnd::Kind::kStopped) co_return false;
  if (end.kind == RemedyEnd::Kind::kFailed) {
    log_warning("a policy's deployment failed", {{"code", end.error.value("code", "")}});
  }
  static_cast<void>(scan_.request(tenant, place.text()));
  co_return true;
}

void PolicyTriggers::put_off(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto at = waiting_.find(key);
  if (at == waiting_.end()) return;
  auto& one = at->second;
  one.under_way = false;
  one.again = parts_.clock.now() + std::min(kPutOff * (1 << std::min(one.tries++, 10)), kLongestPutOff);
}

// The row goes in the turn in which it is decided: one that is put for a later write comes after that.
Task<> PolicyTriggers::forget(Key key, std::uint64_t writes) {
  const auto turns = turn_of(key.first);
  const auto turn = co_await turns->take();
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(key);
    if (at == waiting_.end()) co_return;
    at->second.under_way = false;
    if (!turn || at->second.writes != writes) co_return;
    waiting_.erase(at);
    --counts_[key.first];
  }
  const auto removed = co_await store_.remove_awaited(key.first, key.second);
  if (!removed) log_warning("what a policy waited for is looked at again by the next start", {});
}

}  // namespace freehold::policies
