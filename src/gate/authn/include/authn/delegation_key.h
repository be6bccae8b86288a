// User delegation keys: what a user delegation SAS is signed with instead of an account key. Keeps: A1, H1.
//
// A key isn't kept anywhere. It is derived, when it is given out (Get User Delegation Key) and when a SAS comes back,
// from a secret that only the region has, the account, and all that the key says of itself. Raising the account's
// delegation epoch therefore revokes all of them at once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "authn/account.h"
#include "authn/asked_for.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "route/route.h"

namespace freehold::gate {

inline constexpr std::chrono::hours kLongestDelegationKey{7 * 24};

// Times are whole seconds; what is below a second doesn't count.
struct DelegationKeyFields {
  PrincipalId object = {};                      // skoid: the delegator
  TenantId tenant = {};                         // sktid: its tenant
  WallTime start = {};                          // skt
  WallTime expiry = {};                         // ske
  std::string service = "b";                    // sks
  std::string version = {};                     // skv: "2021-06-08"
  std::optional<TenantId> delegated_user = {};  // skdutid: the tenant of the one user who may use the SAS
};

// 32 bytes; empty if the account has no delegation secret (its key is withheld). The same fields give the same key.
[[nodiscard]] Secret delegation_key(const StorageAccount& account, const DelegationKeyFields& fields);

// Who signed a user delegation SAS with its key.
struct Delegator {
  PrincipalId object = {};
  TenantId tenant = {};
};

// May a delegator itself do this now? Asked for each request by user delegation SAS, so that a right that is taken away
// is gone from the SAS too. Implemented over RBAC, supplied by app/. Thread-safe, answers from memory.
class DelegatorRights {
 public:
  virtual ~DelegatorRights() = default;
  [[nodiscard]] virtual bool may(const Delegator& who, const StorageAccount& account, const Target& target,
                                 std::string_view data_action, const AskedFor& asked) const = 0;
};

}  // namespace freehold::gate
