// The evaluator: one walk over one expression's tree.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "expression/evaluate.h"
#include "src/function.h"

namespace freehold::gate::expression {

// A value on its way: lent by someone who outlives the evaluation step, or owned.
struct Slot {
  const Json* lent = nullptr;
  Json own = nullptr;

  static Slot lend(const Json& value) { return {.lent = &value, .own = nullptr}; }
  static Slot keep(Json value) { return {.lent = nullptr, .own = std::move(value)}; }
  [[nodiscard]] const Json& get() const { return lent != nullptr ? *lent : own; }
  [[nodiscard]] Json take() { return lent != nullptr ? *lent : std::move(own); }
};

// Lives for one evaluate(); not thread-safe. Its depth on the stack is the expression's, which parsing bounded.
class Evaluator {
 public:
  Evaluator(const Expression& expression, Environment& environment, Budget& budget)
      : expression_(expression), environment_(environment), budget_(budget) {}

  Result<Slot> eval(std::uint32_t index);

 private:
  // The parameters of a lambda that is being applied, innermost last.
  struct Binding {
    std::string_view name;
    const Json* value;
  };
  struct Lambda {
    std::vector<std::string_view> names;
    std::uint32_t body = 0;
  };

  [[nodiscard]] const Node& node(std::uint32_t index) const { return expression_.nodes()[index]; }

  Result<Slot> access(std::uint32_t index);
  Result<Slot> step(Slot target, const Json& key);
  Result<Slot> call(const Node& node);
  Result<Slot> call_plain(const Node& node, const FunctionRow* row);
  Result<Slot> special(const Node& node, std::string_view name);
  Result<Slot> named(const Node& node, std::string_view name);
  Result<Slot> junction(const Node& node, bool stop_at);
  Result<Slot> coalesce(const Node& node);
  Result<Slot> choose(const Node& node);

  // Lambda functions (evaluate_lambda.cpp).
  Result<Slot> over_lambda(const Node& node, std::string_view name);
  Result<Lambda> lambda(const Node& call, std::size_t argument, std::size_t least, std::size_t most);
  Result<Json> apply(const Lambda& lambda, std::span<const Json* const> values);
  Result<bool> holds(const Node& node, const Lambda& lambda, std::span<const Json* const> values);
  Result<Json> filter(const Node& node, const Json& array);
  Result<Json> map(const Node& node, const Json& array);
  Result<Json> map_values(const Node& node, const Json& object);
  Result<Json> reduce(const Node& node, const Json& array);
  Result<Json> sort(const Node& node, const Json& array);
  Result<Json> to_object(const Node& node, const Json& array);
  Result<Json> group_by(const Node& node, const Json& array);

  // Adds to what a loop has made so far, so that it ends before it has made too much.
  Result<void> grow(Weight& made, const Json& value) const;

  const Expression& expression_;
  Environment& environment_;
  Budget& budget_;
  std::vector<Binding> bindings_;
};

}  // namespace freehold::gate::expression
