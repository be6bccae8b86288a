// Which groups a principal is in: a pure function over who is a direct member of what.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "directory/object.h"

namespace freehold::directory {

// For each member of any group, every group it is in, however deep, each once. Circles are legal, as in Azure AD, and
// mean what they say: all of their groups are in each other.
[[nodiscard]] std::unordered_map<PrincipalId, std::vector<PrincipalId>> all_groups(
    const std::map<PrincipalId, std::shared_ptr<const Group>>& groups);

}  // namespace freehold::directory
