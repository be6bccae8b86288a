// Authentication of storage requests: SharedKey and account SAS. Pure functions over values; no I/O.
//
// Sources: "Authorize with Shared Key" and "Create an account SAS" (Azure Storage REST reference). Keeps: A1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "authn/account.h"
#include "authn/identity.h"
#include "base/clock.h"
#include "base/ids.h"
#include "http/message.h"
#include "route/api_error.h"
#include "route/route.h"

namespace freehold::gate {

// What an account SAS allows, after its signature was found right.
struct SasGrant {
  std::string services = {};        // of b, q, t, f
  std::string resource_types = {};  // of s, c, o
  std::string permissions = {};
  std::optional<std::string> ip_range = {};  // "a" or "a-b"
  bool https_only = true;
  WallTime start = {};  // epoch if absent
  WallTime expiry = {};
};

// Who calls, proved how. `pseudonym_source` is what the audit log turns into a pseudonym; never shown.
struct Principal {
  Credential credential = kAnonymous;
  TenantId tenant = {};  // whose credential it is; zero for operators
  std::string pseudonym_source =
      {};  // "key1 of <account id>", "SAS by key2 of <account id>", "uid 0"; empty for anonymous
  std::optional<SasGrant> sas = {};
  std::shared_ptr<const Identity> identity = {};  // of a bearer token; as the directory had it when the request came
  bool only_creates = false;                      // its role lets it make what isn't there, and not overwrite what is
};

// Finds out who calls. A request with no credential is kAnonymous; one that came by the admin socket is kLocalOperator
// and may bring no credential of any other kind. Refusals are Azure's own: 403 AuthenticationFailed with
// AuthenticationErrorDetail, 400 InvalidAuthenticationInfo for an Authorization header that isn't one, 401
// InvalidAuthenticationInfo for a bearer token. SharedKeyLite, service and user delegation SAS are refused as
// AuthenticationFailed. Signatures are compared in constant time and against both keys in every case; x-ms-date (else
// Date) may be off by 15 minutes either way.
[[nodiscard]] ApiResult<Principal> authenticate(const http::Request& request, const Target& target,
                                                const StorageAccount& account, WallTime now);

// The caller behind the admin socket, for requests that concern no account.
[[nodiscard]] Principal local_operator(const http::Request& request);

// Does the principal's credential suffice for the row? For an account SAS: 403 AuthorizationProtocolMismatch,
// AuthorizationSourceIPMismatch, AuthorizationServiceMismatch, AuthorizationResourceTypeMismatch,
// AuthorizationPermissionMismatch. For anonymous callers 401 NoAuthenticationInformation with a challenge (x-ms-version
// 2019-12-12 and later) or 409 PublicAccessNotPermitted. For any other credential that the row doesn't accept 403
// AuthorizationFailure.
[[nodiscard]] ApiResult<> authorise(const Principal& principal, const RouteSpec& route, const http::Request& request);

// "SharedKey", "AccountSas", "Bearer", "Anonymous", "LocalOperator", "SystemJob": as audit records name them.
[[nodiscard]] std::string_view to_string(Credential credential);

}  // namespace freehold::gate
