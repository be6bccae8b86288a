#include "src/membership_rules.h"

#include <unordered_set>

namespace freehold::directory {

std::optional<Memberships> all_groups(const std::map<PrincipalId, std::shared_ptr<const Group>>& groups,
                                      std::size_t most_steps) {
  Memberships parents;
  for (const auto& [id, group] : groups) {
    for (const PrincipalId member : group->members) parents[member].push_back(id);
  }
  Memberships out;
  std::size_t steps = 0;
  for (const auto& [member, direct] : parents) {
    std::vector<PrincipalId> found = direct;
    std::unordered_set<PrincipalId> seen(direct.begin(), direct.end());
    for (std::size_t next = 0; next < found.size(); ++next) {
      const auto above = parents.find(found[next]);
      if (above == parents.end()) continue;
      steps += above->second.size();
      if (steps > most_steps) return std::nullopt;
      for (const PrincipalId id : above->second) {
        if (seen.insert(id).second) found.push_back(id);
      }
    }
    out.emplace(member, std::move(found));
  }
  return out;
}

}  // namespace freehold::directory
