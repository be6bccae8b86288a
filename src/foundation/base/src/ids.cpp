#include "base/ids.h"

#include "base/encoding.h"
#include "base/random.h"

namespace freehold::detail {

std::string guid_text(const std::array<std::uint8_t, 16>& bytes) {
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, "-");
  return text;
}

std::optional<std::array<std::uint8_t, 16>> parse_guid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits.push_back(text[i]);
  }
  const auto raw = from_hex(digits);
  if (!raw) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>((*raw)[i]);
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
