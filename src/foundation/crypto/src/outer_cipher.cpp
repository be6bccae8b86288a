#include "crypto/outer_cipher.h"

#include <array>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/stream_cipher.h"

namespace freehold::crypto {
namespace {

constexpr BytesView kInfo = "freehold outer chunk";
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

const EVP_CIPHER* chacha20() {
  static const EVP_CIPHER* const cipher = fetched_cipher("ChaCha20");
  return cipher;
}

Secret key_of(const Secret& outer_key, BytesView chunk_id) {
  FH_CHECK(outer_key.size() == kAeadKeyBytes && !chunk_id.empty() && chunk_id.size() <= kMaxChunkIdBytes);
  return hkdf_expand(outer_key.view(), Bytes(kInfo) + Bytes(chunk_id), kAeadKeyBytes);
}

// As OpenSSL has it: the block counter (32 bits, little-endian), then the nonce.
std::array<unsigned char, 16> start_of(std::uint32_t page) {
  std::array<unsigned char, 16> out{};
  for (std::size_t i = 0; i < 4; ++i) out[out.size() - 1 - i] = static_cast<unsigned char>(page >> (8 * i));
  return out;
}

}  // namespace

OuterCipher::OuterCipher(const Secret& outer_key, BytesView chunk_id) : key_(key_of(outer_key, chunk_id)) {}

void OuterCipher::apply(std::uint32_t index, std::span<char> bytes) const {
  FH_CHECK(bytes.size() <= kMostBytes);
  apply_stream(chacha20(), octets(key_.view().data()), start_of(index).data(), 0, bytes);
}

}  // namespace freehold::crypto
