// Turns the JSON of a policy rule into a Rule, refusing by name what the language doesn't have.
#pragma once

#include <string>
#include <string_view>

#include "src/rule.h"

namespace freehold::gate::policy {

// Azure Policy, "Limits enforced during authoring".
inline constexpr std::size_t kMostConditions = 4'096;
inline constexpr std::size_t kMostExistenceConditions = 128;
inline constexpr std::size_t kMostFunctions = 2'048;
inline constexpr std::size_t kFunctionDepth = 64;
inline constexpr std::size_t kMostValueCounts = 10;
inline constexpr std::size_t kValueCountIterations = 100;
inline constexpr std::size_t kMostFieldCounts = 5;  // of one array
inline constexpr std::size_t kConditionDepth = 64;  // ours: keeps evaluation's stack small

// Lives for one definition. Not thread-safe.
class RuleCompiler {
 public:
  RuleCompiler(const ParameterSet& parameters, const AliasTable& aliases)
      : parameters_(parameters), aliases_(aliases) {}

  Checked<std::unique_ptr<const Rule>> compile(const Json& rule);

 private:
  // Conditions (rule_compiler.cpp).
  Checked<Condition> condition(const Json& json, std::size_t depth);
  Checked<Condition> logical(Condition::Kind kind, const Json& operands, std::size_t depth);
  Checked<void> subject(Condition& out, std::string_view key, const Json& value, std::size_t depth);
  Checked<void> count(Condition& out, const Json& count, std::size_t depth);
  Checked<void> field(Condition& out, const Json& name);
  Checked<void> count_field(const Field& field);

  // Terms and the functions in them (term_compiler.cpp).
  Checked<Term> term(const Json& value);
  Checked<void> inner_terms(const Json& value);
  Checked<expression::Expression> expression(std::string_view text);
  Checked<void> check_call(const expression::Expression& expression, const expression::Node& call);
  Checked<Term> member(const Json& owner, std::string_view name);

  // What stands behind then (details_compiler.cpp).
  Checked<void> details(const Json& details, Rule& out);
  Checked<void> change(const Json& json, bool append, Rule& out);
  Checked<void> existence(const Json& details, Rule& out);
  Checked<void> check_effect(const Rule& rule);

  const ParameterSet& parameters_;
  const AliasTable& aliases_;
  std::size_t conditions_ = 0;
  std::size_t most_conditions_ = kMostConditions;
  std::size_t functions_ = 0;
  std::size_t value_counts_ = 0;
  std::unordered_map<std::string, std::size_t> field_counts_;
};

}  // namespace freehold::gate::policy
