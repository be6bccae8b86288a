// The objects of a tenant's directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxTenants = 10'000;
inline constexpr std::size_t kMaxServicePrincipals = 20'000;  // a tenant
inline constexpr std::size_t kMaxGroups = 5'000;              // a tenant
inline constexpr std::size_t kMaxMembers = 1'000;             // of one group, directly
inline constexpr std::size_t kMaxGroupsOfPrincipal = 500;     // however deep
inline constexpr std::size_t kMaxSecrets = 20;                // of one service principal
inline constexpr std::size_t kMaxNameBytes = 256;             // Azure AD: strings of 256

using SecretId = Guid<struct ClientSecretTag>;
using DirectoryRoleId = Guid<struct DirectoryRoleTag>;

// "Microsoft Entra built-in roles": Global Administrator.
inline constexpr std::string_view kGlobalAdministrator = "62e90394-69f5-4237-9190-012177145e10";
// The az CLI, a public client that stands in every tenant.
inline constexpr std::string_view kAzureCli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

// A client secret as it is kept: HKDF (RFC 5869) over the secret with a salt of its own. Secrets are made here, 240
// random bits each, and never chosen by people, so there is nothing that a slow hash would protect.
struct ClientSecret {
  SecretId id;
  Bytes salt;             // 16 bytes
  Bytes digest;           // 32 bytes
  std::string hint = {};  // its first three characters, as Azure shows them
  std::optional<WallTime> expiry = {};
};

struct ServicePrincipal {
  PrincipalId object;
  PrincipalId application;  // client id
  std::string name;
  bool enabled = true;
  std::vector<ClientSecret> secrets = {};  // none: a public client
  std::vector<DirectoryRoleId> directory_roles = {};
};

struct Group {
  PrincipalId object;
  std::string name;
  std::vector<PrincipalId> members = {};  // service principals and groups of the tenant
};

}  // namespace freehold::directory
