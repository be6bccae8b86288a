#include "base/secret.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace freehold {
namespace {

// Not by operator new: the program's own operator delete overwrites too, and one pass over a secret is enough.
char* take(std::size_t size) {
  if (size == 0) return nullptr;
  void* const memory = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc)
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

}  // namespace

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

Secret::Secret(std::size_t size) : data_(take(size)), size_(size) {
  if (size_ > 0) std::memset(data_, 0, size_);
}

Secret::Secret(BytesView bytes) : data_(take(bytes.size())), size_(bytes.size()) {
  if (size_ > 0) std::memcpy(data_, bytes.data(), size_);
}

Secret::~Secret() {
  wipe(data_, size_);
  std::free(data_);  // NOLINT(cppcoreguidelines-no-malloc)
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace freehold
