#include "src/compliance_scan.h"

#include <algorithm>
#include <iterator>

#include "base/encoding.h"
#include "base/log.h"
#include "src/object_scan.h"
#include "src/pauses.h"
#include "src/policy_check.h"
#include "src/policy_resources.h"
#include "src/resource_census.h"

namespace freehold::policies {
namespace {

constexpr std::chrono::hours kDaily{24};
constexpr std::chrono::milliseconds kLook{200};
constexpr std::size_t kMaxAsked = 16;  // waiting, of one tenant
constexpr std::size_t kMaxKept = 512;  // with those that ended

ResourceStates shown_of(const ResourceId& id, std::string type, const Json& json,
                        const gate::authz::ManagementTree& tree, TenantId tenant, WallTime now) {
  ResourceStates out{.id = id.text(),
                     .type = std::move(type),
                     .location = {},
                     .group = id.group,
                     .subscription = {},
                     .tags = Json::object(),
                     .management_groups = {},
                     .time = now,
                     .states = {}};
  if (json.is_object()) {
    if (const auto at = json.find("location"); at != json.end() && at->is_string())
      out.location = at->get<std::string>();
    if (const auto at = json.find("tags"); at != json.end() && at->is_object()) out.tags = *at;
  }
  out.management_groups = to_string(tenant);
  if (!id.subscription) return out;
  out.subscription = to_string(*id.subscription);
  for (const auto& name : tree.groups_above(tenant, *id.subscription)) {
    out.management_groups = name + "," + out.management_groups;
  }
  return out;
}

}  // namespace

void ComplianceScan::start(boost::asio::io_context& loop, gate::Pipeline& door, std::vector<TenantId> tenants) {
  loop_ = &loop;
  door_ = &door;
  scope_.spawn(loop, keep(std::move(tenants)));
}

std::optional<ScanId> ComplianceScan::request(TenantId tenant, std::string scope) {
  const std::lock_guard lock(mutex_);
  std::size_t waiting = 0;
  for (const auto& one : asked_) {
    if (one.state != State::kRunning || one.begun || one.tenant != tenant) continue;
    if (one.scope == scope) return one.id;
    ++waiting;
  }
  if (waiting >= kMaxAsked) return std::nullopt;
  if (asked_.size() >= kMaxKept) {
    const auto old = std::ranges::find_if(asked_, [](const Asked& one) { return one.state != State::kRunning; });
    if (old != asked_.end()) asked_.erase(old);
  }
  asked_.push_back({.id = random_id<ScanId>(random_), .tenant = tenant, .scope = std::move(scope)});
  return asked_.back().id;
}

ComplianceScan::State ComplianceScan::state_of(TenantId tenant, ScanId id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& one : asked_) {
    if (one.id == id && one.tenant == tenant) return one.state;
  }
  return State::kUnknown;
}

std::optional<ComplianceScan::Asked> ComplianceScan::next() {
  const std::lock_guard lock(mutex_);
  for (auto& one : asked_) {
    if (one.state != State::kRunning || one.begun) continue;
    one.begun = true;
    return one;
  }
  return std::nullopt;
}

void ComplianceScan::ended(ScanId id, bool well) {
  const std::lock_guard lock(mutex_);
  for (auto& one : asked_) {
    if (one.id == id) one.state = well ? State::kDone : State::kFailed;
  }
}

// What waits and is looked at by a scan of that scope: it needs no other.
std::vector<ScanId> ComplianceScan::begin_with(TenantId tenant, const std::string& scope) {
  const std::lock_guard lock(mutex_);
  std::vector<ScanId> out;
  for (auto& one : asked_) {
    const bool waits = one.tenant == tenant && one.state == State::kRunning && !one.begun;
    if (!waits || !gate::policy::is_within(one.scope.empty() ? "/" : one.scope, scope)) continue;
    one.begun = true;
    out.push_back(one.id);
  }
  return out;
}

Task<Result<>> ComplianceScan::scan(TenantId tenant, std::string scope) {
  const auto asked = begin_with(tenant, scope);
  const auto done = co_await look_at(tenant, scope);
  for (const auto id : asked) ended(id, done.has_value());
  if (done && scope.empty()) {
    const std::lock_guard lock(mutex_);
    scanned_.insert(tenant);
  }
  co_return done;
}

bool ComplianceScan::is_settled(TenantId tenant) const {
  const std::lock_guard lock(mutex_);
  const auto waits = [tenant](const Asked& one) { return one.tenant == tenant && one.state == State::kRunning; };
  return scanned_.contains(tenant) && std::ranges::none_of(asked_, waits);
}

// One after the other: a scan is nobody's hurry.
Task<> ComplianceScan::keep(std::vector<TenantId> tenants) {
  WallTime due = {};
  while (!scope_.stopping()) {
    if (parts_.clock.now() >= due) {
      for (const TenantId tenant : tenants) static_cast<void>(request(tenant, ""));
      due = parts_.clock.now() + kDaily;
    }
    while (auto asked = next()) {
      if (scope_.stopping()) co_return;
      const auto done = co_await door_->run_job<ScanCompliance>(
          {.tenant = asked->tenant, .principal = "policy compliance", .resource = asked->scope},
          [this, asked = *asked](gate::Permit<ScanCompliance>) { return scan(asked.tenant, asked.scope); });
      if (!done) log_warning("a compliance scan failed", {{"error", done.error().message}});
      ended(asked->id, done.has_value());
    }
    if (!co_await scope_.sleep(kLook)) co_return;
  }
}

Task<std::vector<PolicyState>> ComplianceScan::look_inside(std::shared_ptr<const TenantPolicies> policies,
                                                           ResourceId container, TenantId tenant, WallTime now,
                                                           PolicyOrigins* origins) const {
  const bool has_any =
      parts_.objects != nullptr && equals_ignoring_case(container.type(), parts_.objects->container_type());
  if (!has_any) co_return std::vector<PolicyState>();
  const std::string id = container.text();
  auto found = co_await scan_objects(
      {.objects = parts_.objects, .types = parts_.data_types, .tree = parts_.tree, .scopes = parts_.scopes},
      std::move(policies), std::move(container), {.tenant = tenant, .object = {}, .now = now}, origins);
  if (found) co_return std::move(*found);
  log_warning("a compliance scan couldn't look inside of a resource", {{"id", id}, {"error", found.error().message}});
  co_return std::vector<PolicyState>();
}

Task<Result<>> ComplianceScan::look_at(TenantId tenant, std::string scope) {
  const WallTime now = parts_.clock.now();
  const auto at = scope.empty() ? ResourceId{} : gate::resource::parse_resource_id(scope).value_or(ResourceId{});
  parts_.compliance.begin_scan(tenant);
  std::vector<ResourceStates> found;
  std::size_t kept = 0;     // states
  std::size_t reasons = 0;  // bytes
  PolicyOrigins origins;
  const auto policies = parts_.store.state(tenant);
  if (policies->compiled().size() == 0) {
    parts_.compliance.end_scan(tenant, to_lower(scope), {});
    co_return Result<>();
  }
  Pauses pauses;
  for (const auto& subscription : parts_.scopes.subscriptions(tenant)) {
    if (at.subscription && *at.subscription != subscription) continue;
    ResourceCensus census(parts_.registry);
    const auto counted = co_await census.count(tenant, subscription, now, parts_.scopes);
    if (!counted) {
      parts_.compliance.abandon_scan(tenant);
      co_return std::unexpected(counted.error());
    }
    for (const auto& one : census.all()) {
      // What extends resources is looked for, and not judged itself.
      if (one.type != nullptr && one.type->at == gate::resource::ScopeKind::kResource) continue;
      if (pauses.due()) co_await pauses.take();  // requests go first
      if (!gate::policy::is_within(one.id.text(), scope)) continue;
      SeenResource seen;
      see_resource(seen, one.id, one.type, one.json, tenant, now, parts_.tree, parts_.scopes);
      auto states = shown_of(one.id, seen.target.type, one.json, parts_.tree, tenant, now);
      states.states = states_of(policies->compiled().scan(seen.target, &census), origins);
      auto inside = co_await look_inside(policies, one.id, tenant, now, &origins);
      std::ranges::move(inside, std::back_inserter(states.states));
      if (states.states.empty() || kept + states.states.size() > kMaxStates) continue;
      if (reasons + reason_bytes(states) > kMaxReasonsBytes) drop_reasons(states);
      kept += states.states.size();
      reasons += reason_bytes(states);
      found.push_back(std::move(states));
    }
  }
  parts_.compliance.end_scan(tenant, to_lower(scope), std::move(found));
  co_return Result<>();
}

void ComplianceScan::changed(const gate::resource::ProposedChange& change, const Json& now) noexcept {
  try {
    const TenantId tenant = change.caller.tenant;
    const std::string key = key_of(change.id);
    if (is_policy_type(change.id.type())) {
      const auto kind = kind_of(change.id.type());
      if (kind == Kind::kAssignment || kind == Kind::kClassification) static_cast<void>(request(tenant, ""));
      return;
    }
    if (change.type != nullptr && change.type->at != gate::resource::ScopeKind::kResourceGroup) return;
    if (now.is_null()) return parts_.compliance.erase(tenant, key);
    const auto policies = parts_.store.state(tenant);
    if (policies->compiled().size() == 0) return;
    SeenResource seen;
    const WallTime time = parts_.clock.now();
    see_resource(seen, change.id, change.type, now, tenant, time, parts_.tree, parts_.scopes);
    auto states = shown_of(change.id, seen.target.type, now, parts_.tree, tenant, time);
    PolicyOrigins origins;
    states.states = states_of(policies->compiled().scan(seen.target, nullptr), origins);
    std::erase_if(states.states, [](const PolicyState& one) { return one.effect.ends_with("ifnotexists"); });
    parts_.compliance.put(tenant, std::move(states));
  } catch (const std::exception& e) {
    log_error("the compliance of a written resource is not known until the next scan", {{"error", e.what()}});
  }
}

}  // namespace freehold::policies
