// Progress of long work: one line rewritten in place on a terminal, plain lines (every ten seconds at most) elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace freehold::app {

// Writes to stderr, so that stdout keeps what scripts read. Thread-safe.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // total 0: unknown.
  void update(std::uint64_t done, std::uint64_t total, const std::string& unit);

 private:
  void print(const std::string& text);

  const std::string what_;
  const bool terminal_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_{};
  bool printed_ = false;
};

}  // namespace freehold::app
