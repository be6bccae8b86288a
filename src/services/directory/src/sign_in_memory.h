// SignInMemory: sign-ins under way that this process alone knows: authorisation codes, device codes, assertions that
// were used, one-time codes that were used. A restart forgets them, and who was in the middle begins again.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "src/session_store.h"

namespace freehold::directory {

// Who signed in, by what.
struct ProvenUser {
  TenantId tenant;
  PrincipalId user;
  std::vector<std::string> methods;  // `amr`: pwd, and mfa if there was a second factor
};

// What an authorisation code stands for.
struct CodeGrant {
  ProvenUser user;
  PrincipalId application;
  std::string redirect_uri;
  std::string challenge;  // PKCE, S256; empty: none was sent, which only a confidential client may
  std::string scope;
  std::string resource;
  std::string nonce;
};

enum class DeviceState { kPending, kApproved, kDeclined };
struct DeviceGrant {
  PrincipalId application;
  std::string application_name;
  std::string scope;
  std::string resource;
  std::optional<TenantId> tenant;  // as the path named it
};

// Owned by DirectoryService. Thread-safe; bounded.
class SignInMemory {
 public:
  static constexpr std::chrono::minutes kCodeLife{5};
  static constexpr std::chrono::minutes kDeviceLife{15};
  static constexpr std::chrono::seconds kPollInterval{5};
  static constexpr std::size_t kMaxCodes = 20'000;
  static constexpr std::size_t kMaxDevices = 20'000;
  static constexpr std::size_t kMaxDevicesOfPlace = 200;
  static constexpr std::size_t kMaxRemembered = 65'536;

  SignInMemory(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // nullopt: too many are under way.
  [[nodiscard]] std::optional<std::string> add_code(CodeGrant grant);
  struct TakenCode {
    std::optional<CodeGrant> grant;  // nullopt: no such code, over, or used before
    std::optional<SessionId> given;  // used before: what it gave, to be revoked
    TenantId tenant = {};
  };
  // A code is good once: whoever comes second gets nothing and takes away what the first got.
  [[nodiscard]] TakenCode take_code(std::string_view code);
  // What a code that was taken gave. False: it was used again meanwhile, so that what it gave must go.
  [[nodiscard]] bool note_given(std::string_view code, SessionId session);

  struct NewDevice {
    std::string device_code;
    std::string user_code;  // "BCDF-GHJK"
  };
  [[nodiscard]] std::optional<NewDevice> add_device(DeviceGrant grant, std::string place);
  // By the code that a person types, however it is written; nullopt: there is none that waits for an answer.
  [[nodiscard]] std::optional<DeviceGrant> device_of(std::string_view user_code);
  [[nodiscard]] bool answer_device(std::string_view user_code, DeviceState answer, ProvenUser user);
  enum class Poll { kUnknown, kExpired, kSlowDown, kPending, kDeclined, kApproved };
  struct Polled {
    Poll poll = Poll::kUnknown;
    DeviceGrant grant = {};
    ProvenUser user = {};
  };
  // A device that was approved gets its answer once. Only its own client may ask.
  [[nodiscard]] Polled poll_device(std::string_view device_code, PrincipalId application);

  // False: it was used before, or there is no room to remember it.
  [[nodiscard]] bool use_once(const std::string& what, WallTime until);

 private:
  struct Code {
    CodeGrant grant;
    WallTime expires;
    bool taken = false;
    bool replayed = false;
    std::optional<SessionId> given = {};
  };
  struct Device {
    DeviceGrant grant;
    std::string user_code;
    std::string place;
    WallTime expires;
    WallTime next_poll;
    DeviceState state = DeviceState::kPending;
    ProvenUser user = {};
  };
  void forget_old(WallTime now);
  [[nodiscard]] Device* find_device(std::string_view user_code, WallTime now);
  [[nodiscard]] std::string new_user_code();

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<std::string, Code, std::less<>> codes_;      // by digest
  std::map<std::string, Device, std::less<>> devices_;  // by digest of the device code
  std::map<std::string, std::string, std::less<>> by_user_code_;
  std::map<std::string, std::size_t, std::less<>> devices_of_place_;
  std::map<std::string, WallTime, std::less<>> used_;
  WallTime swept_ = {};
};

}  // namespace freehold::directory
