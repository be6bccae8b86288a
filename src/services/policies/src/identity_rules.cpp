#include "src/identity_rules.h"

#include "base/encoding.h"
#include "src/policy_errors.h"

namespace freehold::policies {
namespace {

using gate::ApiResult;

constexpr std::size_t kMaxLocation = 90;

ApiResult<> check_location(const Json& after) {
  const auto location = after.find("location");
  const bool is_placed =
      location != after.end() && location->is_string() && !location->get_ref<const std::string&>().empty();
  if (!is_placed) return std::unexpected(policy_errors::location_required());
  if (location->get_ref<const std::string&>().size() > kMaxLocation) {
    return std::unexpected(policy_errors::invalid_content("'location' is too long."));
  }
  return {};
}

// Azure takes one. What is said of it besides its id is the answer's.
ApiResult<std::string> user_assigned(const Json& identity) {
  const auto all = identity.find("userAssignedIdentities");
  std::vector<std::string> named;
  if (all != identity.end() && all->is_object()) {
    for (const auto& [id, value] : all->items()) {
      if (!value.is_null()) named.push_back(id);  // null takes one away
    }
  }
  if (named.size() != 1) {
    return std::unexpected(policy_errors::invalid_content(
        "'userAssignedIdentities' names the one identity that acts for the assignment."));
  }
  return named.front();
}

std::optional<PrincipalId> id_in(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return parse_guid<PrincipalId>(at->get_ref<const std::string&>());
}

}  // namespace

ApiResult<WantedIdentity> wanted_identity(const Json& after) {
  const auto identity = after.find("identity");
  if (identity == after.end() || identity->is_null()) return WantedIdentity{};
  const auto type = identity->is_object() ? identity->find("type") : identity->end();
  if (!identity->is_object() || type == identity->end() || !type->is_string()) {
    return std::unexpected(policy_errors::invalid_content("'identity' is an object with a 'type'."));
  }
  const auto& word = type->get_ref<const std::string&>();
  if (equals_ignoring_case(word, "None")) return WantedIdentity{};
  const bool user = equals_ignoring_case(word, "UserAssigned");
  if (!user && !equals_ignoring_case(word, "SystemAssigned")) {
    return std::unexpected(
        policy_errors::invalid_content("the type of an identity is 'SystemAssigned', 'UserAssigned' or 'None'."));
  }
  FH_CHECK_OK(check_location(after));
  WantedIdentity out{.type = user ? WantedIdentity::Type::kUserAssigned : WantedIdentity::Type::kSystemAssigned};
  if (user) {
    FH_TRY(out.id, user_assigned(*identity));
  }
  return out;
}

Json identity_json(TenantId tenant, std::optional<PrincipalId> principal) {
  if (!principal) return {{"type", "None"}};
  return {{"type", "SystemAssigned"}, {"principalId", to_string(*principal)}, {"tenantId", to_string(tenant)}};
}

Json identity_json(const gate::resource::UserIdentity& identity) {
  return {{"type", "UserAssigned"},
          {"userAssignedIdentities",
           {{identity.id,
             {{"principalId", to_string(identity.principal.object)},
              {"clientId", to_string(identity.principal.application)}}}}}};
}

std::optional<gate::resource::UserIdentity> user_identity_of(const Json& body) {
  const auto identity = body.find("identity");
  if (identity == body.end() || !identity->is_object()) return std::nullopt;
  const auto all = identity->find("userAssignedIdentities");
  if (all == identity->end() || !all->is_object() || all->size() != 1 || !all->begin()->is_object())
    return std::nullopt;
  const auto object = id_in(*all->begin(), "principalId");
  const auto application = id_in(*all->begin(), "clientId");
  if (!object || !application) return std::nullopt;
  return gate::resource::UserIdentity{all->begin().key(), {*object, *application}};
}

std::optional<PrincipalId> identity_of(const Json& body) {
  if (const auto user = user_identity_of(body)) return user->principal.object;
  const auto identity = body.find("identity");
  if (identity == body.end() || !identity->is_object()) return std::nullopt;
  return id_in(*identity, "principalId");
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
