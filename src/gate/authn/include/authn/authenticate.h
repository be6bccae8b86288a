// Authentication of storage requests: SharedKey, SharedKeyLite and every kind of SAS. Pure functions over values; no
// I/O.
//
// Sources: "Authorize with Shared Key", "Create an account SAS", "Create a service SAS", "Create a user delegation SAS"
// (Azure Storage REST reference). Keeps: A1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "authn/account.h"
#include "authn/container_access.h"
#include "authn/delegation_key.h"
#include "authn/identity.h"
#include "base/clock.h"
#include "base/ids.h"
#include "http/message.h"
#include "route/api_error.h"
#include "route/route.h"

namespace freehold::gate {

// What answers to a SAS shall say instead of what the blob says (rscc, rscd, rsce, rscl, rsct); empty: as the blob
// does.
struct ResponseOverrides {
  std::string cache_control = {};
  std::string content_disposition = {};
  std::string content_encoding = {};
  std::string content_language = {};
  std::string content_type = {};
};

// What a SAS allows, after its signature was found right and its stored policy was read into it.
struct SasGrant {
  std::string services = {};          // account SAS: of b, q, t, f
  std::string resource_types = {};    // account SAS: of s, c, o
  std::string resource = {};          // any other SAS: c, b, bs, bv or d,
  std::string signed_resource = {};   // what its signature holds for: "/blob/acct1/photos/dir/b.png",
  std::string snapshot = {};          // and of bs and bv the one of it
  std::uint64_t directory_depth = 0;  // of d
  std::string permissions = {};
  std::optional<std::string> ip_range = {};  // "a" or "a-b"
  bool https_only = true;
  WallTime start = {};  // epoch if absent
  WallTime expiry = {};
  ResponseOverrides overrides = {};
};

// Who calls, proved how. `pseudonym_source` is what the audit log turns into a pseudonym; never shown.
struct Principal {
  Credential credential = kAnonymous;
  TenantId tenant = {};  // whose credential it is; zero for operators
  std::string pseudonym_source =
      {};  // "key1 of <account id>", "SAS by key2 of <account id>", "uid 0"; empty for anonymous
  std::optional<SasGrant> sas = {};
  std::shared_ptr<const Identity> identity = {};  // of a bearer token; as the directory had it when the request came
  std::string audience = {};                      // of a bearer token: for whom it is meant
  bool only_creates = false;                      // its role lets it make what isn't there, and not overwrite what is
  std::optional<Delegator> delegator = {};  // of a user delegation SAS: it may do no more than this one may itself
  // For anonymous callers: what the container lets them do, and whether the account lets containers do so at all.
  PublicAccess public_access = PublicAccess::kNone;
  bool public_account = false;
};

// Must the container be looked at before authenticate() can say who calls? So for anonymous callers of accounts that
// allow public access, and for SAS that name a stored access policy.
[[nodiscard]] bool needs_container_access(const http::Request& request, const Target& target,
                                          const StorageAccount& account);

// Finds out who calls. A request with no credential is kAnonymous; one that came by the admin socket is kLocalOperator
// and may bring no credential of any other kind. `container` is what needs_container_access() asked for; null if there
// is no such container. Refusals are Azure's own: 403 AuthenticationFailed with AuthenticationErrorDetail, 400
// InvalidAuthenticationInfo for an Authorization header that isn't one, 401 InvalidAuthenticationInfo for a bearer
// token. Signatures are compared in constant time and against both keys in every case; x-ms-date (else Date) may be off
// by 15 minutes either way.
[[nodiscard]] ApiResult<Principal> authenticate(const http::Request& request, const Target& target,
                                                const StorageAccount& account, WallTime now,
                                                const ContainerAccess* container = nullptr);

// The caller behind the admin socket, for requests that concern no account.
[[nodiscard]] Principal local_operator(const http::Request& request);

// Does the principal's credential suffice for the row? For a SAS: 403 AuthorizationProtocolMismatch,
// AuthorizationSourceIPMismatch, AuthorizationServiceMismatch, AuthorizationResourceTypeMismatch,
// AuthorizationPermissionMismatch. For anonymous callers 401 NoAuthenticationInformation with a challenge (x-ms-version
// 2019-12-12 and later), or else 409 PublicAccessNotPermitted or 404 ResourceNotFound. For any other credential that
// the row doesn't accept 403 AuthorizationFailure.
[[nodiscard]] ApiResult<> authorise(const Principal& principal, const RouteSpec& route, const http::Request& request);

// A service or user delegation SAS is good for what it was signed for, also where the request is not the one that
// brought it but a part of that one: else 403 AuthorizationPermissionMismatch. Any other principal passes.
[[nodiscard]] ApiResult<> check_signed_resource(const Principal& principal, const http::Request& request,
                                                const Target& target);

// A user delegation SAS lets nobody do what its delegator may not do now: else, or if `rights` is null because nobody
// can tell, 403 AuthorizationPermissionMismatch. Any other principal passes.
// A delegator who has only the row's lesser action makes the principal one that only creates.
[[nodiscard]] ApiResult<> check_delegator(Principal& principal, const RouteSpec& route, const StorageAccount& account,
                                          const Target& target, const DelegatorRights* rights, const AskedFor& asked);

// "SharedKey", "AccountSas", "ServiceSas", "UserDelegationSas", "Bearer", "Anonymous", "LocalOperator", "SystemJob":
// as audit records name them.
[[nodiscard]] std::string_view to_string(Credential credential);

}  // namespace freehold::gate
