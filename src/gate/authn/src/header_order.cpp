#include "header_order.h"

#include <algorithm>
#include <cstddef>

namespace freehold::gate {
namespace {

constexpr std::string_view kIgnored = "-'";
// RFC 9110's other token characters that aren't letters or digits, as the collation ranks them.
constexpr std::string_view kPunctuation = "!#$%&*.^_`|~+";

int weight(char c) {
  if (c >= 'a' && c <= 'z') return 200 + (c - 'a');
  if (c >= '0' && c <= '9') return 100 + (c - '0');
  auto at = kPunctuation.find(c);
  return at == std::string_view::npos ? 1 : 2 + static_cast<int>(at);
}

// The next character that counts, or npos.
std::size_t next_weighed(std::string_view name, std::size_t from) { return name.find_first_not_of(kIgnored, from); }

}  // namespace

bool collates_before(std::string_view a, std::string_view b) {
  auto i = next_weighed(a, 0);
  auto j = next_weighed(b, 0);
  while (i != std::string_view::npos && j != std::string_view::npos) {
    if (a[i] != b[j]) return weight(a[i]) < weight(b[j]);
    i = next_weighed(a, i + 1);
    j = next_weighed(b, j + 1);
  }
  if (i != j) return i == std::string_view::npos;  // one is the beginning of the other
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    bool ignored_a = kIgnored.contains(a[k]);
    bool ignored_b = kIgnored.contains(b[k]);
    if (ignored_a != ignored_b) return ignored_b;
  }
  return a < b;
}

}  // namespace freehold::gate
