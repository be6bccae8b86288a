#include "src/membership_rules.h"

#include <unordered_set>

namespace freehold::directory {

std::unordered_map<PrincipalId, std::vector<PrincipalId>> all_groups(
    const std::map<PrincipalId, std::shared_ptr<const Group>>& groups) {
  std::unordered_map<PrincipalId, std::vector<PrincipalId>> parents;
  for (const auto& [id, group] : groups) {
    for (const PrincipalId member : group->members) parents[member].push_back(id);
  }
  std::unordered_map<PrincipalId, std::vector<PrincipalId>> out;
  for (const auto& [member, direct] : parents) {
    std::vector<PrincipalId> found = direct;
    std::unordered_set<PrincipalId> seen(direct.begin(), direct.end());
    for (std::size_t next = 0; next < found.size(); ++next) {
      const auto above = parents.find(found[next]);
      if (above == parents.end()) continue;
      for (const PrincipalId id : above->second) {
        if (seen.insert(id).second) found.push_back(id);
      }
    }
    out.emplace(member, std::move(found));
  }
  return out;
}

}  // namespace freehold::directory
