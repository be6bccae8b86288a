// A policy rule, compiled: what Definition::compile makes and evaluation walks. Immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expression/syntax.h"
#include "policy/definition.h"
#include "src/field.h"
#include "src/operators.h"

namespace freehold::gate::policy {

// A value in a rule: as it stands there, or an expression, or an array or object with expressions somewhere inside.
struct Term {
  Json literal;
  std::unique_ptr<const expression::Expression> whole;  // if all of it is one
  bool mixed = false;                                   // expressions inside
};

struct Condition {
  enum class Kind : std::uint8_t { kAllOf, kAnyOf, kNot, kField, kValue, kFieldCount, kValueCount };
  Kind kind = Kind::kAllOf;
  std::vector<Condition> children;  // of the logical kinds; of a count its where, or nothing
  Field field;                      // kField, kFieldCount, unless subject is an expression
  Term subject;                     // kValue, kValueCount; the name of a field that is an expression
  bool computed_field = false;
  std::string count_name;  // kValueCount
  Operator op = Operator::kEquals;
  Term target;
};

// One entry of append's details, or of modify's operations.
struct ChangeTerm {
  enum class Kind : std::uint8_t { kAppend, kAdd, kAddOrReplace, kRemove };
  Kind kind = Kind::kAppend;
  Term field;
  Term value;
  std::optional<Term> condition;
};

// What auditIfNotExists and deployIfNotExists look for.
struct Existence {
  std::string type;
  Term name;
  Term resource_group;
  Term scope;  // "Subscription", "ResourceGroup"
  std::optional<Condition> condition;
  Json deployment = nullptr;  // as it stands; only the values of its parameters are evaluated
  bool deploys_at_subscription = false;
  Term delay;  // evaluationDelay
};

struct Rule {
  Condition condition;
  Term effect;
  std::vector<ChangeTerm> changes;
  Term conflict_effect;
  std::optional<Existence> existence;
  std::vector<std::string> action_names;  // of denyAction, in lower case
  std::vector<std::string> role_definition_ids;
};

}  // namespace freehold::gate::policy
