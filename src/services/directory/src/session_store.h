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
  std::string audience;              // that was agreed to; empty: by a version that didn't note it
  Bytes current;                     // SHA-256 of the newest token's secret
  struct Superseded {
    Bytes digest;
    WallTime at;
  };
  std::vector<Superseded> superseded = {};  // the latest tokens before it, the oldest first
  WallTime rotated;
  WallTime created;
  WallTime expires;
};

// Owned by DirectoryService. Thread-safe once loaded. Rows of a tenant's directory partition, all also in memory; each
// change is durable before it is told.
class SessionStore {
 public:
  static constexpr std::size_t kMaxSessions = 100'000;    // a tenant
  static constexpr std::size_t kMaxSessionsOfUser = 100;  // whose token was used longest ago goes
  static constexpr std::chrono::days kLife{90};           // since the last use, as Azure's
  // A client whose answer was lost, or several of its processes, come again with a token before: within this time of
  // when it was replaced that is no theft.
  static constexpr std::chrono::seconds kGrace{60};
  static constexpr std::size_t kMaxSuperseded = 16;  // good at once, besides the newest

  explicit SessionStore(keys::SealedStore store) : store_(store) {}

  [[nodiscard]] runtime::Task<Result<>> open(TenantId tenant);

  struct Begun {
    SessionId id;
    std::string token;
  };
  struct NewSession {
    PrincipalId user;
    PrincipalId application;
    std::vector<std::string> methods;
    std::string audience;
    WallTime created;  // when the user proved who they are
  };
  // A new family. Where a user or the tenant has too many, those go whose tokens were used longest ago.
  [[nodiscard]] runtime::Task<Result<Begun>> begin(TenantId tenant, NewSession asked, WallTime now);
  // The session that a token says it is of; nothing is proved by that.
  [[nodiscard]] std::optional<Session> look(std::string_view token) const;
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
  // No token of the tenant is good any more, and none is made, until it is opened again. Its rows stay.
  [[nodiscard]] runtime::Task<Result<>> close(TenantId tenant);

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;
  // Has the turn of the table.
  [[nodiscard]] runtime::Task<Result<>> make_room(std::shared_ptr<Table> table, WallTime now);
  [[nodiscard]] runtime::Task<Result<>> drop(std::shared_ptr<Table> table, std::vector<SessionId> gone);

  keys::SealedStore store_;
  mutable std::shared_mutex mutex_;
  std::map<TenantId, std::shared_ptr<Table>> tables_;
};

}  // namespace freehold::directory
