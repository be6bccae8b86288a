#include "src/api_versions.h"

#include <array>
#include <cstdio>

#include "base/encoding.h"

namespace freehold::blob {

int parse_version(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return 0;
  const auto year = parse_u64(text.substr(0, 4));
  const auto month = parse_u64(text.substr(5, 2));
  const auto day = parse_u64(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return 0;
  const auto version = static_cast<int>(*year * 10000 + *month * 100 + *day);
  return version >= kOldestVersion && version <= kNewestVersion ? version : 0;
}

std::string version_text(int version) {
  std::array<char, 16> text{};
  const int n =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", version / 10000, version / 100 % 100, version % 100);
  return {text.data(), static_cast<std::size_t>(n)};
}

}  // namespace freehold::blob
