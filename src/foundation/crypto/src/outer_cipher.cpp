#include "crypto/outer_cipher.h"

#include <array>
#include <cstring>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr BytesView kInfo = "freehold outer chunk";
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

const EVP_CIPHER* chacha20() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr);
  FH_CHECK(cipher != nullptr);
  return cipher;
}

EVP_CIPHER_CTX* thread_context() {
  thread_local const CipherContextPtr context(EVP_CIPHER_CTX_new());
  FH_CHECK(context != nullptr);
  return context.get();
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
  if (bytes.empty()) return;
  FH_CHECK(bytes.size() <= kMostBytes);
  const auto start = start_of(index);
  EVP_CIPHER_CTX* const context = thread_context();
  FH_CHECK(EVP_EncryptInit_ex(context, chacha20(), nullptr, octets(key_.view().data()), start.data()) == 1);
  int done = 0;
  FH_CHECK(EVP_EncryptUpdate(context, octets(bytes.data()), &done, octets(bytes.data()),
                             static_cast<int>(bytes.size())) == 1);
  FH_CHECK(done == static_cast<int>(bytes.size()));
  // No key outlives its use: the context is keyed with zeros.
  static constexpr std::array<unsigned char, kAeadKeyBytes> kZeros{};
  FH_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, kZeros.data(), kZeros.data()) == 1);
}

}  // namespace freehold::crypto
