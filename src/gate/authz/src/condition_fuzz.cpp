// Conditions of role assignments: whatever the text, it is refused with a reason or evaluated, and unknown facts never
// make it hold where it asks for them alone.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "authz/condition.h"
#include "base/check.h"

namespace {

using namespace freehold::gate::authz;

class SomeFacts final : public Facts {
 public:
  [[nodiscard]] Fact of(Attribute attribute, std::string_view key) const override {
    if (attribute == Attribute::kPrefix) return {Fact::State::kAbsent, {}};
    return {Fact::State::kKnown, {std::string(key), "value", "2026-01-01"}};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = Condition::compile(text);
  FH_CHECK(compiled.has_value() ? *compiled != nullptr : !compiled.error().empty());
  if (!compiled) return 0;
  const SomeFacts facts;
  const Truth with = (*compiled)->evaluate("microsoft.storage/a", &facts);
  const Truth without = (*compiled)->evaluate("microsoft.storage/a", nullptr);
  // More knowledge never changes what was known, but where it is too much to be read.
  FH_CHECK(without == Truth::kUnknown || with == Truth::kUnknown || without == with);
  return 0;
}
