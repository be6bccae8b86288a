#include "src/puid.h"

#include "base/encoding.h"

namespace freehold::directory {

std::string make_puid(Random& random) {
  std::string hex = to_hex(random.bytes(8));
  for (char& c : hex) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return hex;
}

}  // namespace freehold::directory
