// Any bytes as JSONC: what is read can be written and read again to the same value.
#include <cstdlib>

#include "expression/jsonc.h"

using namespace freehold::gate::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value =
      read_jsonc({reinterpret_cast<const char*>(data), size}, {.bytes = 100'000, .depth = 50, .nodes = 5'000});
  if (!value) return 0;
  const auto again = read_jsonc(value->dump(), {});
  if (!again || canonical_text(*again) != canonical_text(*value)) std::abort();
  return 0;
}
