// What a CompiledSet keeps.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/compiled_set.h"
#include "src/bound.h"

namespace freehold::gate::policy {

struct CompiledSet::State {
  std::vector<Assignment> assignments;
  std::vector<Exemption> exemptions;
  std::deque<Bound> bound;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_type;  // lower case; rules that only hold for it
  std::vector<std::uint32_t> any_type;

  void add(Bound one);
  // Places in `bound` in ascending order.
  [[nodiscard]] std::vector<std::uint32_t> candidates(std::string_view type) const;
};

}  // namespace freehold::gate::policy
