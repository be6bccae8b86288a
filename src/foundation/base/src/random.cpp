#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/secret.h"

namespace freehold {

Bytes Random::bytes(std::size_t n) {
  Bytes out(n, '\0');
  fill(out);
  return out;
}

std::uint64_t Random::u64() {
  std::array<char, 8> raw{};
  fill(raw);
  std::uint64_t value = 0;
  std::memcpy(&value, raw.data(), sizeof value);
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  FH_CHECK(bound > 0);
  const std::uint64_t unbiased = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
  std::uint64_t value = u64();
  while (value >= unbiased) value = u64();
  return value % bound;
}

namespace {

void from_kernel(char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::getrandom(out, size, 0);
    if (n < 0) {
      FH_CHECK(errno == EINTR);
      continue;
    }
    out += n;
    size -= static_cast<std::size_t>(n);
  }
}

// One system call serves many small requests; bytes handed out are wiped here, so none is given twice or read later.
struct Pool {
  std::array<char, 1024> bytes{};
  std::size_t left = 0;
  ~Pool() { wipe(bytes.data(), bytes.size()); }
};

}  // namespace

void SystemRandom::fill(std::span<char> out) {
  thread_local Pool pool;
  if (out.size() > pool.bytes.size() / 4) return from_kernel(out.data(), out.size());
  if (out.size() > pool.left) {
    from_kernel(pool.bytes.data(), pool.bytes.size());
    pool.left = pool.bytes.size();
  }
  char* source = pool.bytes.data() + (pool.left - out.size());
  std::memcpy(out.data(), source, out.size());
  wipe(source, out.size());
  pool.left -= out.size();
}

void SeededRandom::fill(std::span<char> out) {
  const std::lock_guard lock(mutex_);
  for (char& c : out) c = static_cast<char>(engine_() & 0xff);
}

}  // namespace freehold
