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
  const bool yes = filter->matches(object);
  const auto opposite = directory::ODataFilter::parse("not (" + std::string(text) + ")");
  if (opposite) FH_CHECK(opposite->matches(object) != yes);
  return 0;
}
