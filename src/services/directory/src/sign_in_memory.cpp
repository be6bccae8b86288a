#include "src/sign_in_memory.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/digest.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kCodeBytes = 32;
constexpr std::size_t kUserCodeLetters = 8;
// No vowels, so that no words come out, and nothing that looks like something else (RFC 8628 section 6.1).
constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::chrono::seconds kSweepEvery{10};

// Codes lie here as digests: what memory holds can't be used.
std::string digest_of(std::string_view code) { return Bytes(crypto::view(crypto::sha256(code))); }

std::string as_kept(std::string_view typed) {
  std::string out;
  for (const char c : typed.substr(0, 32)) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (kLetters.find(upper) != kLetters.npos) out += upper;
  }
  return out;
}

}  // namespace

void SignInMemory::forget_old(WallTime now) {
  if (now < swept_ + kSweepEvery && now >= swept_) return;
  swept_ = now;
  std::erase_if(codes_, [now](const auto& entry) { return entry.second.expires <= now; });
  std::erase_if(used_, [now](const auto& entry) { return entry.second <= now; });
  for (auto at = devices_.begin(); at != devices_.end();) {
    // Known a while longer, so that who polls is told that it is over.
    if (at->second.expires + kDeviceLife > now) {
      ++at;
      continue;
    }
    by_user_code_.erase(at->second.user_code);
    const auto place = devices_of_place_.find(at->second.place);
    if (place != devices_of_place_.end() && --place->second == 0) devices_of_place_.erase(place);
    at = devices_.erase(at);
  }
}

std::optional<std::string> SignInMemory::add_code(CodeGrant grant) {
  const std::string code = to_base64url(random_.bytes(kCodeBytes));
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  forget_old(now);
  if (codes_.size() >= kMaxCodes) return std::nullopt;
  codes_.emplace(digest_of(code), Code{.grant = std::move(grant), .expires = now + kCodeLife});
  return code;
}

SignInMemory::TakenCode SignInMemory::take_code(std::string_view code) {
  const std::lock_guard lock(mutex_);
  const auto at = codes_.find(digest_of(code));
  if (at == codes_.end() || at->second.expires <= clock_.now()) return {};
  TakenCode out{.grant = {}, .given = at->second.given, .tenant = at->second.grant.user.tenant};
  if (!std::exchange(at->second.taken, true)) {
    out.grant = at->second.grant;
  } else {
    at->second.replayed = true;
  }
  return out;
}

bool SignInMemory::note_given(std::string_view code, SessionId session) {
  const std::lock_guard lock(mutex_);
  const auto at = codes_.find(digest_of(code));
  if (at == codes_.end()) return true;
  at->second.given = session;
  return !at->second.replayed;
}

std::string SignInMemory::new_user_code() {
  std::string out;
  while (out.size() < kUserCodeLetters) out += kLetters[random_.below(kLetters.size())];
  return out;
}

std::optional<SignInMemory::NewDevice> SignInMemory::add_device(DeviceGrant grant, std::string place) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  forget_old(now);
  const auto known = devices_of_place_.find(place);
  if (devices_.size() >= kMaxDevices) return std::nullopt;
  if (known != devices_of_place_.end() && known->second >= kMaxDevicesOfPlace) return std::nullopt;
  NewDevice out{to_base64url(random_.bytes(kCodeBytes)), new_user_code()};
  const std::string digest = digest_of(out.device_code);
  if (!by_user_code_.emplace(out.user_code, digest).second) return std::nullopt;
  ++devices_of_place_[place];
  devices_.emplace(digest, Device{.grant = std::move(grant),
                                  .user_code = out.user_code,
                                  .place = std::move(place),
                                  .expires = now + kDeviceLife,
                                  .next_poll = now});
  out.user_code.insert(kUserCodeLetters / 2, "-");
  return out;
}

SignInMemory::Device* SignInMemory::find_device(std::string_view user_code, WallTime now) {
  const auto at = by_user_code_.find(as_kept(user_code));
  const auto device = at == by_user_code_.end() ? devices_.end() : devices_.find(at->second);
  if (device == devices_.end() || device->second.expires <= now) return nullptr;
  return device->second.state == DeviceState::kPending ? &device->second : nullptr;
}

std::optional<DeviceGrant> SignInMemory::device_of(std::string_view user_code) {
  const std::lock_guard lock(mutex_);
  const auto* device = find_device(user_code, clock_.now());
  return device == nullptr ? std::nullopt : std::optional(device->grant);
}

bool SignInMemory::answer_device(std::string_view user_code, DeviceState answer, ProvenUser user) {
  const std::lock_guard lock(mutex_);
  auto* device = find_device(user_code, clock_.now());
  if (device == nullptr) return false;
  device->state = answer;
  device->user = std::move(user);
  return true;
}

SignInMemory::Polled SignInMemory::poll_device(std::string_view device_code, PrincipalId application) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  const auto at = devices_.find(digest_of(device_code));
  if (at == devices_.end() || at->second.grant.application != application) return {};
  Device& device = at->second;
  if (device.expires <= now) return {.poll = Poll::kExpired};
  const bool early = now < device.next_poll;
  device.next_poll = now + kPollInterval - std::chrono::seconds(1);  // clients' clocks aren't ours
  if (early) return {.poll = Poll::kSlowDown};
  if (device.state == DeviceState::kPending) return {.poll = Poll::kPending};
  if (device.state == DeviceState::kDeclined) return {.poll = Poll::kDeclined};
  Polled out{.poll = Poll::kApproved, .grant = device.grant, .user = device.user};
  device.expires = now;  // once
  return out;
}

bool SignInMemory::use_once(const std::string& what, WallTime until) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  forget_old(now);
  if (used_.size() >= kMaxRemembered) return false;
  const auto [at, added] = used_.emplace(digest_of(what), until);
  if (!added && at->second <= now) {
    at->second = until;
    return true;
  }
  return added;
}

}  // namespace freehold::directory
