#include "src/attempts.h"

#include <arpa/inet.h>

namespace freehold::directory {
namespace {

constexpr std::size_t kClientBytes = 64;  // ids have 36; a longer one is nobody's

// "198.51.100.7", or the first 64 bits of an IPv6 address.
std::string place_of(std::string_view address) {
  std::string text(address);
  unsigned char bytes[16];
  if (inet_pton(AF_INET6, text.c_str(), bytes) != 1) return text;
  return std::string(reinterpret_cast<const char*>(bytes), 8);
}

std::string failure_key(std::string_view address, std::string_view client) {
  return place_of(address) + " " + std::string(client.substr(0, kClientBytes));
}

}  // namespace

Attempts::Count& Attempts::count_of(std::string key) {
  const auto now = clock_.monotonic();
  if (counts_.size() >= kRemembered) {
    std::erase_if(counts_, [now](const auto& entry) { return entry.second.began + kWindow <= now; });
    if (counts_.size() >= kRemembered) counts_.clear();
  }
  Count& count = counts_[std::move(key)];
  if (count.count == 0 || count.began + kWindow <= now) count = {now, 0};
  return count;
}

bool Attempts::may_try(std::string_view address, std::string_view client) {
  const std::lock_guard lock(mutex_);
  if (count_of(failure_key(address, client)).count >= kFailures) return false;
  return ++count_of(place_of(address)).count <= kTries;
}

void Attempts::failed(std::string_view address, std::string_view client) {
  const std::lock_guard lock(mutex_);
  ++count_of(failure_key(address, client)).count;
}

}  // namespace freehold::directory
