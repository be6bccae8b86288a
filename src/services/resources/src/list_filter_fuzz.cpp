// $filter of lists: bounded, and every clause has a field.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/list_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::resources;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto clauses = parse_filter(text);
  if (!clauses) return 0;
  FH_CHECK(clauses->size() <= kMaxClauses);
  for (const auto& clause : *clauses) {
    FH_CHECK(!clause.field.empty() && clause.value.size() <= size);
    static_cast<void>(holds(clause, text));
  }
  return 0;
}
