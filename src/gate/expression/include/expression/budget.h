// What an evaluation may cost: time in steps, size by value, depth of evaluations inside evaluations. One budget serves
// a whole template or one policy decision, so that nothing grows without end however it is spread over expressions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "expression/json.h"

namespace freehold::gate::expression {

struct Limits {
  std::uint64_t steps = 4'000'000;       // a step is a node evaluated, 4 bytes or a quarter of a node of a result
  std::size_t text_bytes = 1024 * 1024;  // of one text; Azure's largest template has 4 MB, one value of it 1 MB
  std::size_t nodes = 100'000;           // of one value
  std::size_t value_depth = 110;         // of one value; what a body may have and a little around it
  std::size_t nested_evaluations = 64;   // a variable that needs a variable, a user function in an argument of one
};

// Azure Policy, "Limits enforced during evaluation".
inline constexpr Limits kPolicyLimits{
    .steps = 2'000'000, .text_bytes = 131'072, .nodes = 32'768, .value_depth = 128, .nested_evaluations = 64};

// Not thread-safe; made for one template or decision and thrown away. Once it fails it stays failed.
class Budget {
 public:
  explicit Budget(const Limits& limits = {}) : limits_(limits) {}

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] std::uint64_t used() const { return used_; }

  // kExhausted when there are fewer steps left.
  Result<void> spend(std::uint64_t steps);
  // Pays for a value that a function made, and holds it against the limits of one value.
  Result<void> admit(const Json& value);
  // Before a text of that size is made.
  [[nodiscard]] Result<void> admit_text(std::size_t bytes) const;

  // Before values are joined into one.
  [[nodiscard]] Result<void> admit_all(std::span<const Json* const> values) const;

  Result<void> enter();
  void leave() { --nested_; }

 private:
  Limits limits_;
  std::uint64_t used_ = 0;
  std::size_t nested_ = 0;
};

}  // namespace freehold::gate::expression
