// Scopes and resources: whatever is accepted names a host that is ours or Azure's, over https.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"
#include "src/audience_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  static const directory::AudienceRules rules{"freehold.localhost", {"blob.core.freehold.localhost"}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& found : {directory::audience_of_scope(rules, text), directory::audience_of_resource(rules, text)}) {
    if (!found) continue;
    FH_CHECK(found->size() <= 1'024 && !found->contains(' ') && !found->contains('@'));
    FH_CHECK(found->size() == 36 || equals_ignoring_case(std::string_view(*found).substr(0, 8), "https://"));
  }
  return 0;
}
