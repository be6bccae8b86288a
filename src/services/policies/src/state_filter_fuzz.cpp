#include <cstdint>

#include "src/state_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const nlohmann::json state = {
      {"resourceId", "/subscriptions/s"}, {"isCompliant", false}, {"n", 3}, {"none", nullptr}};
  const auto filter = freehold::policies::StateFilter::parse(text);
  if (filter) static_cast<void>(filter->matches(state));
  static_cast<void>(freehold::policies::parse_order(text));
  return 0;
}
