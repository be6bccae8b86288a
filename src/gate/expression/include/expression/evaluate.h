// Evaluates template expressions. Pure: values in, values out; what an expression needs from outside (parameters,
// resources, the clock) it asks of an Environment.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "expression/budget.h"
#include "expression/json.h"
#include "expression/syntax.h"

namespace freehold::gate::expression {

using Arguments = std::span<const Json* const>;

// What is around an expression. Values lent by parameter() and variable() stay as they are until the environment is
// gone.
//
// An environment may fail with an error of its own, which ends the evaluation and comes out unchanged. So one that
// would have to wait for I/O (reference() of a stored resource) notes what was asked and fails; its owner fetches that
// and evaluates again, as evaluation changes nothing.
class Environment {
 public:
  virtual ~Environment() = default;
  [[nodiscard]] virtual Result<const Json*> parameter(std::string_view name);
  [[nodiscard]] virtual Result<const Json*> variable(std::string_view name);
  // A function that isn't among the pure ones: "reference", "field", "contoso.name"; `name` in lower case. nullopt if
  // there is no such function here.
  [[nodiscard]] virtual std::optional<Result<Json>> call(std::string_view name, Arguments arguments, Budget& budget);
  // Whether a member that an object doesn't have is an empty text, as in policies, rather than an error.
  [[nodiscard]] virtual bool absent_is_empty() const { return false; }
};

// kInvalidArgument: the expression is wrong for these values; kExhausted: the budget; or what the environment failed
// with.
[[nodiscard]] Result<Json> evaluate(const Expression& expression, Environment& environment, Budget& budget);

// Parses and evaluates `text` if it is an expression; else what the text means.
[[nodiscard]] Result<Json> evaluate_text(std::string_view text, Environment& environment, Budget& budget);

// A copy of `value` in which every text that is an expression, names of members too, is evaluated.
[[nodiscard]] Result<Json> resolve(const Json& value, Environment& environment, Budget& budget);

// A function that needs nothing from outside, and with how many arguments: for judging an expression before it runs.
struct FunctionShape {
  std::string_view name;  // in lower case
  std::size_t least = 0;
  std::size_t most = 0;
  bool lambda = false;  // takes or is a lambda: filter, map, lambdaVariables
};
// nullptr if it isn't one of ours; `name` in lower case. parameters() and variables() are among them.
[[nodiscard]] const FunctionShape* find_function(std::string_view lowered_name);

// Errors that an environment makes as well.
[[nodiscard]] Error unknown_function(std::string_view name);
[[nodiscard]] Error wrong_argument_count(std::string_view name, std::size_t least, std::size_t most, std::size_t given);

}  // namespace freehold::gate::expression
