// Attempts: how often an address may ask for tokens, and a client from it may fail.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace freehold::directory {

// Owned by DirectoryService. Thread-safe, bounded: when too many are remembered, those of the past are forgotten first
// and then all, so that remembering can't be made to fail.
//
// Failures are counted by client and address together: who knows a client's id must not be able to lock it out from
// elsewhere. An IPv6 address counts by its /64, which one host has whole.
class Attempts {
 public:
  explicit Attempts(const Clock& clock) : clock_(clock) {}
  // False: too many lately; come again in retry_after(). Counts the attempt.
  [[nodiscard]] bool may_try(std::string_view address, std::string_view client);
  void failed(std::string_view address, std::string_view client);
  [[nodiscard]] static std::chrono::seconds retry_after() { return kWindow; }

 private:
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr int kTries = 1'200;  // of an address in a window
  static constexpr int kFailures = 20;  // of a client from an address in a window
  static constexpr std::size_t kRemembered = 32'768;
  struct Count {
    MonotonicTime began;
    int count = 0;
  };
  // The count of the window under way.
  [[nodiscard]] Count& count_of(std::string key);

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Count> counts_;
};

}  // namespace freehold::directory
