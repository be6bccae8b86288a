#include "src/compliance.h"

#include "base/encoding.h"

namespace freehold::policies {
namespace {

using gate::policy::Compliance;
using gate::policy::Finding;

bool is_within_key(const std::string& key, const std::string& scope) {
  return scope.empty() || (key.starts_with(scope) && (key.size() == scope.size() || key[scope.size()] == '/'));
}

std::string last_segment(std::string_view id) { return std::string(id.substr(id.rfind('/') + 1)); }

std::shared_ptr<const PolicyOrigin> origin_of(const Finding& finding, PolicyOrigins& origins) {
  auto& known = origins[to_lower(finding.assignment->id) + "\n" + finding.reference_id];
  if (known != nullptr) return known;
  PolicyOrigin out{.assignment_id = finding.assignment->id,
                   .assignment_name = finding.assignment->name,
                   .assignment_scope = finding.assignment->scope,
                   .definition_id = finding.definition->id(),
                   .definition_name = std::string(finding.definition->name()),
                   .set_id = {},
                   .set_name = {},
                   .reference_id = finding.reference_id,
                   .groups = finding.groups,
                   .parameters = Json(finding.assignment->parameters)};
  if (finding.initiative != nullptr) {
    out.set_id = finding.initiative->id;
    out.set_name = last_segment(out.set_id);
  }
  known = std::make_shared<const PolicyOrigin>(std::move(out));
  return known;
}

std::string reasons_of(const Finding& finding) {
  if (finding.compliance == Compliance::kCompliant || finding.compliance == Compliance::kExempt) return {};
  Json expressions = Json::array();
  std::size_t bytes = 0;
  for (const auto& one : finding.expressions) {
    if (expressions.size() == kMaxReasons) break;
    Json entry = {{"result", one.result ? "True" : "False"},
                  {"expressionKind", one.kind},
                  {"expression", one.expression},
                  {"targetValue", Json(one.target)},
                  {"operator", one.op}};
    if (!one.path.empty()) entry["path"] = one.path;
    if (one.value) entry["expressionValue"] = Json(*one.value);
    bytes += entry.dump(-1, ' ', false, Json::error_handler_t::replace).size();
    if (bytes > kMaxReasonBytes) break;
    expressions.push_back(std::move(entry));
  }
  Json out = {{"evaluatedExpressions", std::move(expressions)}};
  if (!finding.error.empty()) out["reason"] = finding.error;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool looks_elsewhere(std::string_view effect) { return effect.ends_with("ifnotexists"); }

}  // namespace

std::vector<PolicyState> states_of(const gate::policy::Decision& decision, PolicyOrigins& origins) {
  std::vector<PolicyState> out;
  for (const auto& finding : decision.findings) {
    out.push_back({.origin = origin_of(finding, origins),
                   .effect = to_lower(gate::policy::effect_name(finding.effect)),
                   .compliance = finding.compliance,
                   .exemption_id = finding.exemption_id,
                   .reasons = reasons_of(finding)});
  }
  return out;
}

std::size_t reason_bytes(const ResourceStates& states) {
  std::size_t sum = 0;
  for (const auto& one : states.states) sum += one.reasons.size() + one.components.size();
  return sum;
}

void drop_reasons(ResourceStates& states) {
  for (auto& one : states.states) one.reasons = one.components = {};
}

void ComplianceStore::replace(Tenant& tenant, const std::string& key, ResourceStates states) {
  forget(tenant, key);
  if (tenant.count + states.states.size() > kMaxStates) return;
  if (tenant.reason_bytes + reason_bytes(states) > kMaxReasonsBytes) drop_reasons(states);
  tenant.count += states.states.size();
  tenant.reason_bytes += reason_bytes(states);
  tenant.by_key[key] = std::make_shared<const ResourceStates>(std::move(states));
}

void ComplianceStore::forget(Tenant& tenant, const std::string& key) {
  const auto at = tenant.by_key.find(key);
  if (at == tenant.by_key.end()) return;
  tenant.count -= at->second->states.size();
  tenant.reason_bytes -= reason_bytes(*at->second);
  tenant.by_key.erase(at);
}

void ComplianceStore::put(TenantId tenant, ResourceStates states) {
  const std::lock_guard lock(mutex_);
  auto& all = tenants_[tenant];
  const std::string key = to_lower(states.id);
  if (const auto old = all.by_key.find(key); old != all.by_key.end()) {
    std::erase_if(states.states, [](const PolicyState& one) { return looks_elsewhere(one.effect); });
    for (const auto& one : old->second->states) {
      if (one.of_objects || looks_elsewhere(one.effect)) states.states.push_back(one);
    }
  }
  if (all.scans > 0) all.written.insert(key);
  replace(all, key, std::move(states));
}

void ComplianceStore::erase(TenantId tenant, const std::string& key) {
  const std::lock_guard lock(mutex_);
  auto& all = tenants_[tenant];
  if (all.scans > 0) all.erased.insert(key);
  std::vector<std::string> gone;
  for (auto at = all.by_key.lower_bound(key); at != all.by_key.end() && at->first.starts_with(key); ++at) {
    if (is_within_key(at->first, key)) gone.push_back(at->first);
  }
  for (const auto& one : gone) forget(all, one);
}

void ComplianceStore::begin_scan(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  ++tenants_[tenant].scans;
}

void ComplianceStore::settle(TenantId tenant) {
  auto& all = tenants_[tenant];
  if (--all.scans > 0) return;
  all.written.clear();
  all.erased.clear();
}

void ComplianceStore::abandon_scan(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  settle(tenant);
}

void ComplianceStore::end_scan(TenantId tenant, const std::string& scope, std::vector<ResourceStates> found) {
  const std::lock_guard lock(mutex_);
  auto& all = tenants_[tenant];
  std::vector<std::string> stale;
  for (const auto& [key, states] : all.by_key) {
    if (is_within_key(key, scope) && !all.written.contains(key)) stale.push_back(key);
  }
  for (const auto& key : stale) forget(all, key);
  for (auto& states : found) {
    const std::string key = to_lower(states.id);
    const bool gone = std::ranges::any_of(all.erased, [&](const auto& one) { return is_within_key(key, one); });
    if (!gone && !all.written.contains(key)) replace(all, key, std::move(states));
  }
  settle(tenant);
}

std::vector<ResourceStatesPtr> ComplianceStore::at(TenantId tenant, const std::string& scope) const {
  const std::lock_guard lock(mutex_);
  std::vector<ResourceStatesPtr> out;
  const auto all = tenants_.find(tenant);
  if (all == tenants_.end()) return out;
  for (auto at = all->second.by_key.lower_bound(scope); at != all->second.by_key.end() && at->first.starts_with(scope);
       ++at) {
    if (is_within_key(at->first, scope)) out.push_back(at->second);
  }
  return out;
}

}  // namespace freehold::policies
