// $filter and $select of the activity log: bounded, and what is taken is what was said.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "src/activity_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::insights;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto filter = parse_activity_filter(text)) {
    FH_CHECK(filter->clauses.size() <= kMaxClauses);
    for (const auto& clause : filter->clauses) FH_CHECK(!clause.value.empty() && clause.value.size() <= size);
  }
  if (const auto members = parse_select(text)) FH_CHECK(members->size() <= kMaxSelected);
  return 0;
}
