// What the gate knows of the principals of a directory, and of the tokens by which they prove themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "crypto/rsa.h"

namespace freehold::gate {

// A user or service principal as it is now. Immutable; a change makes a new one.
struct Identity {
  TenantId tenant;
  PrincipalId object;
  PrincipalId application = {};  // a service principal's client id
  bool enabled = true;
  std::vector<PrincipalId> groups = {};  // every group it is in, however deep
};

enum class PrincipalKind : std::uint8_t { kUser, kGroup, kServicePrincipal };

// Implemented by the directory, supplied by app/. Thread-safe, answers from memory.
class IdentityDirectory {
 public:
  virtual ~IdentityDirectory() = default;
  // Null if the tenant has no such principal (any more).
  [[nodiscard]] virtual std::shared_ptr<const Identity> find(TenantId tenant, PrincipalId object) const = 0;
  // Of whatever may be given a role, groups included; nullopt if the tenant has no such thing (any more).
  [[nodiscard]] virtual std::optional<PrincipalKind> kind_of(TenantId tenant, PrincipalId object) const = 0;
};

// Who issues the tokens that are believed. Thread-safe, answers from memory.
class TokenAuthority {
 public:
  virtual ~TokenAuthority() = default;
  // The key that a token names by its `kid`; nullopt: none of ours, or no longer.
  [[nodiscard]] virtual std::optional<crypto::RsaPublicKey> key(std::string_view id) const = 0;
  // Is this `iss` one under which tokens of that tenant are issued here?
  [[nodiscard]] virtual bool issues_as(std::string_view issuer, TenantId tenant) const = 0;
  // Where principals of the tenant sign in, for challenges: "https://login.D:PORT/TENANT", and "common" for the zero
  // tenant. `port` is that by which the caller came (":8443"), or empty.
  [[nodiscard]] virtual std::string tenant_uri(TenantId tenant, std::string_view port) const = 0;
};

}  // namespace freehold::gate
