#include "base/ids.h"

#include "base/random.h"
#include "src/hex.h"

namespace freehold::detail {
namespace {

constexpr std::size_t kGuidText = 36;
// Where each octet's two digits stand among the hyphens.
constexpr std::array<std::uint8_t, 16> kPlaces = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace

std::string guid_text(const std::array<std::uint8_t, 16>& bytes) {
  std::string text(kGuidText, '-');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[kPlaces[i]] = kHexDigits[bytes[i] >> 4];
    text[kPlaces[i] + 1] = kHexDigits[bytes[i] & 15];
  }
  return text;
}

std::optional<std::array<std::uint8_t, 16>> parse_guid(std::string_view text) {
  if (text.size() != kGuidText) return std::nullopt;
  for (const std::size_t at : {8, 13, 18, 23}) {
    if (text[at] != '-') return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(text[kPlaces[i]]);
    const int low = hex_value(text[kPlaces[i] + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return bytes;
}

std::array<std::uint8_t, 16> random_guid(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill({reinterpret_cast<char*>(bytes.data()), bytes.size()});
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return bytes;
}

}  // namespace freehold::detail
