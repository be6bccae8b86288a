// $filter of the lists of policies. Pure.
//
// Source: the reference of "Policy Definitions - List", "Policy Assignments - List For Resource Group" and "Policy
// Exemptions - List": whole phrases, one or several joined by `and`. Anything else is said not to be understood.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freehold::policies {

struct PolicyFilter {
  enum class Reach { kAll, kAtScope, kAtExactScope };
  Reach reach = Reach::kAll;
  bool only_current = false;       // excludeExpired()
  std::string policy_type = {};    // "Custom"
  std::string category = {};       // of metadata
  std::string definition_id = {};  // of assignments
  std::string assignment_id = {};  // of exemptions
};

inline constexpr std::size_t kMaxPolicyFilterBytes = 2'048;

[[nodiscard]] std::optional<PolicyFilter> parse_policy_filter(std::string_view text);

}  // namespace freehold::policies
