#include "src/remediation_jobs.h"

#include <algorithm>
#include <deque>

#include "base/encoding.h"
#include "base/log.h"
#include "src/remediation_rules.h"

namespace freehold::policies {
namespace {

constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::seconds kRetry{2};
constexpr int kTries = 300;  // ten minutes of a full house
constexpr std::chrono::hours kLookAfter{1};
constexpr std::chrono::minutes kSettling{10};  // where scans never cease, what is known then has to do

bool is_open(RemedyState state) { return state == RemedyState::kAccepted || state == RemedyState::kRunning; }

// Is it one of those that the order names?
bool is_ordered(const Remediation& order, const ResourceStates& resource, const PolicyState& state) {
  const bool policy =
      equals_ignoring_case(state.origin->assignment_id, order.assignment_id) &&
      (order.reference_id.empty() || equals_ignoring_case(state.origin->reference_id, order.reference_id));
  if (!policy || state.compliance != gate::policy::Compliance::kNonCompliant) return false;
  if (state.effect != "deployifnotexists" && state.effect != "modify") return false;
  std::string location = to_lower(resource.location);
  std::erase(location, ' ');
  const auto among = [](const std::vector<std::string>& wanted, const std::string& has) {
    return wanted.empty() || std::ranges::find(wanted, has) != wanted.end();
  };
  return among(order.locations, location) && among(order.resource_ids, to_lower(resource.id));
}

Task<> cure_into(std::shared_ptr<RemedyEnd> end, Diagnosis sick, RemedyTask task, AskManager ask, Sleep sleep) {
  *end = co_await cure(std::move(sick), std::move(task), std::move(ask), std::move(sleep));
}

}  // namespace

// One remediation under way.
struct RemediationJobs::Run {
  TenantId tenant;
  std::string key;
  RemediationPtr order;  // as it was when it began
  std::deque<Remedy> waiting = {};
  std::size_t working = 0;
  runtime::Completion<bool> idle = {};  // when the last of them has ended
};

void RemediationJobs::start(boost::asio::io_context& loop, ManagerDoor& door, const std::vector<TenantId>& tenants) {
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    door_ = &door;
  }
  for (const TenantId tenant : tenants) {
    for (const auto& [key, order] : store_.all(tenant)) {
      if (!is_ended(order->state)) begin(tenant, key);
    }
  }
  static_cast<void>(spawn(look_after(tenants)));
}

void RemediationJobs::close_and_wait() {
  lanes_.close();
  scope_.close_and_wait();
}

bool RemediationJobs::spawn(Task<> task) {
  boost::asio::io_context* loop = nullptr;
  {
    const std::lock_guard lock(mutex_);
    loop = loop_;
  }
  return loop != nullptr && scope_.spawn(*loop, std::move(task));
}

void RemediationJobs::begin(TenantId tenant, std::string key) {
  static_cast<void>(spawn(carry_out(tenant, std::move(key))));
}

RemediationJobs::Verdict RemediationJobs::verdict_on(TenantId tenant, const std::string& key) const {
  if (scope_.stopping()) return Verdict::kStopped;
  const auto order = store_.find(tenant, key);
  if (order == nullptr || is_ended(order->state)) return Verdict::kLost;
  if (order->state == RemediationState::kCancelling) return Verdict::kCancelled;
  return is_beyond_threshold(*order) ? Verdict::kBeyond : Verdict::kGoOn;
}

// Until it is written down, or the process ends. False: it isn't.
Task<bool> RemediationJobs::alter(TenantId tenant, std::string key, std::function<void(Remediation&)> alteration) {
  const auto edit = [&key,
                     &alteration](const RemediationStore::Map& all) -> gate::ApiResult<std::optional<Remediation>> {
    const auto at = all.find(key);
    if (at == all.end()) return std::nullopt;
    Remediation next = *at->second;
    alteration(next);
    return next;
  };
  do {
    const auto done = co_await store_.change(tenant, edit);
    if (done) co_return true;
    log_warning("a remediation can't be written down now", {{"error", done.error().detail}});
  } while (co_await scope_.sleep(kRetry));
  co_return false;
}

// One that was replaced begins when the earlier one of its name has left.
Task<> RemediationJobs::carry_out(TenantId tenant, std::string key) {
  const std::pair place(tenant, key);
  const auto enter = [this, &place] {
    const std::lock_guard lock(mutex_);
    return running_.insert(place).second;
  };
  while (!enter()) {
    if (!co_await scope_.sleep(kLook)) co_return;
  }
  try {
    co_await carry_out_alone(tenant, key);
  } catch (const std::exception& e) {
    log_error("a remediation broke off; the next start goes on with it", {{"error", e.what()}});
  }
  const std::lock_guard lock(mutex_);
  running_.erase(place);
}

Task<> RemediationJobs::carry_out_alone(TenantId tenant, std::string key) {
  auto order = store_.find(tenant, key);
  if (order == nullptr || is_ended(order->state)) co_return;
  const bool fresh = order->state == RemediationState::kAccepted || order->state == RemediationState::kEvaluating;
  if (fresh && !co_await evaluate(tenant, order)) co_return;
  const auto run = std::make_shared<Run>(Run{.tenant = tenant, .key = key, .order = store_.find(tenant, key)});
  if (run->order == nullptr) co_return;
  for (std::size_t block = 0; block * kRemediesInBlock < run->order->total;) {
    if (verdict_on(tenant, key) != Verdict::kGoOn) break;
    auto remedies = co_await store_.remedies(tenant, key, block);
    if (!remedies) {
      log_warning("what a remediation has to mend can't be read now", {{"error", remedies.error().detail}});
      if (!co_await scope_.sleep(kRetry)) co_return;
      continue;
    }
    for (auto& one : *remedies) {
      if (is_open(one.state)) run->waiting.push_back(std::move(one));
    }
    co_await work_off(run);
    run->waiting.clear();
    ++block;
  }
  co_await finish(tenant, key, verdict_on(tenant, key));
}

// False: the process ends, or nobody wants it any more.
Task<bool> RemediationJobs::await_compliance(TenantId tenant, RemediationPtr order) {
  const auto goes_on = [&] { return verdict_on(tenant, order->key()) == Verdict::kGoOn; };
  if (!order->reevaluates) {
    const WallTime until = parts_.clock.now() + kSettling;
    while (goes_on() && !scan_.is_settled(tenant) && parts_.clock.now() < until) {
      if (!co_await scope_.sleep(kLook)) co_return false;
    }
    co_return goes_on();
  }
  // Of the resource's group: a scan is of no less.
  ResourceId scope = order->id.scope();
  scope.parts.clear();
  std::optional<ScanId> scan;
  while (goes_on()) {
    if (!scan) scan = scan_.request(tenant, scope.text());
    const auto state = scan ? scan_.state_of(tenant, *scan) : ComplianceScan::State::kRunning;
    if (state == ComplianceScan::State::kDone) co_return true;
    if (state != ComplianceScan::State::kRunning) scan.reset();  // it failed: once more
    if (!co_await scope_.sleep(kLook)) co_return false;
  }
  co_return false;
}

// At the order's place, in the order of their ids.
std::vector<Remedy> RemediationJobs::found_for(TenantId tenant, const Remediation& order) const {
  std::vector<Remedy> out;
  const auto place = order.id.scope();
  const std::string managing = to_lower(place.management_group());
  const WallTime now = parts_.clock.now();
  for (const auto& resource : parts_.compliance.at(tenant, managing.empty() ? key_of(place) : std::string())) {
    if (!managing.empty() && !("," + to_lower(resource->management_groups) + ",").contains("," + managing + ","))
      continue;
    const auto ordered = [&](const PolicyState& state) { return is_ordered(order, *resource, state); };
    if (!std::ranges::any_of(resource->states, ordered)) continue;
    if (out.size() == order.resource_count) break;
    out.push_back({.number = out.size(),
                   .resource = resource->id,
                   .location = resource->location,
                   .created = now,
                   .updated = now});
  }
  return out;
}

// What there is to mend, written down before anything is mended. False: the process ends.
Task<bool> RemediationJobs::evaluate(TenantId tenant, RemediationPtr order) {
  const auto key = order->key();
  const auto evaluating = [now = parts_.clock.now()](Remediation& r) {
    if (r.state == RemediationState::kAccepted) r.state = RemediationState::kEvaluating;
    r.updated = now;
  };
  if (!co_await alter(tenant, key, evaluating)) co_return false;
  if (!co_await await_compliance(tenant, order)) co_return !scope_.stopping();
  const auto found = found_for(tenant, *order);
  for (;;) {
    auto written = co_await store_.remove_remedies(tenant, key);
    if (written) written = co_await store_.add_remedies(tenant, key, found);
    if (written) break;
    log_warning("what a remediation has to mend can't be written down now", {{"error", written.error().detail}});
    if (!co_await scope_.sleep(kRetry)) co_return false;
  }
  const auto begun = [total = found.size(), now = parts_.clock.now()](Remediation& r) {
    if (r.state == RemediationState::kEvaluating) r.state = RemediationState::kInProgress;
    r.total = total;
    r.updated = now;
  };
  co_return co_await alter(tenant, key, begun);
}

Task<> RemediationJobs::work_off(std::shared_ptr<Run> run) {
  const auto workers = std::min(run->order->parallel, run->waiting.size());
  run->idle = {};
  run->working = 0;
  for (std::size_t i = 0; i < workers; ++i) {
    if (spawn(work(run))) ++run->working;
  }
  if (run->working > 0) co_await run->idle.wait();
}

Task<> RemediationJobs::work(std::shared_ptr<Run> run) {
  while (!run->waiting.empty() && verdict_on(run->tenant, run->key) == Verdict::kGoOn) {
    auto remedy = std::move(run->waiting.front());
    run->waiting.pop_front();
    bool well = false;
    try {
      co_await mend(run, remedy);
      well = true;
    } catch (const std::exception& e) {
      log_error("a resource can't be remediated", {{"error", e.what()}});
    }
    if (well) continue;
    remedy.state = RemedyState::kFailed;
    remedy.error = error_of("InternalError", "The resource could not be remediated.");
    static_cast<void>(co_await keep(run, std::move(remedy)));
  }
  if (--run->working == 0) run->idle.complete(true);
}

Task<> RemediationJobs::mend(std::shared_ptr<Run> run, Remedy remedy) {
  if (!co_await lanes_.take(run->tenant)) co_return;
  const runtime::HeldLane lane(lanes_, run->tenant);
  if (verdict_on(run->tenant, run->key) != Verdict::kGoOn) co_return;
  remedy.state = RemedyState::kRunning;
  if (!co_await keep(run, remedy)) co_return;
  const auto end = co_await attempts(run, remedy.resource);
  if (end.kind == RemedyEnd::Kind::kStopped) co_return;
  remedy.state = end.kind == RemedyEnd::Kind::kDone ? RemedyState::kSucceeded : RemedyState::kFailed;
  remedy.deployment = end.deployment;
  remedy.error = end.error;
  static_cast<void>(co_await keep(run, remedy));
}

// With the remediation's own counts, in one commit. False: the process ends.
Task<bool> RemediationJobs::keep(std::shared_ptr<Run> run, Remedy remedy) {
  remedy.updated = parts_.clock.now();
  const auto edit = [&run, &remedy](const RemediationStore::Map& all) -> gate::ApiResult<std::optional<Remediation>> {
    const auto at = all.find(run->key);
    if (at == all.end()) return std::nullopt;
    Remediation next = *at->second;
    next.updated = remedy.updated;
    if (remedy.state == RemedyState::kSucceeded) ++next.succeeded;
    if (remedy.state == RemedyState::kFailed) {
      if (next.failed++ == 0) next.message = remedy.error.value("code", "") + ": " + remedy.error.value("message", "");
    }
    return next;
  };
  do {
    const auto done = co_await store_.change(run->tenant, edit, remedy);
    if (done) co_return true;
    log_warning("what became of a resource can't be written down now", {{"error", done.error().detail}});
  } while (co_await scope_.sleep(kRetry));
  co_return false;
}

// Looked at anew each time: what it lacked may have come meanwhile.
Task<RemedyEnd> RemediationJobs::attempts(std::shared_ptr<Run> run, std::string resource) {
  const auto& order = *run->order;
  const RemedyTask task{.tenant = run->tenant,
                        .resource = resource,
                        .assignment_id = order.assignment_id,
                        .reference_id = order.reference_id,
                        .correlation = order.correlation};
  const auto failed = [](Json error) { return RemedyEnd{.kind = RemedyEnd::Kind::kFailed, .error = std::move(error)}; };
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0 && !co_await scope_.sleep(kRetry)) co_return RemedyEnd{.kind = RemedyEnd::Kind::kStopped};
    auto sick = co_await diagnose(parts_, task);
    switch (sick.kind) {
      case Diagnosis::Kind::kGone:
        co_return failed(error_of("ResourceNotFound", "The resource is gone."));
      case Diagnosis::Kind::kHealthy:
        co_return RemedyEnd{};
      case Diagnosis::Kind::kUnknown:
        co_return failed(error_of("PolicyEvaluationFailed", sick.why));
      case Diagnosis::Kind::kSick:
        break;
    }
    auto end = co_await attempt(std::move(sick), task, order.origin);
    if (end.kind != RemedyEnd::Kind::kLater) co_return end;
    if (verdict_on(run->tenant, run->key) == Verdict::kCancelled) break;
  }
  co_return failed(error_of("TooManyRequests", "There was no room for the deployment."));
}

Task<RemedyEnd> RemediationJobs::attempt(Diagnosis sick, RemedyTask task, std::string origin) {
  if (!sick.identity) {
    co_return RemedyEnd{.kind = RemedyEnd::Kind::kFailed,
                        .error = error_of("ManagedIdentityMissing", "The policy assignment has no managed identity.")};
  }
  ManagerDoor* door = nullptr;
  {
    const std::lock_guard lock(mutex_);
    door = door_;
  }
  if (door == nullptr) co_return RemedyEnd{.kind = RemedyEnd::Kind::kStopped};
  const auto end = std::make_shared<RemedyEnd>(RemedyEnd{.kind = RemedyEnd::Kind::kLater});
  const Acting who{
      .tenant = task.tenant, .identity = *sick.identity, .resource = task.resource, .origin = std::move(origin)};
  const Sleep sleep = [this](std::chrono::milliseconds duration) { return scope_.sleep(duration); };
  const auto done = co_await door->act(who, [end, sick = std::move(sick), task, sleep](AskManager ask) {
    return cure_into(end, sick, task, std::move(ask), sleep);
  });
  if (!done) log_warning("a policy's deployment was not begun", {{"error", done.error().message}});
  co_return *end;
}

Task<> RemediationJobs::finish(TenantId tenant, std::string key, Verdict verdict) {
  if (verdict == Verdict::kStopped || verdict == Verdict::kLost) co_return;
  const auto order = store_.find(tenant, key);
  const bool cancelled = verdict == Verdict::kCancelled;
  const auto ended = [cancelled, now = parts_.clock.now()](Remediation& r) { end_remediation(r, cancelled, now); };
  if (!co_await alter(tenant, key, ended) || order == nullptr || order->total == 0) co_return;
  ResourceId scope = order->id.scope();
  scope.parts.clear();
  static_cast<void>(scan_.request(tenant, scope.subscription ? scope.text() : std::string()));
}

Task<> RemediationJobs::look_after(std::vector<TenantId> tenants) {
  do {
    for (const TenantId tenant : tenants) co_await forget_old(tenant);
  } while (co_await scope_.sleep(kLookAfter));
}

Task<> RemediationJobs::forget_old(TenantId tenant) {
  const WallTime now = parts_.clock.now();
  for (const auto& [key, order] : store_.all(tenant)) {
    if (scope_.stopping()) co_return;
    if (!is_ended(order->state) || order->updated + kKeepRemediations > now) continue;
    const auto removed = co_await store_.remove(tenant, key);
    if (!removed) log_warning("an old remediation can't be removed now", {{"error", removed.error().detail}});
  }
}

}  // namespace freehold::policies
