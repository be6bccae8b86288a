// Any text as an expression: it parses and evaluates to a bounded value, or fails; twice alike.
#include <cstdlib>

#include "base/encoding.h"
#include "src/sample_environment.h"

using namespace freehold::gate::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = "[" + std::string(reinterpret_cast<const char*>(data), size) + "]";
  if (!freehold::is_valid_utf8(text)) return 0;  // what comes from a JSON body always is
  testing::SampleEnvironment environment(Json{{"a", "text"}, {"b", {1, 2, 3}}, {"c", {{"x", 1}}}});
  const Limits limits{.steps = 100'000, .text_bytes = 10'000, .nodes = 5'000};
  Budget budget(limits);
  const auto value = evaluate_text(text, environment, budget);
  if (value) {
    const auto weight = weigh(*value, 10'000);
    if (weight.nodes > limits.nodes || weight.longest_text > limits.text_bytes) std::abort();
  }
  Budget again(limits);
  const auto second = evaluate_text(text, environment, again);
  if (value.has_value() != second.has_value() || (value && canonical_text(*value) != canonical_text(*second)))
    std::abort();
  return 0;
}
