#include "src/stream_cipher.h"

#include <array>

#include "base/check.h"
#include "base/secret.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKeyBytes = 32;

EVP_CIPHER_CTX* thread_context() {
  thread_local const CipherContextPtr context(EVP_CIPHER_CTX_new());
  FH_CHECK(context != nullptr);
  return context.get();
}

void run(EVP_CIPHER_CTX* context, unsigned char* data, std::size_t size) {
  constexpr std::size_t kStep = std::size_t{1} << 30;  // lengths are int here
  while (size > 0) {
    const std::size_t take = std::min(size, kStep);
    int done = 0;
    FH_CHECK(EVP_EncryptUpdate(context, data, &done, data, static_cast<int>(take)) == 1);
    FH_CHECK(done == static_cast<int>(take));
    data += take;
    size -= take;
  }
}

}  // namespace

const EVP_CIPHER* fetched_cipher(const char* name) {
  const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  FH_CHECK(cipher != nullptr);
  return cipher;
}

void apply_stream(const EVP_CIPHER* cipher, const unsigned char* key, const unsigned char* start, std::size_t skip,
                  std::span<char> data) {
  if (data.empty()) return;
  EVP_CIPHER_CTX* const context = thread_context();
  FH_CHECK(EVP_EncryptInit_ex(context, cipher, nullptr, key, start) == 1);
  std::array<unsigned char, kBlock> skipped{};
  FH_CHECK(skip < skipped.size());
  run(context, skipped.data(), skip);
  run(context, octets(data.data()), data.size());
  wipe(skipped.data(), skipped.size());
  static constexpr std::array<unsigned char, kKeyBytes> kZeros{};
  FH_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, kZeros.data(), kZeros.data()) == 1);
}

}  // namespace freehold::crypto
