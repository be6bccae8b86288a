// Attempts: how often an address may ask for tokens, and a client from it may fail.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace freehold::directory {

// Counts by name within a window of time. Not thread-safe. Bounded: when too many are remembered, the one whose window
// began first is forgotten.
class WindowCounts {
 public:
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr std::size_t kRemembered = 32'768;

  // Of the window under way; remembers nothing.
  [[nodiscard]] int count(const std::string& key, MonotonicTime now) const;
  int add_one(const std::string& key, MonotonicTime now);

 private:
  struct Entry {
    std::string key;
    MonotonicTime began;
    int count = 0;
  };
  using Entries = std::list<Entry>;
  Entries entries_;  // the oldest window first
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

// Owned by DirectoryService. Thread-safe, bounded.
//
// Failures are counted by client and address together: who knows a client's id must not be able to lock it out from
// elsewhere. An IPv6 address counts by its /64, which one host has whole. Only failures are remembered by client, and
// apart from addresses, so that asking in many clients' names makes no lockout be forgotten.
class Attempts {
 public:
  explicit Attempts(const Clock& clock) : clock_(clock) {}
  // False: too many lately; come again in retry_after(). Counts the attempt.
  [[nodiscard]] bool may_try(std::string_view address, std::string_view client);
  void failed(std::string_view address, std::string_view client);
  // The same for a user's password: fewer failures from an address, and a bound on those from all addresses together,
  // since passwords are guessed and may be asked for from many places. Doesn't count the attempt.
  [[nodiscard]] bool may_guess(std::string_view address, std::string_view account);
  void guessed_wrong(std::string_view address, std::string_view account);
  [[nodiscard]] static std::chrono::seconds retry_after() { return WindowCounts::kWindow; }

 private:
  static constexpr int kTries = 1'200;       // of an address in a window
  static constexpr int kFailures = 20;       // of a client from an address in a window
  static constexpr int kGuesses = 10;        // of an account's password, from an address in a window
  static constexpr int kGuessesOfAll = 100;  // of an account's password, from anywhere in a window

  const Clock& clock_;
  std::mutex mutex_;
  WindowCounts tries_;
  WindowCounts failures_;
  WindowCounts guesses_;
  WindowCounts guesses_of_all_;
};

// "198.51.100.7", or the first 64 bits of an IPv6 address, which one host has whole.
[[nodiscard]] std::string place_of(std::string_view address);

}  // namespace freehold::directory
