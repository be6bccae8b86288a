#include "src/identity_rules.h"

#include "base/encoding.h"
#include "src/policy_errors.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;

constexpr std::size_t kMaxLocation = 90;

}  // namespace

ApiResult<WantedIdentity> wanted_identity(const Json& after) {
  const auto identity = after.find("identity");
  if (identity == after.end() || identity->is_null()) return WantedIdentity::kNone;
  const auto type = identity->is_object() ? identity->find("type") : identity->end();
  if (!identity->is_object() || type == identity->end() || !type->is_string()) {
    return std::unexpected(policy_errors::invalid_content("'identity' is an object with a 'type'."));
  }
  const auto& word = type->get_ref<const std::string&>();
  if (equals_ignoring_case(word, "None")) return WantedIdentity::kNone;
  if (equals_ignoring_case(word, "UserAssigned")) {
    return std::unexpected(policy_errors::not_implemented("A user-assigned identity of a policy assignment"));
  }
  if (!equals_ignoring_case(word, "SystemAssigned")) {
    return std::unexpected(
        policy_errors::invalid_content("the type of an identity is 'SystemAssigned', 'UserAssigned' or 'None'."));
  }
  const auto location = after.find("location");
  const bool placed =
      location != after.end() && location->is_string() && !location->get_ref<const std::string&>().empty();
  if (!placed) return std::unexpected(policy_errors::location_required());
  if (location->get_ref<const std::string&>().size() > kMaxLocation) {
    return std::unexpected(policy_errors::invalid_content("'location' is too long."));
  }
  return WantedIdentity::kSystemAssigned;
}

Json identity_json(TenantId tenant, std::optional<PrincipalId> principal) {
  if (!principal) return {{"type", "None"}};
  return {{"type", "SystemAssigned"}, {"principalId", to_string(*principal)}, {"tenantId", to_string(tenant)}};
}

std::optional<PrincipalId> identity_of(const Json& body) {
  const auto identity = body.find("identity");
  if (identity == body.end() || !identity->is_object()) return std::nullopt;
  const auto principal = identity->find("principalId");
  if (principal == identity->end() || !principal->is_string()) return std::nullopt;
  return parse_guid<PrincipalId>(principal->get_ref<const std::string&>());
}

ApiResult<> check_has_identity(const TenantPolicies& state, const Entry& assignment) {
  if (assignment.identity) return {};
  std::vector<EntryPtr> definitions;
  const auto& assigned = assignment.assignment->definition_id;
  if (const auto set = state.find(Kind::kInitiative, assigned)) {
    for (const auto& one : set->initiative->references) {
      definitions.push_back(state.find(Kind::kDefinition, one.definition_id));
    }
  } else {
    definitions.push_back(state.find(Kind::kDefinition, assigned));
  }
  for (const auto& one : definitions) {
    if (one == nullptr || one->definition == nullptr) continue;
    if (one->definition->deploys()) {
      return std::unexpected(policy_errors::identity_required(
          assignment.id.name(),
          "'DeployIfNotExists' policy definitions or policy definitions that contain a deployment in the effect "
          "details"));
    }
    if (one->definition->modifies()) {
      return std::unexpected(policy_errors::identity_required(assignment.id.name(), "'Modify' policy definitions"));
    }
  }
  return {};
}

}  // namespace freehold::policies
