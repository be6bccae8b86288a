#include "disk/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace freehold::disk {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<std::uint32_t, 256> make_byte_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[i] = crc;
  }
  return table;
}
constexpr auto kByteTable = make_byte_table();

std::uint32_t portable(std::uint32_t state, BytesView bytes) {
  for (const char c : bytes) state = (state >> 8) ^ kByteTable[(state ^ static_cast<std::uint8_t>(c)) & 0xff];
  return state;
}

#if defined(__x86_64__)

// Three streams of this many bytes run side by side, since the instruction takes three cycles but starts one a cycle.
// Four blocks of three leave 256 bytes of a 64 KiB checksum span.
constexpr std::size_t kStreamBytes = 5440;

// Moves a state past kStreamBytes zero bytes: linear over GF(2), so four table look-ups.
class StreamShift {
 public:
  StreamShift() {
    std::array<std::uint32_t, 32> bits{};
    for (std::size_t bit = 0; bit < 32; ++bit) {
      std::uint32_t state = 1u << bit;
      for (std::size_t i = 0; i < kStreamBytes; ++i) state = (state >> 8) ^ kByteTable[state & 0xff];
      bits[bit] = state;
    }
    for (std::size_t byte = 0; byte < 4; ++byte) {
      for (std::size_t value = 0; value < 256; ++value) {
        for (std::size_t bit = 0; bit < 8; ++bit) {
          if ((value >> bit & 1) != 0) tables_[byte][value] ^= bits[byte * 8 + bit];
        }
      }
    }
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t state) const {
    return tables_[0][state & 0xff] ^ tables_[1][state >> 8 & 0xff] ^ tables_[2][state >> 16 & 0xff] ^
           tables_[3][state >> 24];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> tables_{};
};

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) std::uint32_t hardware(std::uint32_t state, BytesView bytes) {
  static const StreamShift shift;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * kStreamBytes; left -= 3 * kStreamBytes, at += 3 * kStreamBytes) {
    std::uint64_t a = state;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    for (std::size_t i = 0; i < kStreamBytes; i += 8) {
      a = _mm_crc32_u64(a, load(at + i));
      b = _mm_crc32_u64(b, load(at + kStreamBytes + i));
      c = _mm_crc32_u64(c, load(at + 2 * kStreamBytes + i));
    }
    const std::uint32_t ab = shift(static_cast<std::uint32_t>(a)) ^ static_cast<std::uint32_t>(b);
    state = shift(ab) ^ static_cast<std::uint32_t>(c);
  }
  std::uint64_t wide = state;
  for (; left >= 8; left -= 8, at += 8) wide = _mm_crc32_u64(wide, load(at));
  state = static_cast<std::uint32_t>(wide);
  for (; left > 0; --left, ++at) state = _mm_crc32_u8(state, static_cast<std::uint8_t>(*at));
  return state;
}

std::uint32_t fastest(std::uint32_t state, BytesView bytes) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  return has_instruction ? hardware(state, bytes) : portable(state, bytes);
}

#else
std::uint32_t fastest(std::uint32_t state, BytesView bytes) { return portable(state, bytes); }
#endif

}  // namespace

std::uint32_t crc32c(BytesView bytes, std::uint32_t before) { return ~fastest(~before, bytes); }
std::uint32_t crc32c_portable(BytesView bytes, std::uint32_t before) { return ~portable(~before, bytes); }

}  // namespace freehold::disk
