// union, intersection, shallowMerge. Source: "Object functions for ARM templates": union merges objects in objects, and
// replaces arrays in objects.
#include <unordered_set>

#include "base/encoding.h"
#include "src/function.h"

namespace freehold::gate::expression {
namespace {

// All arguments are arrays, or all are objects.
Result<bool> are_arrays(const Call& call) {
  const bool arrays = call[0].is_array();
  for (std::size_t i = 0; i < call.count(); ++i) {
    if (arrays ? !call[i].is_array() : !call[i].is_object()) {
      return call.wrong_type(i, "an array or an object, as all others");
    }
  }
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  return arrays;
}

Result<void> merge(Json& into, const Json& from, Budget& budget, bool deep) {
  for (const auto& [name, value] : from.items()) {
    FH_CHECK_OK(budget.spend(1 + into.size() / 8));
    Json* there = find_member(into, name);
    if (there == nullptr) {
      append_member(into, name, value);
    } else if (deep && there->is_object() && value.is_object()) {
      FH_CHECK_OK(merge(*there, value, budget, deep));
    } else {
      *there = value;
    }
  }
  return {};
}

Result<Json> merged(const Call& call, bool deep) {
  Json out = call[0];
  for (std::size_t i = 1; i < call.count(); ++i) {
    FH_CHECK_OK(merge(out, call[i], call.budget, deep));
  }
  return out;
}

Result<Json> unite(const Call& call) {
  FH_TRY(const bool arrays, are_arrays(call));
  if (!arrays) return merged(call, true);
  Json out = Json::array();
  std::unordered_set<std::string> seen;
  for (const Json* argument : call.arguments) {
    for (const Json& element : *argument) {
      if (seen.insert(canonical_text(element)).second) out.push_back(element);
    }
  }
  return out;
}

Result<Json> intersect_objects(const Call& call) {
  Json out = Json::object();
  for (const auto& [name, value] : call[0].items()) {
    bool everywhere = true;
    for (std::size_t i = 1; i < call.count() && everywhere; ++i) {
      FH_CHECK_OK(call.budget.spend(1 + call[i].size() / 8));
      const Json* there = find_member(call[i], name);
      everywhere = there != nullptr && deep_equal(*there, value);
    }
    if (everywhere) append_member(out, name, value);
  }
  return out;
}

Result<Json> intersect(const Call& call) {
  FH_TRY(const bool arrays, are_arrays(call));
  if (!arrays) return intersect_objects(call);
  Json out = Json::array();
  std::vector<std::unordered_set<std::string>> others(call.count() - 1);
  for (std::size_t i = 1; i < call.count(); ++i) {
    for (const Json& element : call[i]) others[i - 1].insert(canonical_text(element));
  }
  std::unordered_set<std::string> taken;
  for (const Json& element : call[0]) {
    const auto text = canonical_text(element);
    const bool everywhere =
        std::all_of(others.begin(), others.end(), [&text](const auto& other) { return other.contains(text); });
    if (everywhere && taken.insert(text).second) out.push_back(element);
  }
  return out;
}

Result<Json> shallow_merge(const Call& call) {
  if (!call[0].is_array()) return call.wrong_type(0, "an array of objects");
  Json out = Json::object();
  for (const Json& entry : call[0]) {
    if (!entry.is_object()) return call.wrong("it merges an array of objects");
    FH_CHECK_OK(merge(out, entry, call.budget, false));
  }
  return out;
}

constexpr FunctionRow kRows[] = {
    {{"union", 2, kAny}, unite},
    {{"intersection", 2, kAny}, intersect},
    {{"shallowmerge", 1, 1}, shallow_merge},
};

}  // namespace

std::span<const FunctionRow> set_functions() { return kRows; }

}  // namespace freehold::gate::expression
