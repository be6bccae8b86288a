// The functions that a policy rule may call beside the pure ones, and those of a template that it may not.
// Source: "Azure Policy definition structure policy rule", Policy functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace freehold::gate::policy {

struct PolicyFunction {
  std::string_view name;  // in lower case
  std::size_t least, most;
};

inline constexpr PolicyFunction kPolicyFunctions[] = {
    {"field", 1, 1},  {"current", 0, 1},       {"adddays", 2, 2},      {"requestcontext", 0, 0},  {"policy", 0, 0},
    {"utcnow", 0, 0}, {"resourcegroup", 0, 0}, {"subscription", 0, 0}, {"iprangecontains", 2, 2},
};

// Pure functions of templates that rules don't have.
inline constexpr std::string_view kTemplateOnly[] = {"datetimeadd", "datetimefromepoch", "datetimetoepoch",
                                                     "variables"};

}  // namespace freehold::gate::policy
