#include "crypto/ctr.h"

#include <cstring>

#include "base/check.h"
#include "src/stream_cipher.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKeyBytes = 32;
using Block = std::array<unsigned char, kBlock>;

const EVP_CIPHER* aes_256_ctr() {
  static const EVP_CIPHER* const cipher = fetched_cipher("AES-256-CTR");
  return cipher;
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
  const Block counter = counter_at(state_->iv, offset / kBlock);
  apply_stream(aes_256_ctr(), state_->key.data(), counter.data(), offset % kBlock, data);
}

}  // namespace freehold::crypto
