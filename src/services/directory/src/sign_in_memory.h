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
#include "src/proven_user.h"
#include "src/session_store.h"

namespace freehold::directory {

// What an authorisation code stands for.
struct CodeGrant {
  ProvenUser user;
  PrincipalId application;
  std::string redirect_uri;
  std::string challenge;  // PKCE, S256; empty: none was sent, which only a confidential client may
  std::string scope;
  std::string resource;
  std::string audience;  // what scope and resource come to: what the page named
  std::string nonce;
};

enum class DeviceState { kPending, kApproved, kDeclined };
struct DeviceGrant {
  PrincipalId application;
  std::string application_name;
  std::string scope;
  std::string resource;
  std::string audience;            // as a code's
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
  static constexpr std::size_t kMaxAssertions = 262'144;
  static constexpr std::size_t kMaxAssertionsOfClient = 2'048;

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
  // The letters that count of a code as somebody types it; its letters as they are shown.
  [[nodiscard]] static std::string letters_of(std::string_view typed);
  [[nodiscard]] static std::string shown_code(std::string letters);
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

  // One-time codes go forward: false for a step that is no later than one that the user has used (RFC 6238 section
  // 5.2).
  [[nodiscard]] bool use_step(PrincipalId user, std::uint64_t step);
  // False: the client used an assertion of that id before, or it is over, or the client has too many that aren't. One
  // client's don't crowd out another's: the fewer places are left, the fewer one may hold.
  [[nodiscard]] bool use_assertion(const std::string& client, std::string_view id, WallTime until);

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
    bool given = false;  // its one answer
    ProvenUser user = {};
  };
  struct Assertion {
    std::string client;
    WallTime until;
  };
  void forget_old(WallTime now);
  void forget_old_devices(WallTime now);
  [[nodiscard]] Device* find_device(std::string_view user_code, WallTime now);
  [[nodiscard]] std::string new_user_code();

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<std::string, Code, std::less<>> codes_;      // by digest
  std::map<std::string, Device, std::less<>> devices_;  // by digest of the device code
  std::map<std::string, std::string, std::less<>> by_user_code_;
  std::map<std::string, std::size_t, std::less<>> devices_of_place_;
  std::map<std::string, Assertion, std::less<>> assertions_;  // by digest of client and id
  std::map<std::string, std::size_t, std::less<>> assertions_of_client_;
  std::map<PrincipalId, std::uint64_t> last_step_;  // of one-time codes, by user
  WallTime swept_ = {};
};

}  // namespace freehold::directory
