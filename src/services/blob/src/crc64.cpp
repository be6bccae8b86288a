#include "src/crc64.h"

#include <array>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace freehold::blob {
namespace {

constexpr std::uint64_t kPolynomial = 0x9A6C9329AC4BC9B5ULL;
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t t = 1; t < 8; ++t) {
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xFF];
    }
  }
  return tables;
}

// Eight bytes a step, one table for each of them (Kounavis and Berry, "slicing-by-8").
constexpr Tables kTables = make_tables();

// Without the inversions before and after.
std::uint64_t by_tables(std::uint64_t crc, BytesView data) {
  const auto* p = data.data();
  auto n = data.size();
  for (; n >= 8; n -= 8, p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = kTables[7][word & 0xFF] ^ kTables[6][(word >> 8) & 0xFF] ^ kTables[5][(word >> 16) & 0xFF] ^
          kTables[4][(word >> 24) & 0xFF] ^ kTables[3][(word >> 32) & 0xFF] ^ kTables[2][(word >> 40) & 0xFF] ^
          kTables[1][(word >> 48) & 0xFF] ^ kTables[0][word >> 56];
  }
  for (; n > 0; --n, ++p) crc = kTables[0][(crc ^ static_cast<unsigned char>(*p)) & 0xFF] ^ (crc >> 8);
  return crc;
}

#ifdef __x86_64__
// x^n mod P, reflected: the highest bit is x^0.
constexpr std::uint64_t power(int n) {
  std::uint64_t value = 1ULL << 63;
  for (int i = 0; i < n; ++i) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
  return value;
}

// What 16 bytes become when they move `bits` towards the front: their halves times x^(bits + 64) and x^bits. One power
// less each, since the product of two reflected halves lies one bit lower.
struct Fold {
  std::uint64_t first;
  std::uint64_t second;
};
constexpr Fold fold_over(int bits) { return {power(bits + 63), power(bits - 1)}; }
constexpr int kLanes = 4;
constexpr Fold kFoldLanes = fold_over(kLanes * 128);
constexpr Fold kFoldOne = fold_over(128);

#define FH_WITH_PCLMUL __attribute__((target("pclmul,sse4.1")))

FH_WITH_PCLMUL inline __m128i moved(__m128i block, Fold fold) {
  const __m128i by = _mm_set_epi64x(static_cast<long long>(fold.second), static_cast<long long>(fold.first));
  return _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11));
}

FH_WITH_PCLMUL inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

// Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ": blocks are folded into those behind
// them until 16 bytes are left, which have the same checksum as all before.
FH_WITH_PCLMUL std::uint64_t by_folding(std::uint64_t crc, BytesView data) {
  constexpr std::size_t kStep = kLanes * sizeof(__m128i);
  const char* p = data.data();
  std::array<__m128i, kLanes> lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load(p + i * sizeof(__m128i));
  lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, static_cast<long long>(crc)));
  std::size_t n = data.size() - kStep;
  for (p += kStep; n >= kStep; n -= kStep, p += kStep) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes[i] = _mm_xor_si128(moved(lanes[i], kFoldLanes), load(p + i * sizeof(__m128i)));
    }
  }
  __m128i rest = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) rest = _mm_xor_si128(moved(rest, kFoldOne), lanes[i]);
  std::array<char, sizeof(__m128i)> last;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last.data()), rest);
  return by_tables(by_tables(0, {last.data(), last.size()}), {p, n});
}
#undef FH_WITH_PCLMUL

constexpr std::size_t kWorthFolding = 128;
#endif

}  // namespace

std::uint64_t crc64(std::uint64_t crc, BytesView data) {
#ifdef __x86_64__
  static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (folds && data.size() >= kWorthFolding) return ~by_folding(~crc, data);
#endif
  return ~by_tables(~crc, data);
}

Bytes crc64_bytes(std::uint64_t crc) {
  Bytes bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(crc >> (8 * i));
  return bytes;
}

}  // namespace freehold::blob
