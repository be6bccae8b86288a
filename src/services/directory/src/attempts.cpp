#include "src/attempts.h"

#include <arpa/inet.h>

#include <algorithm>

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
  if (found == by_key_.end() || found->second->began + window_ <= now) return 0;
  return found->second->count;
}

int WindowCounts::add_one(const std::string& key, MonotonicTime now) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    const auto at = found->second;
    if (at->began + window_ > now) return ++at->count;
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

void WindowCounts::forget(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  entries_.erase(found->second);
  by_key_.erase(found);
}

bool FamiliarPlaces::knows(const std::string& account, const std::string& place) const {
  const auto found = by_account_.find(account);
  return found != by_account_.end() && std::ranges::find(found->second->places, place) != found->second->places.end();
}

void FamiliarPlaces::note(const std::string& account, const std::string& place) {
  auto found = by_account_.find(account);
  if (found == by_account_.end()) {
    if (entries_.size() >= kAccounts) {
      by_account_.erase(entries_.front().account);
      entries_.pop_front();
    }
    found = by_account_.emplace(account, entries_.insert(entries_.end(), {account, {}})).first;
  }
  entries_.splice(entries_.end(), entries_, found->second);
  auto& places = found->second->places;
  std::erase(places, place);
  if (places.size() >= kPlaces) places.erase(places.begin());
  places.push_back(place);
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

bool Attempts::may_check_password(std::string_view address) {
  const std::lock_guard lock(mutex_);
  return checks_.add_one(place_of(address), clock_.monotonic()) <= kChecks;
}

bool Attempts::may_guess(std::string_view address, std::string_view account, NameIs is) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  const std::string name(account.substr(0, kAccountBytes));
  const std::string place = place_of(address);
  if (guesses_.count(place + " " + name, now) >= kGuesses) return false;
  if (familiar_.knows(name, place)) return true;
  return guesses_of_strangers_.count(name, now) < kGuessesOfStrangers && of_day(is).count(name, now) < kGuessesOfDay;
}

void Attempts::guessed_wrong(std::string_view address, std::string_view account, NameIs is) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  const std::string name(account.substr(0, kAccountBytes));
  const std::string place = place_of(address);
  guesses_.add_one(place + " " + name, now);
  if (familiar_.knows(name, place)) return;
  guesses_of_strangers_.add_one(name, now);
  of_day(is).add_one(name, now);
}

void Attempts::guessed_right(std::string_view address, std::string_view account) {
  const std::lock_guard lock(mutex_);
  familiar_.note(std::string(account.substr(0, kAccountBytes)), place_of(address));
}

bool Attempts::may_try_code(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  if (codes_.count(account, now) >= kWrongCodes) return false;
  codes_.add_one(account, now);
  return true;
}

void Attempts::right_code(const std::string& account) {
  const std::lock_guard lock(mutex_);
  codes_.forget(account);
}

bool Attempts::may_type_device_code(std::string_view address) {
  const std::lock_guard lock(mutex_);
  return device_codes_.count(place_of(address), clock_.monotonic()) < kWrongDeviceCodes;
}

void Attempts::typed_wrong_device_code(std::string_view address) {
  const std::lock_guard lock(mutex_);
  device_codes_.add_one(place_of(address), clock_.monotonic());
}

}  // namespace freehold::directory
