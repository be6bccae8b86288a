#include "crypto/ctr.h"

#include <cstring>

#include "base/check.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKeyBytes = 32;
using Block = std::array<unsigned char, kBlock>;

const EVP_CIPHER* aes_256_ctr() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  FH_CHECK(cipher != nullptr);
  return cipher;
}

EVP_CIPHER_CTX* thread_context() {
  thread_local const CipherContextPtr context(EVP_CIPHER_CTX_new());
  FH_CHECK(context != nullptr);
  return context.get();
}

// iv + n as one 128-bit big-endian number, modulo 2^128.
Block counter_at(const Block& iv, std::uint64_t n) {
  Block out = iv;
  unsigned carry = 0;
  for (std::size_t i = kBlock; i-- > 0;) {
    const unsigned sum = out[i] + static_cast<unsigned>(n & 0xff) + carry;
    out[i] = static_cast<unsigned char>(sum);
    carry = sum >> 8;
    n >>= 8;
  }
  return out;
}

void run(EVP_CIPHER_CTX* context, unsigned char* data, std::size_t size) {
  constexpr std::size_t kStep = std::size_t{1} << 30;  // lengths are int here
  while (size > 0) {
    const std::size_t take = std::min(size, kStep);
    int done = 0;
    FH_CHECK(EVP_EncryptUpdate(context, data, &done, data, static_cast<int>(take)) == 1);
    data += take;
    size -= take;
  }
}

}  // namespace

struct CtrStream::State {
  std::array<unsigned char, kKeyBytes> key;
  Block iv;
  ~State() { wipe(key.data(), key.size()); }
};

CtrStream::CtrStream(const Secret& key, BytesView iv16) : state_(std::make_unique<State>()) {
  FH_CHECK(key.size() == kKeyBytes && iv16.size() == kBlock);
  std::memcpy(state_->key.data(), key.view().data(), kKeyBytes);
  std::memcpy(state_->iv.data(), iv16.data(), kBlock);
}
CtrStream::~CtrStream() = default;

void CtrStream::apply(std::uint64_t offset, std::span<char> data) const {
  if (data.empty()) return;
  const Block counter = counter_at(state_->iv, offset / kBlock);
  EVP_CIPHER_CTX* context = thread_context();
  FH_CHECK(EVP_EncryptInit_ex(context, aes_256_ctr(), nullptr, state_->key.data(), counter.data()) == 1);
  Block skipped{};
  run(context, skipped.data(), offset % kBlock);
  run(context, octets(data.data()), data.size());
  // No schedule and no key stream outlive their use: the context is keyed with zeros.
  wipe(skipped.data(), skipped.size());
  static constexpr std::array<unsigned char, kKeyBytes> kZeros{};
  FH_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, kZeros.data(), kZeros.data()) == 1);
}

}  // namespace freehold::crypto
