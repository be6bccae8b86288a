// Randomness as an interface. Only SystemRandom may make keys, salts, ids and nonces; SeededRandom is for tests.
#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include "base/bytes.h"

namespace freehold {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<char> out) = 0;
  [[nodiscard]] Bytes bytes(std::size_t n);
  [[nodiscard]] std::uint64_t u64();
  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

// The kernel's generator (getrandom), buffered per thread and wiped as it is handed out. Thread-safe. Stops the process
// if the kernel can't supply randomness.
class SystemRandom final : public Random {
 public:
  void fill(std::span<char> out) override;
};

// The same bytes for the same seed. Thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<char> out) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace freehold
