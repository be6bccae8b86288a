#include "src/vault_errors.h"

#include "base/encoding.h"

namespace freehold::vault::vault_errors {
namespace {

ApiError make(int status, std::string_view code, std::string message) {
  return {.status = status, .code = std::string(code), .message = std::move(message)};
}

Refusal refuse(int status, std::string_view code, std::string message) {
  return std::unexpected(make(status, code, std::move(message)));
}

std::string clipped(std::string_view text) { return std::string(text.substr(0, 256)); }

}  // namespace

std::string_view noun(ItemKind kind) {
  switch (kind) {
    case ItemKind::kSecret:
      return "Secret";
    case ItemKind::kKey:
      return "Key";
    case ItemKind::kCertificate:
      return "Certificate";
  }
  return "Item";
}

Refusal bad_parameter(std::string_view message) { return refuse(400, "BadParameter", std::string(message)); }

Refusal invalid_name(std::string_view name) {
  return bad_parameter("The request URI contains an invalid name: " + clipped(name));
}

Refusal key_type_not_supported(std::string_view kty) {
  auto error = make(400, "BadParameter", "Invalid kty value: " + clipped(kty));
  error.fields.emplace_back(kInner, "KeyTypeNotSupported");
  return std::unexpected(std::move(error));
}

Refusal release(int number, std::string_view message) {
  return bad_parameter("AKV.SKR." + std::to_string(number) + ": " + std::string(message));
}

Refusal purge_protected() {
  return std::unexpected(
      forbidden("Operation \"purge\" is not allowed on this vault: purge protection is on.", "ForbiddenByPolicy"));
}

ApiError unauthorized(std::string_view message) { return make(401, "Unauthorized", std::string(message)); }

ApiError forbidden(std::string message, std::string_view inner) {
  auto error = make(403, "Forbidden", std::move(message));
  error.fields.emplace_back(kInner, inner);
  return error;
}

Refusal disabled(ItemKind kind, std::string_view operation) {
  return std::unexpected(
      forbidden("Operation " + std::string(operation) + " is not allowed on a disabled " + to_lower(noun(kind)) + ".",
                std::string(noun(kind)) + "Disabled"));
}

Refusal key_outside_its_time(std::string_view operation, bool expired) {
  return std::unexpected(forbidden("Operation " + std::string(operation) + " is not allowed on " +
                                       (expired ? "an expired key." : "a key that is not yet valid."),
                                   expired ? "KeyExpired" : "KeyNotYetValid"));
}

Refusal not_attested(std::string why) {
  auto error = forbidden("Target environment attestation statement cannot be verified.", "AccessDenied");
  error.detail = std::move(why);
  return std::unexpected(std::move(error));
}

Refusal key_not_for(std::string_view operation) {
  return std::unexpected(
      forbidden("Operation " + std::string(operation) + " is not permitted on this key.", "KeyOperationForbidden"));
}

Refusal forbidden_by_policies(ItemKind kind, std::string_view name, std::string_view policies) {
  return std::unexpected(forbidden(std::string(noun(kind)) + " '" + clipped(name) +
                                       "' was disallowed by policy. Policies: " + std::string(policies) + ".",
                                   "ForbiddenByPolicy"));
}

Refusal not_found(ItemKind kind, std::string_view name) {
  const std::string what(noun(kind));
  return refuse(404, what + "NotFound",
                "A " + to_lower(what) + " with (name/id) " + clipped(name) +
                    " was not found in this key vault. If you recently deleted this " + to_lower(what) +
                    " you may be able to recover it using the correct recovery command.");
}

Refusal deleted_not_found(ItemKind kind, std::string_view name) {
  const std::string what(noun(kind));
  return refuse(404, what + "NotFound", "Deleted " + what + " not found: " + clipped(name));
}

Refusal no_issuer(std::string_view name) {
  return refuse(404, "CertificateIssuerNotFound", "Issuer not found: " + clipped(name));
}

Refusal no_contacts() { return refuse(404, "ContactsNotFound", "Contacts not found"); }

ApiError no_such_vault() { return make(404, "VaultNotFound", "There is no vault of this name, or it was deleted."); }

ApiError no_such_path() { return make(404, "NotFound", "The requested resource was not found."); }

Refusal deleted_but_recoverable(ItemKind kind, std::string_view name) {
  auto error = make(409, "Conflict",
                    std::string(noun(kind)) + " " + clipped(name) +
                        " is currently in a deleted but recoverable state, and its name cannot be reused; in this "
                        "state, the " +
                        to_lower(noun(kind)) + " can only be recovered or purged.");
  error.fields.emplace_back(kInner, "ObjectIsDeletedButRecoverable");
  return std::unexpected(std::move(error));
}

Refusal being_purged(ItemKind kind, std::string_view name) {
  auto error = make(409, "Conflict", std::string(noun(kind)) + " " + clipped(name) + " is currently being purged.");
  error.fields.emplace_back(kInner, "ObjectIsBeingDeleted");
  return std::unexpected(std::move(error));
}

Refusal exists(ItemKind kind, std::string_view name) {
  return refuse(409, "Conflict", std::string(noun(kind)) + " " + clipped(name) + " exists already in this vault.");
}

Refusal conflict() {
  return refuse(409, "Conflict", "Others change the same object at the same time. Please try again.");
}

Refusal too_many_objects() {
  return refuse(409, "Conflict",
                "The tenant has as many secrets, keys and certificates as it may have, with all their versions and the "
                "deleted ones. Please purge some.");
}

Refusal throttled(std::chrono::seconds wait) {
  auto error = make(429, "Throttled",
                    "Request was not processed because too many requests were received. Reason: "
                    "VaultRequestTypeLimitReached");
  error.headers.emplace_back("retry-after", std::to_string(wait.count()));
  return std::unexpected(std::move(error));
}

Refusal closed(std::string why) {
  auto refusal = refuse(503, "ServiceUnavailable",
                        "The key of this vault can't be opened now, and nothing that is in it. Please try again; if "
                        "that doesn't pass, ask the operator of this cloud.");
  refusal.error().detail = std::move(why);
  refusal.error().headers.emplace_back("retry-after", "10");
  return refusal;
}

Refusal not_implemented(std::string_view what) {
  return refuse(501, "NotImplemented", std::string(what) + " is not implemented here.");
}

Refusal of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return bad_parameter(error.message);
    case ErrorCode::kConflict:
      return conflict();
    case ErrorCode::kUnsupported:
      return not_implemented(error.message);
    default:
      break;
  }
  const bool passing =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kExhausted || error.code == ErrorCode::kTimeout;
  auto refusal = passing ? refuse(503, "ServiceUnavailable", "The service is unavailable now. Please try again.")
                         : refuse(500, "InternalServerError", "The server encountered an internal error.");
  refusal.error().detail = error.message + " " + error.detail;
  if (passing) refusal.error().headers.emplace_back("retry-after", "1");
  return refusal;
}

}  // namespace freehold::vault::vault_errors
