// One compiled rule held against one resource.
#pragma once

#include <string>
#include <vector>

#include "expression/evaluate.h"
#include "policy/compiled_set.h"
#include "src/rule.h"

namespace freehold::gate::policy {

// The parts of a resource that aren't members of its JSON, as values; made once a decision.
struct ResourceFacts {
  Json type, name, full_name, id;

  static ResourceFacts of(const Target& target);
  static ResourceFacts of_stored(const Json& resource, std::string_view type);
};

// Everything a rule can see. All is lent.
struct Subject {
  const Target* target = nullptr;  // the request, its group and subscription
  const Json* resource = nullptr;  // what field looks into
  const ResourceFacts* facts = nullptr;
  const Json* parameters = nullptr;  // bound values
  const Definition* definition = nullptr;
  const Assignment* assignment = nullptr;
  const Initiative* initiative = nullptr;
  std::string_view reference_id = {};
};

// Not thread-safe; lives for one rule and one resource. Its recursion is the rule's, which compiling bounded.
class Evaluation final : private expression::Environment {
 public:
  Evaluation(const Subject& subject, expression::Budget& budget) : subject_(subject), budget_(budget) {}

  Result<bool> holds(const Condition& condition);
  Result<Json> value(const Term& term);
  // All texts in `json` that are expressions.
  Result<Json> resolved(const Json& json);
  // The expressions that decided the last holds(), if `traced` was set before it.
  void trace() { traced_ = true; }
  [[nodiscard]] std::vector<EvaluatedExpression> take_trace() { return std::move(trace_); }

 private:
  // The element that a count has reached.
  struct Frame {
    const Alias* alias = nullptr;  // of a field count
    std::string_view name;         // of a value count
    const Json* value = nullptr;
  };
  // What a field selects: pointers into the resource or its facts.
  struct Selection {
    bool collection = false;
    std::vector<const Json*> values;  // nullptr: not there
  };

  Result<bool> logical(const Condition& condition);
  Result<bool> field_holds(const Condition& condition);
  Result<bool> value_holds(const Condition& condition);
  Result<bool> count_holds(const Condition& condition);
  Result<std::int64_t> count_field(const Condition& condition);
  Result<std::int64_t> count_value(const Condition& condition);
  Result<std::int64_t> count_over(const Condition& condition, Frame frame, const std::vector<const Json*>& members);

  [[nodiscard]] bool applies(const Field& field) const;
  void select(const Field& field, Selection& out) const;
  void walk(const Json* from, const Path& path, std::size_t step, Selection& out) const;
  Result<Field> named_field(const Term& term);
  void record(bool result, std::string_view kind, std::string expression, const Field* field, const Json* value,
              const Json& target, Operator op);

  // expression::Environment
  Result<const Json*> parameter(std::string_view name) override;
  std::optional<Result<Json>> call(std::string_view name, expression::Arguments arguments,
                                   expression::Budget& budget) override;
  // The published built-ins read tags of groups that may not have them, and compare with "".
  [[nodiscard]] bool absent_is_empty() const override { return true; }
  Result<Json> field_function(expression::Arguments arguments);
  Result<Json> current(expression::Arguments arguments);
  Result<Json> add_days(expression::Arguments arguments) const;
  Result<Json> range_contains(expression::Arguments arguments) const;
  Result<Json> utc_now() const;
  [[nodiscard]] Json request_context() const;
  [[nodiscard]] Json policy() const;

  const Subject& subject_;
  expression::Budget& budget_;
  std::vector<Frame> frames_;
  std::size_t iterations_ = 1;  // of the value counts around this point, multiplied
  bool traced_ = false;
  std::vector<EvaluatedExpression> trace_;
};

}  // namespace freehold::gate::policy
