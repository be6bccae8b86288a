#include "crypto/secret_shares.h"

#include <array>

namespace freehold::crypto {
namespace {

constexpr std::uint32_t kPrime = 257;

// Of x < 2^16: 256 is -1 modulo 257, so x = 256 a + b is b - a; a negative one gets the prime added, without a branch.
std::uint32_t reduce(std::uint32_t x) {
  const std::uint32_t difference = (x & 0xff) - (x >> 8);
  return difference + ((0 - (difference >> 31)) & kPrime);
}

// Of numbers below 257. 256 * 256 has 17 bits and is its own case in no other way than the rest.
std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t product = a * b;  // at most 2^16
  return reduce((product & 0xffff) + (product >> 16));
}

std::uint32_t add(std::uint32_t a, std::uint32_t b) { return reduce(a + b); }
std::uint32_t subtract(std::uint32_t a, std::uint32_t b) { return reduce(a + kPrime - b); }

// x^255 = 1 / x (Fermat).
std::uint32_t invert(std::uint32_t x) {
  std::uint32_t power = x;
  for (int i = 0; i < 7; ++i) power = multiply(multiply(power, power), x);
  return power;
}

// Evenly distributed in 0..256: the 64 bits are many more than the nine wanted, so that what the remainder favours is
// less than 2^-54.
std::uint32_t random_number(Random& random) {
  std::array<char, 8> bytes{};
  random.fill(bytes);
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  wipe(bytes.data(), bytes.size());
  return static_cast<std::uint32_t>(number % kPrime);
}

std::uint32_t word_at(const Secret& share, std::size_t index) {
  const auto view = share.view();
  return static_cast<unsigned char>(view[2 * index]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(view[2 * index + 1])) << 8;
}

void put_word(Secret& share, std::size_t index, std::uint32_t word) {
  share.span()[2 * index] = static_cast<char>(word & 0xff);
  share.span()[2 * index + 1] = static_cast<char>(word >> 8);
}

std::unexpected<Error> no_shares() { return fail(ErrorCode::kInvalidArgument, "they are no shares of one secret"); }

}  // namespace

Result<std::vector<Secret>> share_secret(const Secret& secret, unsigned count, unsigned required, Random& random) {
  if (required < kLeastRequiredShares || required > count || count > kMostShares || secret.empty() ||
      secret.size() > kMaxSharedBytes) {
    return fail(ErrorCode::kInvalidArgument, "a secret can't be shared so");
  }
  std::vector<Secret> shares;
  for (unsigned i = 0; i < count; ++i) shares.emplace_back(2 * secret.size());
  std::array<std::uint32_t, kMostShares> coefficients{};
  for (std::size_t at = 0; at < secret.size(); ++at) {
    // New ones for each byte: two bytes on one polynomial would tell their difference.
    for (unsigned i = 1; i < required; ++i) coefficients[i] = random_number(random);
    coefficients[0] = static_cast<unsigned char>(secret.view()[at]);
    for (std::uint32_t x = 1; x <= count; ++x) {
      std::uint32_t value = 0;
      for (unsigned i = required; i-- > 0;) value = add(multiply(value, x), coefficients[i]);
      put_word(shares[x - 1], at, x << 9 | value);
    }
  }
  wipe(coefficients.data(), sizeof coefficients);
  return shares;
}

Result<Secret> join_shares(const std::vector<Secret>& shares, unsigned required) {
  if (required < kLeastRequiredShares || shares.size() < required || shares[0].empty() || shares[0].size() % 2 != 0 ||
      shares[0].size() > 2 * kMaxSharedBytes) {
    return no_shares();
  }
  std::array<std::uint32_t, kMostShares> places{};
  if (required > kMostShares) return no_shares();
  for (unsigned i = 0; i < required; ++i) {
    if (shares[i].size() != shares[0].size()) return no_shares();
    places[i] = word_at(shares[i], 0) >> 9;
    if (places[i] == 0) return no_shares();
    for (unsigned j = 0; j < i; ++j) {
      if (places[j] == places[i]) return no_shares();
    }
  }
  Secret out(shares[0].size() / 2);
  for (std::size_t at = 0; at < out.size(); ++at) {
    std::uint32_t sum = 0;
    for (unsigned i = 0; i < required; ++i) {
      const std::uint32_t word = word_at(shares[i], at);
      if (word >> 9 != places[i]) return no_shares();
      // Lagrange's polynomial at 0: the share's value times x_j / (x_j - x_i) for every other one.
      std::uint32_t above = 1;
      std::uint32_t below = 1;
      for (unsigned j = 0; j < required; ++j) {
        if (i == j) continue;
        above = multiply(above, places[j]);
        below = multiply(below, subtract(places[j], places[i]));
      }
      sum = add(sum, multiply(multiply(above, invert(below)), reduce(word & 0x1ff)));
    }
    out.span()[at] = static_cast<char>(sum & 0xff);
  }
  return out;
}

}  // namespace freehold::crypto
