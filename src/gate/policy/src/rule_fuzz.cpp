// Any JSON as a policy definition: it is refused, or compiles and decides about a resource; twice alike.
#include <cstdlib>

#include "expression/jsonc.h"
#include "policy/compiled_set.h"
#include "policy/testing/sample_aliases.h"

using namespace freehold::gate::policy;
namespace expression = freehold::gate::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto properties = expression::read_jsonc({reinterpret_cast<const char*>(data), size}, {.bytes = 50'000});
  if (!properties || !properties->is_object()) return 0;
  const auto definition = Definition::compile("/providers/Microsoft.Authorization/policyDefinitions/p", *properties,
                                              testing::sample_aliases());
  if (!definition) return 0;
  Assignment assignment;
  assignment.scope = "/subscriptions/s";
  const auto set = CompiledSet::build({assignment}, {}, {[&definition](std::string_view) { return *definition; }, {}});
  if (!set) return 0;
  const Json resource = {
      {"location", "a"}, {"tags", {{"t", "1"}}}, {"properties", {{"stringArray", {"a", "b"}}, {"number", 3}}}};
  Target target;
  target.id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Test/resourceType/n";
  target.type = "Microsoft.Test/resourceType";
  target.resource = &resource;
  target.now = expression::ticks_of_unix(1'750'000'000);
  const auto first = (*set)->decide(target);
  const auto second = (*set)->decide(target);
  if (first.denied() != second.denied() || first.resource != second.resource) std::abort();
  static_cast<void>((*set)->scan(target, nullptr));
  return 0;
}
