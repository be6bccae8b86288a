#include <cstdint>
#include <cstdlib>

#include "src/policy_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = freehold::policies::parse_policy_filter(text);
  if (filter && filter->definition_id.size() > text.size()) std::abort();
  return 0;
}
