// A condition as a tree. Internal to gate/authz.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authz/condition.h"

namespace freehold::gate::authz {

[[nodiscard]] inline Truth truth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }
// What isn't known isn't known to be otherwise either.
[[nodiscard]] inline Truth negation(Truth value) {
  return value == Truth::kUnknown ? value : truth(value == Truth::kFalse);
}

enum class ValueKind : std::uint8_t { kString, kNumber, kBool };

// A literal, a list of them, or an attribute.
struct Operand {
  std::optional<Attribute> attribute = {};
  std::string key = {};                  // of a tag
  std::vector<std::string> values = {};  // of literals, as written; strings with their backslashes
  ValueKind kind = ValueKind::kString;   // of literals
  bool list = false;
};

enum class Family : std::uint8_t { kString, kNumeric, kDateTime, kBool, kGuid };
enum class Relation : std::uint8_t { kEquals, kStartsWith, kLike, kLess, kLessEquals, kGreater, kGreaterEquals };
// How a left side's values are held against a right side's: "ForAnyOfAllValues" is any of the left to all of the right.
enum class Quantifier : std::uint8_t { kSingle, kAnyOfAny, kAllOfAny, kAnyOfAll, kAllOfAll };

struct Operator {
  Quantifier quantifier = Quantifier::kSingle;
  Family family = Family::kString;
  Relation relation = Relation::kEquals;
  bool negated = false;
  bool ignore_case = false;
};
// nullopt: there is no such operator. In any case.
[[nodiscard]] std::optional<Operator> find_operator(std::string_view name);

struct Condition::Node {
  enum class Kind : std::uint8_t { kAnd, kOr, kNot, kAction, kSubOperation, kExists, kCompare };
  Kind kind = Kind::kAnd;
  std::vector<std::unique_ptr<const Node>> children = {};  // of kAnd, kOr, kNot
  std::string text = {};                                   // a pattern of actions, in lower case; a suboperation
  Operand left = {};                                       // of kExists and kCompare
  Operator op = {};
  Operand right = {};
};

// Null: the fault is in `fault`.
[[nodiscard]] std::unique_ptr<const Condition::Node> parse_condition(std::string_view text, std::string& fault);

// What an evaluation may still look at, in bytes about. Where nothing is left, nothing is said.
using Effort = std::size_t;
// As the operator has it; kUnknown where a value isn't one of its kind, or the effort is spent.
[[nodiscard]] Truth compare(const Operator& op, const std::string& left, const std::string& right, Effort& left_over);
// `*` any text, `?` one character, and either as itself behind a backslash. False, with nothing left over: not known.
[[nodiscard]] bool matches_like(std::string_view pattern, std::string_view text, Effort& left_over);

}  // namespace freehold::gate::authz
