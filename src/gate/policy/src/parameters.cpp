#include "policy/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "expression/date_time.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;

constexpr std::array<std::pair<std::string_view, ParameterType>, 7> kTypes = {{
    {"string", ParameterType::kString},
    {"array", ParameterType::kArray},
    {"object", ParameterType::kObject},
    {"boolean", ParameterType::kBoolean},
    {"integer", ParameterType::kInteger},
    {"float", ParameterType::kFloat},
    {"datetime", ParameterType::kDateTime},
}};

std::string_view spelled(ParameterType type) { return kTypes[static_cast<std::size_t>(type)].first; }

// An integer that is written as a text is taken where a number is wanted, as Azure does.
bool fits(const Json& value, ParameterType type) {
  switch (type) {
    case ParameterType::kString:
      return value.is_string();
    case ParameterType::kArray:
      return value.is_array();
    case ParameterType::kObject:
      return value.is_object();
    case ParameterType::kBoolean:
      return value.is_boolean() ||
             (value.is_string() && (equals_ignoring_case(value.get_ref<const std::string&>(), "true") ||
                                    equals_ignoring_case(value.get_ref<const std::string&>(), "false")));
    case ParameterType::kInteger:
      return value.is_number_integer();
    case ParameterType::kFloat:
      return value.is_number();
    case ParameterType::kDateTime:
      return value.is_string() && expression::parse_date_time(value.get_ref<const std::string&>()).has_value();
  }
  return false;
}

bool same(const Json& a, const Json& b) {
  if (a.is_string() && b.is_string()) {
    return equals_ignoring_case(a.get_ref<const std::string&>(), b.get_ref<const std::string&>());
  }
  return expression::deep_equal(a, b);
}

// An array is allowed if each of its elements is.
bool allows(const Parameter& parameter, const Json& value) {
  if (parameter.allowed.empty()) return true;
  const auto listed = [&parameter](const Json& one) {
    return std::any_of(parameter.allowed.begin(), parameter.allowed.end(),
                       [&one](const Json& allowed) { return same(allowed, one); });
  };
  if (listed(value)) return true;
  return value.is_array() && std::all_of(value.begin(), value.end(), listed);
}

std::string allowed_text(const Parameter& parameter) {
  std::string out;
  for (const Json& value : parameter.allowed) {
    out += (out.empty() ? "" : ", ") + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out;
}

Checked<Parameter> parse_one(const std::string& name, const Json& declared) {
  Parameter parameter{.name = name, .type = ParameterType::kString, .default_value = {}, .allowed = {}};
  const auto type = expression::text_member(declared, "type");
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [type](const auto& row) { return equals_ignoring_case(row.first, type); });
  if (found == kTypes.end()) {
    return refuse("InvalidPolicyParameters", fmt::format("The type '{}' of parameter '{}' is not valid.", type, name));
  }
  parameter.type = found->second;
  if (const Json* allowed = find_member(declared, "allowedValues")) {
    if (!allowed->is_array()) {
      return refuse("InvalidPolicyParameters", fmt::format("The allowedValues of parameter '{}' are no array.", name));
    }
    parameter.allowed.assign(allowed->begin(), allowed->end());
  }
  const Json* value = find_member(declared, "defaultValue");
  if (value != nullptr && !value->is_null()) {
    if (!fits(*value, parameter.type) || !allows(parameter, *value)) {
      return refuse("InvalidPolicyParameters",
                    fmt::format("The defaultValue of parameter '{}' is not of its type or not allowed.", name));
    }
    parameter.default_value = *value;
  }
  return parameter;
}

}  // namespace

Checked<ParameterSet> ParameterSet::parse(const Json* declared) {
  ParameterSet set;
  if (declared == nullptr || declared->is_null()) return set;
  if (!declared->is_object() || declared->size() > kMostParameters) {
    return refuse("InvalidPolicyParameters",
                  fmt::format("The parameters must be an object of at most {}.", kMostParameters));
  }
  for (const auto& [name, one] : declared->items()) {
    FH_TRY(Parameter parameter, parse_one(name, one));
    set.parameters_.push_back(std::move(parameter));
  }
  return set;
}

const Parameter* ParameterSet::find(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [name](const Parameter& one) { return equals_ignoring_case(one.name, name); });
  return found == parameters_.end() ? nullptr : &*found;
}

Checked<Json> ParameterSet::bind(const Json* given, std::string_view of) const {
  Json values = Json::object();
  if (given != nullptr && given->is_object()) {
    for (const auto& [name, entry] : given->items()) {
      if (find(name) == nullptr) {
        return refuse("UndefinedPolicyParameter", fmt::format("The parameter '{}' is not defined in '{}'.", name, of));
      }
      static_cast<void>(entry);
    }
  }
  for (const Parameter& parameter : parameters_) {
    const Json* entry = given == nullptr ? nullptr : find_member(*given, parameter.name);
    const Json* value = entry == nullptr ? nullptr : find_member(*entry, "value");
    if (value == nullptr && parameter.default_value) value = &*parameter.default_value;
    if (value == nullptr) {
      return refuse("MissingPolicyParameter",
                    fmt::format("The parameter '{}' of '{}' has no value and no default.", parameter.name, of));
    }
    if (!fits(*value, parameter.type)) {
      return refuse("InvalidPolicyParameters", fmt::format("The value of parameter '{}' of '{}' must be of type {}.",
                                                           parameter.name, of, spelled(parameter.type)));
    }
    if (!allows(parameter, *value)) {
      return refuse(
          "PolicyParameterValueNotAllowed",
          fmt::format("The value '{}' is not allowed for policy parameter '{}' in '{}'. The allowed values are '{}'.",
                      value->is_string() ? value->get<std::string>() : value->dump(), parameter.name, of,
                      allowed_text(parameter)));
    }
    expression::append_member(values, parameter.name, *value);
  }
  return values;
}

}  // namespace freehold::gate::policy
