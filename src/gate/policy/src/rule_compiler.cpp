#include "src/rule_compiler.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace freehold::gate::policy {
namespace {

using expression::find_member;

std::unexpected<Refusal> invalid(std::string message) { return refuse("InvalidPolicyRule", std::move(message)); }

bool is(std::string_view a, std::string_view b) { return equals_ignoring_case(a, b); }

}  // namespace

Checked<std::unique_ptr<const Rule>> RuleCompiler::compile(const Json& rule) {
  const Json* condition_json = find_member(rule, "if");
  const Json* then = find_member(rule, "then");
  if (condition_json == nullptr || then == nullptr || rule.size() != 2) {
    return invalid("The policyRule must have an 'if' and a 'then', and nothing else.");
  }
  const Json* effect = find_member(*then, "effect");
  if (effect == nullptr || !effect->is_string()) return invalid("The policyRule has no effect.");
  auto out = std::make_unique<Rule>();
  FH_TRY(out->condition, condition(*condition_json, 1));
  FH_TRY(out->effect, term(*effect));
  for (const auto& [name, value] : then->items()) {
    if (is(name, "effect")) continue;
    if (!is(name, "details"))
      return invalid(fmt::format("The 'then' of the policyRule has an unknown member '{}'.", name));
    FH_CHECK_OK(details(value, *out));
  }
  FH_CHECK_OK(check_effect(*out));
  return std::unique_ptr<const Rule>(std::move(out));
}

Checked<Condition> RuleCompiler::condition(const Json& json, std::size_t depth) {
  if (++conditions_ > most_conditions_)
    return invalid(fmt::format("The rule has more than {} conditions.", most_conditions_));
  if (depth > kConditionDepth)
    return invalid(fmt::format("The conditions are nested deeper than {}.", kConditionDepth));
  if (!json.is_object() || json.empty()) return invalid("A condition must be an object.");
  if (json.size() == 1) {
    const auto& [name, operands] = json.get_ref<const Json::object_t&>().front();
    if (is(name, "allOf")) return logical(Condition::Kind::kAllOf, operands, depth);
    if (is(name, "anyOf")) return logical(Condition::Kind::kAnyOf, operands, depth);
    if (is(name, "not")) return logical(Condition::Kind::kNot, operands, depth);
  }
  Condition out;
  bool has_subject = false;
  bool has_operator = false;
  for (const auto& [name, value] : json.items()) {
    const bool names_subject = is(name, "field") || is(name, "value") || is(name, "count");
    const auto op = parse_operator(name);
    if (names_subject && !has_subject) {
      FH_CHECK_OK(subject(out, name, value, depth));
      has_subject = true;
    } else if (op && !has_operator) {
      out.op = *op;
      FH_TRY(out.target, term(value));
      has_operator = true;
    } else {
      return invalid(fmt::format("The condition has a member '{}' that isn't known or one too many.", name));
    }
  }
  if (!has_subject || !has_operator)
    return invalid("A condition needs one of 'field', 'value', 'count' and one operator.");
  if (!out.target.whole && !out.target.mixed) {
    if (auto good = check_target(out.op, out.target.literal); !good) return invalid(good.error().message);
  }
  return out;
}

Checked<Condition> RuleCompiler::logical(Condition::Kind kind, const Json& operands, std::size_t depth) {
  Condition out;
  out.kind = kind;
  if (kind == Condition::Kind::kNot) {
    FH_TRY(Condition child, condition(operands, depth + 1));
    out.children.push_back(std::move(child));
    return out;
  }
  if (!operands.is_array() || operands.empty()) return invalid("'allOf' and 'anyOf' take an array of conditions.");
  for (const Json& operand : operands) {
    FH_TRY(Condition child, condition(operand, depth + 1));
    out.children.push_back(std::move(child));
  }
  return out;
}

Checked<void> RuleCompiler::subject(Condition& out, std::string_view key, const Json& value, std::size_t depth) {
  if (is(key, "count")) return count(out, value, depth);
  if (is(key, "field")) {
    out.kind = Condition::Kind::kField;
    return field(out, value);
  }
  out.kind = Condition::Kind::kValue;
  FH_TRY(out.subject, term(value));
  return {};
}

Checked<void> RuleCompiler::field(Condition& out, const Json& name) {
  if (!name.is_string()) return invalid("The name of a field must be a string.");
  FH_TRY(out.subject, term(name));
  if (out.subject.whole) {
    out.computed_field = true;
    return {};
  }
  FH_TRY(out.field, parse_field(out.subject.literal.get_ref<const std::string&>(), aliases_));
  return {};
}

Checked<void> RuleCompiler::count_field(const Field& field) {
  if (!field.collection) return invalid(fmt::format("The count field '{}' is no array alias ([*]).", field.text));
  if (++field_counts_[to_lower(field.text)] > kMostFieldCounts) {
    return invalid(fmt::format("The array '{}' is counted more than {} times.", field.text, kMostFieldCounts));
  }
  return {};
}

Checked<void> RuleCompiler::count(Condition& out, const Json& count, std::size_t depth) {
  const Json* name = find_member(count, "field");
  const Json* value = find_member(count, "value");
  const Json* where = find_member(count, "where");
  const Json* index = find_member(count, "name");
  const auto known = (name != nullptr) + (value != nullptr) + (where != nullptr) + (index != nullptr);
  if (!count.is_object() || static_cast<std::size_t>(known) != count.size()) {
    return invalid("A count has 'field' or 'value', and may have 'name' and 'where'.");
  }
  if ((name == nullptr) == (value == nullptr) || (name != nullptr && index != nullptr)) {
    return invalid("A count has one of 'field' and 'value', and 'name' with 'value' only.");
  }
  if (name != nullptr) {
    out.kind = Condition::Kind::kFieldCount;
    FH_CHECK_OK(field(out, *name));
    if (out.computed_field) return invalid("The field of a count must be an array alias.");
    FH_CHECK_OK(count_field(out.field));
  } else {
    out.kind = Condition::Kind::kValueCount;
    if (++value_counts_ > kMostValueCounts) {
      return invalid(fmt::format("The rule has more than {} value counts.", kMostValueCounts));
    }
    FH_TRY(out.subject, term(*value));
    if (!out.subject.whole && !out.subject.literal.is_array()) return invalid("The value of a count must be an array.");
    if (index != nullptr && !index->is_string()) return invalid("The name of a count must be a string.");
    out.count_name = index == nullptr ? "default" : index->get<std::string>();
  }
  if (where != nullptr) {
    FH_TRY(Condition child, condition(*where, depth + 1));
    out.children.push_back(std::move(child));
  }
  return {};
}

}  // namespace freehold::gate::policy
