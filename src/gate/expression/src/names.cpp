#include "expression/names.h"

#include <array>
#include <bit>

#include "base/bytes.h"
#include "base/encoding.h"
#include "crypto/sha1.h"

namespace freehold::gate::expression {
namespace {

constexpr std::uint32_t kOne = 0x239b961b;
constexpr std::uint32_t kTwo = 0xab0e9789;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

std::uint32_t mixed_one(std::uint32_t k) { return std::rotl(k * kOne, 15) * kTwo; }
std::uint32_t mixed_two(std::uint32_t k) { return std::rotl(k * kTwo, 17) * kOne; }

std::uint32_t finished(std::uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ h >> 16;
}

}  // namespace

std::uint64_t murmur64(std::string_view data) {
  std::uint32_t h1 = 0;
  std::uint32_t h2 = 0;
  const auto length = static_cast<std::uint32_t>(data.size());
  for (; data.size() >= 8; data.remove_prefix(8)) {
    h1 = (std::rotl(h1 ^ mixed_one(little_endian(data.substr(0, 4))), 19) + h2) * 5 + 0x561ccd1b;
    h2 = (std::rotl(h2 ^ mixed_two(little_endian(data.substr(4, 4))), 13) + h1) * 5 + 0x0bcaa747;
  }
  if (!data.empty()) h1 ^= mixed_one(little_endian(data.substr(0, 4)));
  if (data.size() > 4) h2 ^= mixed_two(little_endian(data.substr(4)));
  h1 ^= length;
  h2 ^= length;
  h1 += h2;
  h2 += h1;
  h1 = finished(h1);
  h2 = finished(h2);
  h1 += h2;
  h2 += h1;
  return static_cast<std::uint64_t>(h2) << 32 | h1;
}

std::string unique_string(std::string_view joined) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  auto hash = murmur64(joined);
  std::string out;
  for (int i = 0; i < 13; ++i, hash <<= 5) out += kAlphabet[hash >> 59];
  return out;
}

std::string name_guid(std::string_view joined) {
  static constexpr std::array<unsigned char, 16> kNamespace = {0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd,
                                                               0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30};
  std::string data(kNamespace.begin(), kNamespace.end());
  data += joined;
  auto digest = crypto::sha1(data);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x50);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
  const auto hex = to_hex(BytesView(reinterpret_cast<const char*>(digest.data()), 16));
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' + hex.substr(16, 4) + '-' +
         hex.substr(20);
}

}  // namespace freehold::gate::expression
