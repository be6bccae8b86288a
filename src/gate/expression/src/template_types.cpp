// Source: "Parameters in ARM templates", "Definitions in ARM templates" (type definitions of languageVersion 2.0).
#include "src/template_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "src/text.h"

namespace freehold::gate::expression {
namespace {

struct TypeRow {
  std::string_view name;  // in lower case
  std::string_view shown;
  std::string_view actual;  // as type_name() says
  bool secure = false;
};

constexpr std::array kTypes{
    TypeRow{"string", "String", "String"}, TypeRow{"securestring", "SecureString", "String", true},
    TypeRow{"int", "Int", "Integer"},      TypeRow{"bool", "Bool", "Boolean"},
    TypeRow{"object", "Object", "Object"}, TypeRow{"secureobject", "SecureObject", "Object", true},
    TypeRow{"array", "Array", "Array"},
};
constexpr std::string_view kUsage = "Please see https://aka.ms/arm-create-parameter-file for usage details.";
constexpr std::size_t kReferences = 16;  // definitions that refer to definitions
constexpr std::size_t kTypeDepth = 32;

const TypeRow* find_type(std::string_view type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [type](const TypeRow& row) { return equals_ignoring_case(row.name, type); });
  return found == kTypes.end() ? nullptr : &*found;
}

class Checker {
 public:
  Checker(const Json& document, Typed typed, Budget& budget) : document_(document), typed_(typed), budget_(budget) {}

  Result<void> check(const Json& given_definition, const Json& value, const std::string& path, std::size_t depth) {
    if (depth > kTypeDepth) return wrong(path, "Its type is nested too deep.");
    FH_TRY(const Definition found, Definition::find(document_, given_definition, budget_));
    const Json& definition = *found;
    const Json* nullable = find_member(definition, "nullable");
    if (value.is_null() && nullable != nullptr && *nullable == true) return {};
    const auto type = text_member(definition, "type");
    const TypeRow* row = find_type(type);
    if (row == nullptr) return wrong(path, fmt::format("The type '{}' is not supported.", type));
    secure_ = secure_ || row->secure;
    if (type_name(value) != row->actual) {
      return wrong(path, fmt::format("Expected a value of type '{}', but received a value of type '{}'.",
                                     fmt::join(expected(*row), ", "), type_name(value)));
    }
    FH_CHECK_OK(check_allowed(definition, value, path));
    FH_CHECK_OK(check_size(definition, value, path));
    if (value.is_array()) return check_items(definition, value, path, depth);
    if (value.is_object()) return check_members(definition, value, path, depth);
    return {};
  }

 private:
  static std::vector<std::string> expected(const TypeRow& row) {
    if (row.actual == "String") return {"String", "Uri"};
    return {std::string(row.actual)};
  }

  std::unexpected<Error> wrong(const std::string& path, std::string_view why) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The provided value for the template {} '{}'{} is not valid. {} {}", typed_.what,
                            typed_.name, path.empty() ? "" : fmt::format(" at '{}'", path), why, kUsage));
  }

  Result<void> check_allowed(const Json& definition, const Json& value, const std::string& path) const {
    const Json* allowed = find_member(definition, "allowedValues");
    if (allowed == nullptr || !allowed->is_array()) return {};
    FH_CHECK_OK(budget_.spend(allowed->size() * (value.is_array() ? value.size() + 1 : 1)));
    const auto is_allowed = [allowed](const Json& one) {
      return std::any_of(allowed->begin(), allowed->end(),
                         [&one](const Json& other) { return deep_equal(one, other); });
    };
    if (is_allowed(value)) return {};
    // Of an array each element may be an allowed one.
    if (value.is_array() && std::all_of(value.begin(), value.end(), is_allowed)) return {};
    std::string list;
    for (const Json& one : *allowed)
      list += (list.empty() ? "" : ",") + (one.is_string() ? one.get<std::string>() : one.dump());
    const auto shown = secure_ || value.is_structured() ? std::string()
                       : value.is_string()              ? value.get<std::string>()
                                                        : value.dump();
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The provided value{} for the template {} '{}'{} is not valid. The parameter value is not "
                            "part of the allowed value(s): '{}'.",
                            shown.empty() ? "" : " '" + shown.substr(0, 128) + "'", typed_.what, typed_.name,
                            path.empty() ? "" : fmt::format(" at '{}'", path), list.substr(0, 2048)));
  }

  Result<void> check_size(const Json& definition, const Json& value, const std::string& path) const {
    const bool number = value.is_number();
    if (!number && !value.is_string() && !value.is_array()) return {};
    const auto size = number ? value.get<std::int64_t>()
                      : value.is_string()
                          ? static_cast<std::int64_t>(count_characters(value.get_ref<const std::string&>()))
                          : static_cast<std::int64_t>(value.size());
    const auto what = number ? "Value" : "Length of the value";
    const Json* least = find_member(definition, number ? "minValue" : "minLength");
    const Json* most = find_member(definition, number ? "maxValue" : "maxLength");
    if (least != nullptr && least->is_number_integer() && size < least->get<std::int64_t>()) {
      return wrong(path, fmt::format("{} should be greater than or equal to '{}'.", what, least->get<std::int64_t>()));
    }
    if (most != nullptr && most->is_number_integer() && size > most->get<std::int64_t>()) {
      return wrong(path, fmt::format("{} should be less than or equal to '{}'.", what, most->get<std::int64_t>()));
    }
    return {};
  }

  Result<void> check_items(const Json& definition, const Json& value, const std::string& path, std::size_t depth) {
    const Json* items = find_member(definition, "items");
    if (items == nullptr || !items->is_object()) return {};
    for (std::size_t i = 0; i < value.size(); ++i) {
      FH_CHECK_OK(check(*items, value[i], fmt::format("{}[{}]", path, i), depth + 1));
    }
    return {};
  }

  Result<void> check_members(const Json& definition, const Json& value, const std::string& path, std::size_t depth) {
    const Json* properties = find_member(definition, "properties");
    const bool typed = properties != nullptr && properties->is_object();
    FH_CHECK_OK(budget_.spend(value.size() + (typed ? properties->size() * (value.size() + 1) / 4 : 0)));
    const auto below = [&path](const std::string& name) { return path.empty() ? name : path + "." + name; };
    if (typed) {
      for (const auto& [name, property] : properties->items()) {
        const Json* member = find_member(value, name);
        FH_TRY(const Definition wanted, Definition::find(document_, property, budget_));
        const Json* nullable = find_member(*wanted, "nullable");
        if (member == nullptr && nullable != nullptr && *nullable == true) continue;
        if (member == nullptr) return wrong(path, fmt::format("The property '{}' is missing.", name));
        FH_CHECK_OK(check(property, *member, below(name), depth + 1));
      }
    }
    const Json* others = find_member(definition, "additionalProperties");
    if (others == nullptr) return {};
    for (const auto& [name, member] : value.items()) {
      if (typed && find_member(*properties, name) != nullptr) continue;
      if (*others == false) return wrong(path, fmt::format("The property '{}' is not known.", name.substr(0, 128)));
      if (!others->is_object()) continue;
      FH_CHECK_OK(check(*others, member, below(name), depth + 1));
    }
    return {};
  }

  const Json& document_;
  Typed typed_;
  Budget& budget_;
  bool secure_ = false;
};

}  // namespace

std::string_view shown_type(std::string_view type) {
  const TypeRow* row = find_type(type);
  return row == nullptr ? std::string_view() : row->shown;
}

Result<Definition> Definition::find(const Json& document, const Json& definition, Budget& budget) {
  constexpr std::string_view kStart = "#/definitions/";
  Definition found;
  found.in_place_ = &definition;
  for (std::size_t i = 0; i < kReferences; ++i) {
    if (!(*found).is_object()) return fail(ErrorCode::kInvalidArgument, "A type definition must be an object.");
    FH_CHECK_OK(budget.spend(1 + (*found).size() / 8));
    const Json* reference = find_member(*found, "$ref");
    if (reference == nullptr) return found;
    const auto text = reference->is_string() ? reference->get<std::string>() : std::string();
    const Json* definitions = find_member(document, "definitions");
    const Json* target = definitions == nullptr || !text.starts_with(kStart)
                             ? nullptr
                             : find_member(*definitions, std::string_view(text).substr(kStart.size()));
    if (target == nullptr || !target->is_object()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("The type definition '{}' is not defined in the template.", text.substr(0, 128)));
    }
    FH_CHECK_OK(budget.admit(*target));
    FH_CHECK_OK(budget.admit(*found));
    Json next = *target;
    for (const auto& [name, member] : (*found).items()) {
      if (!equals_ignoring_case(name, "$ref")) set_member(next, name, member);
    }
    found.merged_ = std::move(next);
    found.in_place_ = nullptr;
  }
  return fail(ErrorCode::kInvalidArgument, "The type definitions of the template refer to each other in a circle.");
}

namespace {

Result<bool> secret_inside(const Json& document, const Json& definition, Budget& budget, std::size_t depth) {
  if (depth > kTypeDepth) return true;
  FH_TRY(const Definition found, Definition::find(document, definition, budget));
  const TypeRow* row = find_type(text_member(*found, "type"));
  if (row != nullptr && row->secure) return true;
  const Json* properties = find_member(*found, "properties");
  if (properties != nullptr && properties->is_object()) {
    for (const auto& [name, property] : properties->items()) {
      FH_TRY(const bool secret, secret_inside(document, property, budget, depth + 1));
      if (secret) return true;
    }
  }
  for (const auto* name : {"items", "additionalProperties"}) {
    const Json* inner = find_member(*found, name);
    if (inner == nullptr || !inner->is_object()) continue;
    FH_TRY(const bool secret, secret_inside(document, *inner, budget, depth + 1));
    if (secret) return true;
  }
  return false;
}

}  // namespace

Result<bool> holds_secrets(const Json& document, const Json& definition, Budget& budget) {
  return secret_inside(document, definition, budget, 0);
}

Result<void> check_type(const Json& document, const Json& definition, const Json& value, Typed typed, Budget& budget) {
  return Checker(document, typed, budget).check(definition, value, {}, 0);
}

}  // namespace freehold::gate::expression
