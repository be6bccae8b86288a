#include "src/sign_in_memory.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/one_time_code.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kCodeBytes = 32;
constexpr std::size_t kUserCodeLetters = 8;
// No vowels, so that no words come out, and nothing that looks like something else (RFC 8628 section 6.1).
constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::chrono::seconds kSweepEvery{10};

// Codes lie here as digests: what memory holds can't be used.
std::string digest_of(std::string_view code) { return Bytes(crypto::view(crypto::sha256(code))); }

std::uint64_t step_at(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return static_cast<std::uint64_t>(seconds / crypto::kCodeStep.count());
}

}  // namespace

std::string SignInMemory::letters_of(std::string_view typed) {
  std::string out;
  for (const char c : typed.substr(0, 32)) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (kLetters.find(upper) != kLetters.npos) out += upper;
  }
  return out;
}

std::string SignInMemory::shown_code(std::string letters) {
  if (letters.size() > kUserCodeLetters / 2) letters.insert(kUserCodeLetters / 2, "-");
  return letters;
}

void SignInMemory::forget_old(WallTime now) {
  if (now < swept_ + kSweepEvery && now >= swept_) return;
  swept_ = now;
  std::erase_if(codes_, [now](const auto& entry) { return entry.second.expires <= now; });
  std::erase_if(assertions_, [this, now](const auto& entry) {
    if (entry.second.until > now) return false;
    const auto client = assertions_of_client_.find(entry.second.client);
    if (client != assertions_of_client_.end() && --client->second == 0) assertions_of_client_.erase(client);
    return true;
  });
  const auto hour_ago = step_at(now - std::chrono::hours(1));
  std::erase_if(last_step_, [hour_ago](const auto& entry) { return entry.second < hour_ago; });
  forget_old_devices(now);
}

void SignInMemory::forget_old_devices(WallTime now) {
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
  out.user_code = shown_code(std::move(out.user_code));
  return out;
}

SignInMemory::Device* SignInMemory::find_device(std::string_view user_code, WallTime now) {
  const auto at = by_user_code_.find(letters_of(user_code));
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
  if (device.expires <= now || device.given) return {.poll = Poll::kExpired};
  const bool early = now < device.next_poll;
  device.next_poll = now + kPollInterval - std::chrono::seconds(1);  // clients' clocks aren't ours
  if (early) return {.poll = Poll::kSlowDown};
  if (device.state == DeviceState::kPending) return {.poll = Poll::kPending};
  if (device.state == DeviceState::kDeclined) return {.poll = Poll::kDeclined};
  Polled out{.poll = Poll::kApproved, .grant = device.grant, .user = device.user};
  device.given = true;  // once
  return out;
}

bool SignInMemory::use_step(PrincipalId user, std::uint64_t step) {
  const std::lock_guard lock(mutex_);
  forget_old(clock_.now());
  const auto [at, first] = last_step_.emplace(user, step);
  if (!first && step <= at->second) return false;
  at->second = step;
  return true;
}

bool SignInMemory::use_assertion(const std::string& client, std::string_view id, WallTime until) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  forget_old(now);
  // Over since the request arrived: it may be forgotten already that it was used.
  if (until <= now) return false;
  const std::size_t share = std::min(kMaxAssertionsOfClient, (kMaxAssertions - assertions_.size()) / 8);
  const auto known = assertions_of_client_.find(client);
  if ((known == assertions_of_client_.end() ? 0 : known->second) >= share) return false;
  const bool added = assertions_.emplace(digest_of(client + " " + std::string(id)), Assertion{client, until}).second;
  if (added) ++assertions_of_client_[client];
  return added;
}

}  // namespace freehold::directory
