#include "base/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

namespace freehold {

void wipe(void* data, std::size_t size) {
  if (size > 0) ::explicit_bzero(data, size);  // OPENSSL_cleanse goes by eight bytes
}

void wipe(Bytes& bytes) {
  bytes.resize(bytes.capacity());
  wipe(bytes.data(), bytes.size());
  bytes.clear();
}

bool constant_time_equal(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Secret::Secret(std::size_t size) : data_(size > 0 ? new char[size]() : nullptr), size_(size) {}

Secret::Secret(BytesView bytes) : Secret(bytes.size()) {
  if (size_ > 0) std::memcpy(data_, bytes.data(), size_);
}

Secret::~Secret() {
  wipe(data_, size_);
  delete[] data_;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace freehold
