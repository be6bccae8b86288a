// Filters of Graph's lists: what is taken can be asked of any object.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "src/odata_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  static const nlohmann::json object = {{"id", "a"},
                                        {"accountEnabled", true},
                                        {"mail", nullptr},
                                        {"tags", {"x", "y"}},
                                        {"web", {{"redirectUris", {"https://a"}}}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = directory::ODataFilter::parse(text);
  if (!filter) return 0;
  const auto matches = [](const directory::ODataFilter& asked) {
    std::uint64_t steps = directory::kMaxFilterSteps;
    const auto found = asked.matches(object, steps);
    FH_CHECK(found.has_value());
    return *found;
  };
  const bool yes = matches(*filter);
  const auto opposite = directory::ODataFilter::parse("not (" + std::string(text) + ")");
  if (opposite) FH_CHECK(matches(*opposite) != yes);
  return 0;
}
