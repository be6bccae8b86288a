// The objects of a tenant's directory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "crypto/password_hash.h"
#include "directory/attribute.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxTenants = 10'000;
inline constexpr std::size_t kMaxExternalDirectories = 100;   // of one tenant
inline constexpr std::size_t kMaxUsers = 20'000;              // a tenant, deleted ones included
inline constexpr std::size_t kMaxDevices = 20'000;            // a tenant
inline constexpr std::size_t kMaxApplications = 20'000;       // a tenant, deleted ones included
inline constexpr std::size_t kMaxServicePrincipals = 20'000;  // a tenant, deleted ones included
inline constexpr std::size_t kMaxGroups = 5'000;              // a tenant
inline constexpr std::size_t kMaxMembers = 1'000;             // of one group, directly
inline constexpr std::size_t kMaxGroupsOfPrincipal = 500;     // however deep
inline constexpr std::size_t kMaxSecrets = 20;                // of one application or service principal
inline constexpr std::size_t kMaxCertificates = 10;           // the same
inline constexpr std::size_t kMaxFederated = 20;              // Azure's limit, of one application
inline constexpr std::size_t kMaxNameBytes = 256;             // Azure AD: strings of 256
inline constexpr std::chrono::days kKeepDeleted{30};

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
  std::string name = {};
  std::optional<WallTime> start = {};
};

// A certificate by whose key an application may prove itself.
struct CertificateCredential {
  SecretId id;
  std::string name = {};
  Bytes der;
  Bytes sha1;  // thumbprints of the DER
  Bytes sha256;
  WallTime start;
  WallTime expiry;
};

// An issuer elsewhere whose word is taken for this application. Nothing is ever fetched: the issuer's keys stand here.
struct FederatedCredential {
  SecretId id;
  std::string name;
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  std::string key_set;  // JWKS
  std::string description = {};
};

struct ServicePrincipal {
  PrincipalId object;
  PrincipalId application;  // client id
  std::string name;
  bool enabled = true;
  std::vector<ClientSecret> secrets = {};
  std::vector<DirectoryRoleId> directory_roles = {};
  std::vector<CertificateCredential> certificates = {};
  Attributes attributes = {};
  std::optional<WallTime> created = {};  // absent: by a version that didn't note it
  std::optional<WallTime> deleted = {};
};

// Does it act for a resource? Then it comes and goes with that, nobody signs in as it, and it has nothing to prove
// itself with.
[[nodiscard]] bool is_managed(const ServicePrincipal& principal);

// What its owner registered; who acts is its service principal.
struct Application {
  PrincipalId object;
  PrincipalId application;  // client id
  Attributes attributes = {};
  std::vector<ClientSecret> secrets = {};
  std::vector<CertificateCredential> certificates = {};
  std::vector<FederatedCredential> federated = {};
  std::optional<WallTime> created = {};
  std::optional<WallTime> deleted = {};
};

struct User {
  PrincipalId object;
  std::string puid;  // 16 random hexadecimal digits
  bool enabled = true;
  Attributes attributes = {};  // without personal ones once erased
  std::optional<crypto::PasswordHash> password = {};
  bool must_change_password = false;
  std::shared_ptr<const Secret> one_time_secret = {};  // of TOTP; shared by the user's versions; null: none
  std::vector<DirectoryRoleId> directory_roles = {};
  std::optional<WallTime> created = {};
  std::optional<WallTime> password_changed = {};
  std::optional<WallTime> sessions_from = {};  // refresh tokens of earlier sign-ins are worth nothing
  std::optional<WallTime> deleted = {};
};

// Where somebody's account is who acts in a tenant without one there: a guest, or an application of another tenant.
struct Home {
  TenantId tenant;
  PrincipalId object;
};
// nullopt: the tenant's own, or an invitation that nobody has accepted.
[[nodiscard]] std::optional<Home> home_of(const Attributes& attributes);
void set_home(Attributes& attributes, const Home& home);
// Neither reads the directory, whatever tenant it is, without a directory role.
[[nodiscard]] bool is_guest(const User& user);

// A tenant for people from outside (customers, partners, citizens), apart from the tenant that made it, as Azure AD B2C
// has it: a row of that tenant's directory. Its own users, applications, keys and log; no resources.
struct ExternalDirectory {
  TenantId tenant;
  std::string resource;  // the id of the resource that it is
  std::string domain;    // "customers.freehold.localhost": where its users' names end, and the resource's name
  std::string display_name;
  std::string country;  // two letters
  std::string sku;
  std::string location;
  std::map<std::string, std::string> tags = {};
  Home administrator = {};  // who made it
  std::optional<WallTime> created = {};
};

struct Device {
  PrincipalId object;
  bool enabled = true;
  Attributes attributes = {};
  std::optional<WallTime> created = {};
};

struct Group {
  PrincipalId object;
  std::string name;
  std::vector<PrincipalId> members = {};  // users, devices, service principals and groups of the tenant
  Attributes attributes = {};
  std::optional<WallTime> created = {};
};

}  // namespace freehold::directory
