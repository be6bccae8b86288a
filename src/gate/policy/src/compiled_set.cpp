#include "policy/compiled_set.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/compiled_state.h"

namespace freehold::gate::policy {

CompiledSet::CompiledSet(std::unique_ptr<State> state) : state_(std::move(state)) {}
CompiledSet::~CompiledSet() = default;

Checked<std::shared_ptr<const CompiledSet>> CompiledSet::build(std::vector<Assignment> assignments,
                                                               std::vector<Exemption> exemptions,
                                                               const Catalog& catalog) {
  auto state = std::make_unique<State>();
  state->assignments = std::move(assignments);
  state->exemptions = std::move(exemptions);
  std::unordered_map<std::string, std::vector<const Exemption*>> by_assignment;
  for (const Exemption& one : state->exemptions) by_assignment[to_lower(one.assignment_id)].push_back(&one);
  for (const Assignment& assignment : state->assignments) {
    FH_TRY(std::vector<Bound> bound, bind(assignment, catalog));
    for (Bound& one : bound) {
      if (const auto found = by_assignment.find(to_lower(assignment.id)); found != by_assignment.end()) {
        one.exemptions = found->second;
      }
      state->add(std::move(one));
    }
  }
  return std::shared_ptr<const CompiledSet>(new CompiledSet(std::move(state)));
}

void CompiledSet::State::add(Bound one) {
  const auto place = static_cast<std::uint32_t>(bound.size());
  if (const Types types = possible_types(one)) {
    for (const std::string& type : *types) by_type[type].push_back(place);
  } else {
    any_type.push_back(place);
  }
  bound.push_back(std::move(one));
}

std::vector<std::uint32_t> CompiledSet::State::candidates(std::string_view type) const {
  const auto found = by_type.find(to_lower(type));
  if (found == by_type.end()) return any_type;
  std::vector<std::uint32_t> out;
  std::merge(any_type.begin(), any_type.end(), found->second.begin(), found->second.end(), std::back_inserter(out));
  return out;
}

std::size_t CompiledSet::size() const { return state_->bound.size(); }

std::size_t CompiledSet::candidates(std::string_view type) const { return state_->candidates(type).size(); }

bool Decision::denied() const {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.denies; });
}

std::vector<const Finding*> Decision::with(Effect effect) const {
  std::vector<const Finding*> out;
  for (const Finding& one : findings) {
    const bool quiet = one.compliance == Compliance::kCompliant || one.compliance == Compliance::kExempt;
    if (one.effect == effect && !quiet) out.push_back(&one);
  }
  return out;
}

std::string_view compliance_name(Compliance compliance) {
  switch (compliance) {
    case Compliance::kCompliant:
      return "Compliant";
    case Compliance::kNonCompliant:
      return "NonCompliant";
    case Compliance::kExempt:
      return "Exempt";
    case Compliance::kConflict:
      return "Conflicting";
    case Compliance::kError:
      return "Error";
    case Compliance::kUnknown:
      break;
  }
  return "Unknown";
}

}  // namespace freehold::gate::policy
