// What a client sends to deploy, and where its links lead: any bytes.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "expression/jsonc.h"
#include "src/deployment_links.h"

using namespace freehold;
using namespace freehold::resources;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto json = gate::expression::read_jsonc(text);
  if (!json) return 0;
  const auto request = deployment_request(std::move(*json));
  if (!request) return 0;
  FH_CHECK(request->document.is_object() != !request->link.empty());
  const TemplateLink outer{.uri = "https://acct1.blob.core.cloud.test/box/main.json"};
  const auto address = link_address(request->link, outer, "cloud.test");
  if (address)
    FH_CHECK(address->starts_with("https://") && address->contains(".blob.") && address->contains("cloud.test"));
  return 0;
}
