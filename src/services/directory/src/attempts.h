// Attempts: how often an address may ask for tokens, and a client or a person from it may fail.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace freehold::directory {

// Counts by name within a window of time. Not thread-safe. Bounded: when too many are remembered, the one whose window
// began first is forgotten.
class WindowCounts {
 public:
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr std::size_t kRemembered = 32'768;

  explicit WindowCounts(std::chrono::seconds window = kWindow) : window_(window) {}
  // Of the window under way; remembers nothing.
  [[nodiscard]] int count(const std::string& key, MonotonicTime now) const;
  int add_one(const std::string& key, MonotonicTime now);
  void forget(const std::string& key);

 private:
  struct Entry {
    std::string key;
    MonotonicTime began;
    int count = 0;
  };
  using Entries = std::list<Entry>;
  const std::chrono::seconds window_;
  Entries entries_;  // the oldest window first
  std::unordered_map<std::string, Entries::iterator> by_key_;
};

// The places from which an account's password was right lately. Not thread-safe. Bounded: only who has a password gets
// an account in here, and the account that came longest ago is forgotten first.
class FamiliarPlaces {
 public:
  static constexpr std::size_t kPlaces = 4;  // of an account, the latest
  static constexpr std::size_t kAccounts = 32'768;

  [[nodiscard]] bool knows(const std::string& account, const std::string& place) const;
  void note(const std::string& account, const std::string& place);

 private:
  struct Entry {
    std::string account;
    std::vector<std::string> places;  // the latest last
  };
  using Entries = std::list<Entry>;
  Entries entries_;  // who came longest ago first
  std::unordered_map<std::string, Entries::iterator> by_account_;
};

// Is the name that was typed somebody's? Names that are nobody's are counted in the same way, so that a lockout doesn't
// tell, but apart: inventing them makes nobody else's failures be forgotten.
enum class NameIs { kNobodys, kSomebodys };

// Owned by DirectoryService. Thread-safe, bounded.
//
// Failures are counted by client and address together: who knows a client's id must not be able to lock it out from
// elsewhere. An IPv6 address counts by its /64, which one host has whole. Only failures are remembered by client, and
// apart from addresses, so that asking in many clients' names makes no lockout be forgotten. Each kind of failure has
// counters of its own, so that no name that somebody types is another kind's key.
class Attempts {
 public:
  explicit Attempts(const Clock& clock) : clock_(clock) {}
  // False: too many lately; come again in retry_after(). Counts the attempt.
  [[nodiscard]] bool may_try(std::string_view address, std::string_view client);
  void failed(std::string_view address, std::string_view client);

  // Hashing a password is dear: so many a minute of a place, whosever they are. Counts the attempt.
  [[nodiscard]] bool may_check_password(std::string_view address);
  // A user's password: few failures from a place; and from all strange places together (those where its owner didn't
  // sign in lately) so many a minute and so many a day. So strangers don't lock it where its owner is at home. Doesn't
  // count the attempt.
  [[nodiscard]] bool may_guess(std::string_view address, std::string_view account, NameIs is);
  void guessed_wrong(std::string_view address, std::string_view account, NameIs is);
  void guessed_right(std::string_view address, std::string_view account);

  // One-time codes of an account, which only who has its password can guess: so many wrong ones in a row within a day,
  // from wherever. Each counts as wrong until it is known to be right.
  [[nodiscard]] bool may_try_code(const std::string& account);
  void right_code(const std::string& account);

  // The codes of devices that people type: so many wrong ones from a place.
  [[nodiscard]] bool may_type_device_code(std::string_view address);
  void typed_wrong_device_code(std::string_view address);

  [[nodiscard]] static std::chrono::seconds retry_after() { return WindowCounts::kWindow; }

 private:
  static constexpr std::chrono::hours kDay{24};
  static constexpr int kTries = 1'200;             // of an address in a window
  static constexpr int kFailures = 20;             // of a client from an address in a window
  static constexpr int kChecks = 60;               // passwords of a place in a window
  static constexpr int kGuesses = 10;              // of an account's password, from an address in a window
  static constexpr int kGuessesOfStrangers = 100;  // of an account's password, from all strange places in a window
  static constexpr int kGuessesOfDay = 500;        // the same in a day
  static constexpr int kWrongCodes = 20;           // of an account, in a day
  static constexpr int kWrongDeviceCodes = 10;     // from a place in a window

  [[nodiscard]] WindowCounts& of_day(NameIs is) {
    return is == NameIs::kSomebodys ? guesses_of_day_ : nobodys_guesses_of_day_;
  }

  const Clock& clock_;
  std::mutex mutex_;
  WindowCounts tries_;
  WindowCounts failures_;
  WindowCounts checks_;
  WindowCounts guesses_;
  WindowCounts guesses_of_strangers_;
  WindowCounts guesses_of_day_{kDay};
  WindowCounts nobodys_guesses_of_day_{kDay};
  WindowCounts codes_{kDay};
  WindowCounts device_codes_;
  FamiliarPlaces familiar_;
};

// "198.51.100.7", or the first 64 bits of an IPv6 address, which one host has whole.
[[nodiscard]] std::string place_of(std::string_view address);

}  // namespace freehold::directory
