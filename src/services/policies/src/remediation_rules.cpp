#include "src/remediation_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "src/policy_errors.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;
using gate::resource::ScopeKind;

constexpr std::size_t kMaxName = 260;
constexpr std::size_t kMaxReference = 128;
constexpr std::size_t kMaxOrderBytes = 48 * 1024;  // a row holds 64 KiB, sealed

std::unexpected<gate::ApiError> bad_order(const Remediation& order, std::string_view why) {
  return std::unexpected(policy_errors::bad_remediation("Create", order.id.name(), why));
}

const Json* member(const Json& object, std::string_view name) {
  for (auto at = object.begin(); at != object.end(); ++at) {
    if (equals_ignoring_case(at.key(), name)) return at->is_null() ? nullptr : &*at;
  }
  return nullptr;
}

ApiResult<std::string> text_in(const Json& object, std::string_view name) {
  const Json* found = member(object, name);
  if (found == nullptr) return std::string();
  if (!found->is_string()) {
    return std::unexpected(policy_errors::invalid_content(fmt::format("'{}' is a text.", name)));
  }
  return found->get<std::string>();
}

ApiResult<std::size_t> number_in(const Json& object, const Remediation& order, std::string_view name, std::size_t most,
                                 std::size_t otherwise) {
  const Json* found = member(object, name);
  if (found == nullptr) return otherwise;
  const bool good = found->is_number_integer() && *found >= 1 && *found <= most;
  if (!good) return bad_order(order, fmt::format("'{}' must be between 1 and {}.", name, most));
  return found->get<std::size_t>();
}

ApiResult<std::vector<std::string>> texts_in(const Json& object, std::string_view name, std::size_t most) {
  std::vector<std::string> out;
  const Json* found = member(object, name);
  if (found == nullptr) return out;
  if (!found->is_array() || found->size() > most) {
    return std::unexpected(
        policy_errors::invalid_content(fmt::format("'{}' is a list of at most {} texts.", name, most)));
  }
  for (const auto& one : *found) {
    if (!one.is_string()) {
      return std::unexpected(policy_errors::invalid_content(fmt::format("'{}' is a list of texts.", name)));
    }
    out.push_back(to_lower(one.get<std::string>()));
  }
  return out;
}

ApiResult<> read_filters(const Json& properties, Remediation& out) {
  const Json* filters = member(properties, "filters");
  if (filters == nullptr) return {};
  if (!filters->is_object()) return std::unexpected(policy_errors::invalid_content("'filters' is an object."));
  FH_TRY(out.locations, texts_in(*filters, "locations", kMostRemediationLocations));
  for (auto& one : out.locations) std::erase(one, ' ');
  FH_TRY(out.resource_ids, texts_in(*filters, "resourceIds", kMostRemediationIds));
  if (!out.resource_ids.empty() && out.reevaluates) {
    return bad_order(out, "Resource IDs can't be given when compliance is evaluated before the remediation.");
  }
  return {};
}

ApiResult<> read_threshold(const Json& properties, Remediation& out) {
  const Json* threshold = member(properties, "failureThreshold");
  if (threshold == nullptr) return {};
  const Json* part = threshold->is_object() ? member(*threshold, "percentage") : nullptr;
  if (part == nullptr || !part->is_number() || *part < 0 || *part > 1) {
    return bad_order(out, "'failureThreshold.percentage' must be between 0 and 1.");
  }
  out.threshold = part->get<double>();
  return {};
}

ApiResult<> read_mode(const Json& properties, Remediation& out) {
  FH_TRY(const auto mode, text_in(properties, "resourceDiscoveryMode"));
  out.reevaluates = equals_ignoring_case(mode, "ReEvaluateCompliance");
  if (!mode.empty() && !out.reevaluates && !equals_ignoring_case(mode, "ExistingNonCompliant")) {
    return bad_order(out, "'resourceDiscoveryMode' is 'ExistingNonCompliant' or 'ReEvaluateCompliance'.");
  }
  if (out.reevaluates && !out.id.scope().subscription) {
    return bad_order(out,
                     "Evaluating compliance before remediation is only supported for remediations at subscription "
                     "scope and below.");
  }
  return {};
}

}  // namespace

ApiResult<Remediation> read_remediation(const gate::resource::ProposedChange& change, std::string correlation) {
  Remediation out{.id = change.id, .assignment_id = {}, .reference_id = {}, .correlation = std::move(correlation)};
  if (change.id.scope().kind() == ScopeKind::kTenant) {
    return std::unexpected(policy_errors::wrong_scope("remediations", change.id.scope().text()));
  }
  if (change.id.name().size() > kMaxName) {
    return std::unexpected(policy_errors::bad_name("remediations", change.id.name()));
  }
  const Json* properties = change.after.is_object() ? member(change.after, "properties") : nullptr;
  if (properties == nullptr || !properties->is_object()) {
    return std::unexpected(policy_errors::invalid_content("'properties' is missing."));
  }
  FH_TRY(out.assignment_id, text_in(*properties, "policyAssignmentId"));
  FH_TRY(out.reference_id, text_in(*properties, "policyDefinitionReferenceId"));
  if (out.assignment_id.empty()) return bad_order(out, "The policyAssignmentId is missing.");
  if (out.reference_id.size() > kMaxReference) return bad_order(out, "The policyDefinitionReferenceId is too long.");
  FH_CHECK_OK(read_mode(*properties, out));
  FH_CHECK_OK(read_filters(*properties, out));
  FH_CHECK_OK(read_threshold(*properties, out));
  FH_TRY(out.resource_count, number_in(*properties, out, "resourceCount", kMostResourcesToRemedy, kResourcesToRemedy));
  FH_TRY(out.parallel, number_in(*properties, out, "parallelDeployments", kMostParallelRemedies, kParallelRemedies));
  out.origin = change.caller.origin;
  out.by = change.caller.object;
  out.created = out.updated = change.caller.now;
  if (encode(out).size() > kMaxOrderBytes) return std::unexpected(policy_errors::too_large(kMaxOrderBytes));
  return out;
}

ApiResult<> check_remediable(const TenantPolicies& state, const Remediation& remediation,
                             const gate::authz::ScopeChain& chain) {
  const auto assignment = state.find(Kind::kAssignment, remediation.assignment_id);
  if (assignment == nullptr) {
    return bad_order(remediation,
                     fmt::format("The policy assignment '{}' could not be found.", remediation.assignment_id));
  }
  const std::string stands = key_of(assignment->id.scope());
  const bool reaches = std::ranges::find(chain.scopes, stands) != chain.scopes.end() ||
                       stands.starts_with(key_of(remediation.id.scope()) + "/");
  if (!reaches) {
    return bad_order(remediation, fmt::format("The policy assignment '{}' isn't in force at the remediation's scope.",
                                              remediation.assignment_id));
  }
  auto definition = state.find(Kind::kDefinition, assignment->assignment->definition_id);
  if (const auto set = state.find(Kind::kInitiative, assignment->assignment->definition_id)) {
    if (remediation.reference_id.empty()) {
      return bad_order(remediation,
                       fmt::format("The policy assignment '{}' assigns a policy set definition. Remediations must "
                                   "specify a single policy definition reference ID within the policy set definition.",
                                   remediation.assignment_id));
    }
    const auto& all = set->initiative->references;
    const auto at = std::ranges::find_if(
        all, [&](const auto& one) { return equals_ignoring_case(one.reference_id, remediation.reference_id); });
    if (at == all.end()) {
      return bad_order(remediation,
                       fmt::format("The policy set definition has no reference '{}'.", remediation.reference_id));
    }
    definition = state.find(Kind::kDefinition, at->definition_id);
  }
  if (definition == nullptr || !(definition->definition->deploys() || definition->definition->modifies())) {
    return bad_order(remediation,
                     "Only definitions with the effect 'deployIfNotExists' or 'modify' can be remediated.");
  }
  return {};
}

ApiResult<> check_may_begin(const RemediationStore::Map& all, const Remediation& remediation) {
  const auto& name = remediation.id.name();
  if (const auto same = all.find(remediation.key()); same != all.end() && !is_ended(same->second->state)) {
    return std::unexpected(policy_errors::bad_remediation(
        "Update", name, "A remediation may not be changed or replaced while it is active."));
  }
  std::size_t active = 0;
  for (const auto& [key, one] : all) {
    if (is_ended(one->state)) continue;
    ++active;
    const bool twin = equals_ignoring_case(one->assignment_id, remediation.assignment_id) &&
                      equals_ignoring_case(one->reference_id, remediation.reference_id) &&
                      key_of(one->id.scope()) == key_of(remediation.id.scope());
    if (!twin) continue;
    return bad_order(remediation,
                     fmt::format("The following remediations: '{}' are already running for policy assignment '{}', "
                                 "definition reference ID '{}' on scope '{}'.",
                                 one->id.name(), one->assignment_id, one->reference_id, one->id.scope().text()));
  }
  if (active >= kMaxActiveRemediations) {
    return bad_order(remediation, fmt::format("{} remediations are active already, which is the limit.", active));
  }
  return {};
}

RemediationPtr oldest_to_go(const RemediationStore::Map& all) {
  std::size_t kept = 0;
  RemediationPtr oldest;
  for (const auto& [key, one] : all) {
    kept += one->total;
    if (is_ended(one->state) && (oldest == nullptr || one->updated < oldest->updated)) oldest = one;
  }
  const bool full = all.size() >= kMaxRemediations || kept + kMostResourcesToRemedy > kMaxKeptRemedies;
  return full ? oldest : nullptr;
}

ApiResult<Remediation> cancelled(const Remediation& remediation, WallTime now) {
  if (is_ended(remediation.state)) {
    return std::unexpected(policy_errors::bad_remediation("Cancel", remediation.id.name(),
                                                          "A completed remediation cannot be cancelled."));
  }
  Remediation out = remediation;
  out.state = RemediationState::kCancelling;
  out.updated = now;
  return out;
}

ApiResult<> check_may_go(const Remediation& remediation) {
  if (is_ended(remediation.state)) return {};
  return std::unexpected(
      policy_errors::bad_remediation("Delete", remediation.id.name(),
                                     "A remediation must be in a terminal provisioning state before it can be "
                                     "deleted. Cancel it first."));
}

bool is_beyond_threshold(const Remediation& remediation) {
  if (!remediation.threshold || remediation.total == 0) return false;
  return static_cast<double>(remediation.failed) > *remediation.threshold * static_cast<double>(remediation.total);
}

void end_remediation(Remediation& remediation, bool was_cancelled, WallTime now) {
  auto& r = remediation;
  r.updated = now;
  const bool beyond = is_beyond_threshold(r);
  // Who says how many may fail has said that fewer are no failure.
  const bool bad = r.threshold ? beyond : r.failed > 0;
  r.state = was_cancelled ? RemediationState::kCanceled
            : bad         ? RemediationState::kFailed
                          : RemediationState::kSucceeded;
  if (r.failed == 0) return;
  r.message = fmt::format("{} of {} resources could not be remediated{}. The first: {}", r.failed, r.total,
                          beyond ? ", which is more than the failure threshold" : "", r.message);
}

}  // namespace freehold::policies
