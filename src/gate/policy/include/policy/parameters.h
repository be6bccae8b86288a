// The parameters that definitions and initiatives declare, and the values that assignments and references give them.
// Source: "Azure Policy definition structure parameters".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "expression/json.h"
#include "policy/refusal.h"

namespace freehold::gate::policy {

using Json = expression::Json;

enum class ParameterType : std::uint8_t { kString, kArray, kObject, kBoolean, kInteger, kFloat, kDateTime };

struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kString;
  std::optional<Json> default_value;
  std::vector<Json> allowed;  // empty: all
};

// Immutable once parsed; shared between threads.
class ParameterSet {
 public:
  // `declared` is the "parameters" of a definition or an initiative; null for none. At most 100 (Azure: 20 in a
  // definition of one's own, 400 in an initiative; built-ins have more than 20), by kMostParameters.
  static Checked<ParameterSet> parse(const Json* declared);

  [[nodiscard]] const std::vector<Parameter>& all() const { return parameters_; }
  [[nodiscard]] const Parameter* find(std::string_view name) const;

  // The values in force: `given` is {"name": {"value": ...}}, or null; defaults fill the rest. Refuses what isn't
  // declared, what is missing, of the wrong type, or not allowed.
  [[nodiscard]] Checked<Json> bind(const Json* given, std::string_view of) const;

 private:
  std::vector<Parameter> parameters_;
};

inline constexpr std::size_t kMostParameters = 400;

}  // namespace freehold::gate::policy
