// Names and filters as a directory's administrator, or who owns an entry, could write them.
#include <cstdint>
#include <cstdlib>

#include "ldap/names.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(freehold::ldap::is_filter(text));
  const auto name = freehold::ldap::comparable_name(text);
  // The one form is its own one form.
  if (name && freehold::ldap::comparable_name(*name) != name) std::abort();
  return 0;
}
