// SessionStore: refresh tokens, as families: one sign-in's line of tokens, of which the newest is good once (RFC 9700
// section 4.14.2).
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"

namespace freehold::directory {

using SessionId = Guid<struct SessionTag>;

struct Session {
  SessionId id;
  PrincipalId user;
  PrincipalId application;           // client id
  std::vector<std::string> methods;  // `amr` of the sign-in
  Bytes current;                     // SHA-256 of the newest token's secret
  Bytes previous = {};               // of the one before it
  WallTime rotated;
  WallTime created;
  WallTime expires;
};

// Owned by DirectoryService. Thread-safe once loaded. Rows of a tenant's directory partition, all also in memory; each
// change is durable before it is told.
class SessionStore {
 public:
  static constexpr std::size_t kMaxSessions = 100'000;    // a tenant
  static constexpr std::size_t kMaxSessionsOfUser = 100;  // the oldest goes
  static constexpr std::chrono::days kLife{90};           // since the last use, as Azure's
  // A client whose answer was lost, or two of its processes, come again with the token before: within this time that is
  // no theft.
  static constexpr std::chrono::seconds kGrace{60};

  explicit SessionStore(keys::SealedStore store) : store_(store) {}

  [[nodiscard]] runtime::Task<Result<>> open(TenantId tenant);

  struct Begun {
    SessionId id;
    std::string token;
  };
  // A new family. kExhausted: the tenant has too many.
  [[nodiscard]] runtime::Task<Result<Begun>> begin(TenantId tenant, PrincipalId user, PrincipalId application,
                                                   std::vector<std::string> methods, WallTime now);
  struct Renewed {
    Session session;
    std::string token;
  };
  // The next token for this one. kDenied: it is none (any more), of another client, over, or it was used before: then
  // its whole family is revoked.
  [[nodiscard]] runtime::Task<Result<Renewed>> renew(std::string token, PrincipalId application, WallTime now);
  // The tenant that a token says it is of; nothing is proved by that.
  [[nodiscard]] static std::optional<TenantId> tenant_of(std::string_view token);

  [[nodiscard]] runtime::Task<Result<>> revoke(TenantId tenant, SessionId session);
  [[nodiscard]] runtime::Task<Result<>> revoke_all(TenantId tenant, PrincipalId user);
  // Forgets what is over; at most some hundreds a call.
  [[nodiscard]] runtime::Task<Result<>> forget_old(TenantId tenant, WallTime now);
  [[nodiscard]] std::size_t count(TenantId tenant) const;

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;
  [[nodiscard]] runtime::Task<Result<>> drop(std::shared_ptr<Table> table, std::vector<SessionId> gone);

  keys::SealedStore store_;
  mutable std::shared_mutex mutex_;
  std::map<TenantId, std::shared_ptr<Table>> tables_;
};

}  // namespace freehold::directory
