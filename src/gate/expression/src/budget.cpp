#include "expression/budget.h"

#include <fmt/format.h>

#include <algorithm>

namespace freehold::gate::expression {
namespace {

constexpr std::size_t kBytesPerStep = 4;
constexpr std::size_t kStepsPerNode = 4;
constexpr std::size_t kTextsPerValue = 4;  // all texts of a value together, in largest texts

}  // namespace

Result<void> Budget::spend(std::uint64_t steps) {
  if (limits_.steps - used_ < steps) {
    used_ = limits_.steps;
    return fail(ErrorCode::kExhausted, "The language expressions take too long to evaluate.");
  }
  used_ += steps;
  return {};
}

Result<void> Budget::admit(const Json& value) {
  if (value.is_primitive() && !value.is_string()) return spend(1);
  const Weight weight = weigh(value, limits_.nodes);
  FH_CHECK_OK(spend(weight.nodes * kStepsPerNode + weight.text_bytes / kBytesPerStep));
  if (weight.nodes > limits_.nodes) {
    return fail(ErrorCode::kExhausted,
                fmt::format("The result of a language expression has more than {} values.", limits_.nodes));
  }
  if (weight.depth > limits_.value_depth) {
    return fail(ErrorCode::kExhausted,
                fmt::format("The result of a language expression is nested deeper than {}.", limits_.value_depth));
  }
  return admit_text(std::max(weight.longest_text, weight.text_bytes / kTextsPerValue));
}

Result<void> Budget::admit_text(std::size_t bytes) const {
  if (bytes <= limits_.text_bytes) return {};
  return fail(ErrorCode::kExhausted,
              fmt::format("The result of a language expression is longer than {} bytes.", limits_.text_bytes));
}

Result<void> Budget::admit_all(std::span<const Json* const> values) const {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  for (const Json* value : values) {
    const Weight weight = weigh(*value, limits_.nodes);
    nodes += weight.nodes;
    bytes += weight.text_bytes;
    if (nodes > limits_.nodes || bytes > limits_.text_bytes * kTextsPerValue) {
      return fail(ErrorCode::kExhausted, "The result of a language expression is too large.");
    }
  }
  return {};
}

Result<void> Budget::enter() {
  if (nested_ >= limits_.nested_evaluations) {
    return fail(ErrorCode::kExhausted, "The language expressions refer to each other too deep, or in a circle.");
  }
  ++nested_;
  return {};
}

}  // namespace freehold::gate::expression
