// Any body of Set Container ACL: refused, or read so that what is written of it is read the same.
#include <cstdint>

#include "base/check.h"
#include "base/encoding.h"
#include "src/acl_xml.h"
#include "src/row_parts.h"
#include "src/xml_text.h"

using namespace freehold;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policies = blob::parse_acl({reinterpret_cast<const char*>(data), size});
  if (!policies) {
    FH_CHECK(policies.error().status == 400);
    return 0;
  }
  FH_CHECK(policies->size() <= blob::kPoliciesPerContainer);
  for (const auto& policy : *policies) {
    if (!is_valid_utf8(policy.id) || !blob::fits_xml(policy.id)) return 0;  // comes back in place of what it was
  }
  const auto again = blob::parse_acl(blob::acl_xml(*policies));
  FH_CHECK(again && *again == *policies);
  return 0;
}
