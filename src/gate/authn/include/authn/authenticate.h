// Authentication of storage requests: SharedKey and account SAS. Pure functions over values; no I/O.
//
// Sources: "Authorize with Shared Key" and "Create an account SAS" (Azure Storage REST reference). Keeps: A1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "authn/account.h"
#include "base/clock.h"
#include "base/ids.h"
#include "http/message.h"
#include "route/api_error.h"
#include "route/route.h"

namespace freehold::gate {

// What an account SAS allows, after its signature was found right.
struct SasGrant {
  std::string services;        // of b, q, t, f
  std::string resource_types;  // of s, c, o
  std::string permissions;
  std::optional<std::string> ip_range;  // "a" or "a-b"
  bool https_only = true;
  WallTime start;   // epoch if absent
  WallTime expiry;
};

// Who calls, proved how. `pseudonym_source` is what the audit log turns into a pseudonym; never shown.
struct Principal {
  Credential credential = kAnonymous;
  TenantId tenant;
  std::string pseudonym_source;   // "key1 of <account id>", "uid 0"
  std::optional<SasGrant> sas;
};

// Finds out who calls. Refusals are Azure's own: 403 AuthenticationFailed with AuthenticationErrorDetail, 400
// InvalidAuthenticationInfo / MissingRequiredQueryParameter, 401 NoAuthenticationInformation. Signatures are compared in
// constant time; x-ms-date (or Date) may be off by 15 minutes. A request with no credential is kAnonymous.
[[nodiscard]] ApiResult<Principal> authenticate(const http::Request& request, const Target& target,
                                                const StorageAccount& account, WallTime now);

// Does the principal's credential suffice for the row? 403 AuthorizationPermissionMismatch,
// AuthorizationServiceMismatch, AuthorizationResourceTypeMismatch, AuthorizationProtocolMismatch,
// AuthorizationSourceIPMismatch, or 409/404 as Azure for anonymous (404 ResourceNotFound unless public).
[[nodiscard]] ApiResult<> authorise(const Principal& principal, const RouteSpec& route, const http::Request& request);

// The string that SharedKey signs, by the rules of 2015-02-21 and later. For tests and for clients of our own.
[[nodiscard]] std::string shared_key_string_to_sign(const http::Request& request, std::string_view account,
                                                    std::string_view canonical_path);

}  // namespace freehold::gate
