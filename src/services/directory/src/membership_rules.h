// Which groups a principal is in: a pure function over who is a direct member of what.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "directory/object.h"

namespace freehold::directory {

// For each member of any group, every group it is in, however deep, each once. Circles are legal, as in Azure AD, and
// mean what they say: all of their groups are in each other.
using Memberships = std::unordered_map<PrincipalId, std::vector<PrincipalId>>;
// A step is one membership looked at on the way up. nullopt: it would take more of them.
[[nodiscard]] std::optional<Memberships> all_groups(const std::map<PrincipalId, std::shared_ptr<const Group>>& groups,
                                                    std::size_t most_steps = std::numeric_limits<std::size_t>::max());

}  // namespace freehold::directory
