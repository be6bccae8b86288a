#include "src/attempts.h"

#include <arpa/inet.h>

namespace freehold::directory {
namespace {

constexpr std::size_t kClientBytes = 64;  // ids have 36; a longer one is nobody's

std::string failure_key(std::string_view address, std::string_view client) {
  return place_of(address) + " " + std::string(client.substr(0, kClientBytes));
}

constexpr std::size_t kAccountBytes = 128;  // user principal names have 113

}  // namespace

std::string place_of(std::string_view address) {
  std::string text(address);
  unsigned char bytes[16];
  if (inet_pton(AF_INET6, text.c_str(), bytes) != 1) return text;
  return std::string(reinterpret_cast<const char*>(bytes), 8);
}

int WindowCounts::count(const std::string& key, MonotonicTime now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->began + kWindow <= now) return 0;
  return found->second->count;
}

int WindowCounts::add_one(const std::string& key, MonotonicTime now) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    const auto at = found->second;
    if (at->began + kWindow > now) return ++at->count;
    *at = {key, now, 1};
    entries_.splice(entries_.end(), entries_, at);
    return 1;
  }
  if (entries_.size() >= kRemembered) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
  by_key_[key] = entries_.insert(entries_.end(), {key, now, 1});
  return 1;
}

bool Attempts::may_try(std::string_view address, std::string_view client) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (tries_.add_one(place_of(address), now) > kTries) return false;
  return failures_.count(failure_key(address, client), now) < kFailures;
}

void Attempts::failed(std::string_view address, std::string_view client) {
  const std::lock_guard lock(mutex_);
  failures_.add_one(failure_key(address, client), clock_.monotonic());
}

bool Attempts::may_guess(std::string_view address, std::string_view account) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  const std::string name(account.substr(0, kAccountBytes));
  return guesses_.count(place_of(address) + " " + name, now) < kGuesses &&
         guesses_of_all_.count(name, now) < kGuessesOfAll;
}

void Attempts::guessed_wrong(std::string_view address, std::string_view account) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  const std::string name(account.substr(0, kAccountBytes));
  guesses_.add_one(place_of(address) + " " + name, now);
  guesses_of_all_.add_one(name, now);
}

}  // namespace freehold::directory
