// The body of Set Blob Service Properties, as any client may send it.
#include <cstdint>

#include "base/check.h"
#include "src/service_properties_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const auto change = parse_service_properties({reinterpret_cast<const char*>(data), size});
  if (!change) return 0;
  ServiceProperties set;
  change->apply(set);
  // What was taken can be written, kept and read back, and is the same again.
  const auto kept = decode_service_properties(encode_service_properties(set));
  FH_CHECK(kept.has_value() && *kept == set);
  const auto again = parse_service_properties(service_properties_xml(set));
  FH_CHECK(again.has_value());
  ServiceProperties read;
  again->apply(read);
  FH_CHECK(read == set);
  return 0;
}
