// A definition bound to an assignment: parameters filled in, effect chosen, types known that it can concern.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/compiled_set.h"
#include "src/evaluation.h"

namespace freehold::gate::policy {

struct Bound {
  const Assignment* assignment = nullptr;
  std::shared_ptr<const Initiative> initiative;  // nullptr unless one is assigned
  std::shared_ptr<const Definition> definition;
  std::string reference_id;
  std::vector<std::string> groups;
  Json parameters;  // the definition's, with values
  Effect effect = Effect::kDisabled;
  std::string message;
  std::vector<const Exemption*> exemptions;
};

// All definitions that an assignment brings.
[[nodiscard]] Checked<std::vector<Bound>> bind(const Assignment& assignment, const CompiledSet::Catalog& catalog);

// The resource types, in lower case, for which the condition may hold; nullopt: any.
using Types = std::optional<std::set<std::string>>;
[[nodiscard]] Types possible_types(const Bound& bound);

// Scopes, exclusions, selectors and the definition's mode.
[[nodiscard]] bool in_force(const Bound& bound, const Target& target);
// The exemption that holds now, if one does.
[[nodiscard]] const Exemption* exempting(const Bound& bound, const Target& target);
// The effect after the assignment's overrides.
[[nodiscard]] Effect effect_on(const Bound& bound, const Target& target);

// Changes of append and modify, of all findings of a decision together.
struct PlannedChange {
  std::size_t finding = 0;  // its place among the findings
  ChangeTerm::Kind kind = ChangeTerm::Kind::kAdd;
  Field field;
  Json value;
};
// What becomes of a change when it is made.
enum class ChangeOutcome : std::uint8_t {
  kMade,
  kNotNeeded,  // it is so already, or may not be made here
  kConflict    // append finds another value
};
[[nodiscard]] ChangeOutcome make_change(Json& resource, const PlannedChange& change);
// The operations of a rule that are meant for this request, evaluated.
[[nodiscard]] Result<std::vector<PlannedChange>> plan_changes(const Rule& rule, Effect effect, std::size_t finding,
                                                              Evaluation& evaluation, const AliasTable& aliases);

}  // namespace freehold::gate::policy
