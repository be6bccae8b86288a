#include "header_order.h"

#include <array>

namespace freehold::gate {
namespace {

constexpr std::string_view kIgnored = "-'";
// RFC 9110's other token characters that aren't letters or digits, as the collation ranks them.
constexpr std::string_view kPunctuation = "!#$%&*.^_`|~+";

// 0: passed over.
constexpr std::array<char, 256> make_weights() {
  std::array<char, 256> weights{};
  weights.fill(1);
  const auto set = [&](char c, int weight) { weights[static_cast<unsigned char>(c)] = static_cast<char>(weight); };
  for (const char c : kIgnored) set(c, 0);
  for (std::size_t i = 0; i < kPunctuation.size(); ++i) set(kPunctuation[i], 2 + static_cast<int>(i));
  for (char c = '0'; c <= '9'; ++c) set(c, 50 + (c - '0'));
  for (char c = 'a'; c <= 'z'; ++c) set(c, 80 + (c - 'a'));
  return weights;
}
constexpr auto kWeights = make_weights();

}  // namespace

std::string collation_key(std::string_view name) {
  std::string key;
  key.reserve(2 * name.size() + 1);
  for (const char c : name) {
    const char weight = kWeights[static_cast<unsigned char>(c)];
    if (weight != 0) key.push_back(weight);
  }
  key.push_back('\0');
  for (const char c : name) key.push_back(kWeights[static_cast<unsigned char>(c)] == 0 ? '\2' : '\1');
  return key;
}

bool collates_before(std::string_view a, std::string_view b) {
  const auto key_a = collation_key(a);
  const auto key_b = collation_key(b);
  return key_a != key_b ? key_a < key_b : a < b;
}

}  // namespace freehold::gate
