#include "crypto/one_time_code.h"

#include <openssl/hmac.h>

#include "base/check.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::uint32_t kCodes = 1'000'000;
constexpr std::size_t kDigits = 6;
constexpr std::size_t kMaxBase32 = 256;
constexpr std::size_t kMinSecret = 16;  // RFC 4226 section 4, R6

}  // namespace

// RFC 4226 section 5.3.
std::string one_time_code(const Secret& secret, std::uint64_t step) {
  Bytes message;
  append_u64(message, step);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FH_CHECK(HMAC(EVP_sha1(), secret.view().data(), static_cast<int>(secret.size()), octets(message.data()),
                message.size(), mac, &size) != nullptr);
  FH_CHECK(size == 20);
  const std::size_t at = mac[19] & 0x0fu;
  const std::uint32_t number = (std::uint32_t{mac[at]} & 0x7fu) << 24 | std::uint32_t{mac[at + 1]} << 16 |
                               std::uint32_t{mac[at + 2]} << 8 | std::uint32_t{mac[at + 3]};
  std::string digits = std::to_string(number % kCodes);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> step_of_code(const Secret& secret, std::string_view code, WallTime now) {
  if (code.size() != kDigits) return std::nullopt;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto present = static_cast<std::uint64_t>(seconds / kCodeStep.count());
  std::optional<std::uint64_t> found;
  for (std::uint64_t step = present - 1; step <= present + 1; ++step) {
    if (constant_time_equal(one_time_code(secret, step), code)) found = step;
  }
  return found;
}

std::optional<Secret> secret_from_base32(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() * 5 / 8 < kMinSecret || text.size() > kMaxBase32) return std::nullopt;
  Secret out(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t at = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<std::uint32_t>(c - 'a');
    } else if (c >= '2' && c <= '7') {
      value = static_cast<std::uint32_t>(c - '2') + 26;
    } else {
      return std::nullopt;
    }
    bits = (bits << 5 | value) & 0xfffu;
    count += 5;
    if (count >= 8) {
      count -= 8;
      out.span()[at++] = static_cast<char>(bits >> count & 0xffu);
    }
  }
  return out;
}

}  // namespace freehold::crypto
