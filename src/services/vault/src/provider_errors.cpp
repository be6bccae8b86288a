#include "src/provider_errors.h"

namespace freehold::vault::provider_errors {
namespace {

Refusal refuse(int status, std::string_view code, std::string message) {
  return std::unexpected(gate::ApiError{.status = status, .code = std::string(code), .message = std::move(message)});
}

// What a caller sent, in a sentence: no more of it than a name can have.
std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 128)) + "'"; }

}  // namespace

Refusal bad_request(std::string_view message) { return refuse(400, "BadRequest", std::string(message)); }

Refusal unsupported(std::string_view name, std::string_view why) {
  return refuse(400, "FeatureNotSupported", quoted(name) + " is not supported: " + std::string(why));
}

Refusal name_invalid(std::string_view name) {
  return refuse(400, "VaultNameNotValid",
                "The vault name " + quoted(name) +
                    " is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin "
                    "with a letter, end with a letter or digit, and not contain consecutive hyphens.");
}

Refusal wrong_tenant() {
  return refuse(400, "BadRequest",
                "An invalid value was provided for 'tenantId': it must be the tenant of the vault's subscription.");
}

Refusal deleted_vault_not_found(std::string_view name) {
  return refuse(404, "DeletedVaultNotFound", "The specified deleted vault " + quoted(name) + " does not exist.");
}

Refusal vault_not_found(std::string_view name) {
  return refuse(404, "ResourceNotFound", "The vault " + quoted(name) + " was not found.");
}

Refusal purge_not_allowed() {
  return refuse(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed: the vault is protected.");
}

Refusal name_taken(std::string_view name) {
  return refuse(409, "VaultAlreadyExists",
                "The vault name " + quoted(name) +
                    " is already in use. Vault names are unique over the whole cloud, so that the name may be taken by "
                    "somebody else, or by a vault that was deleted and is not purged yet.");
}

Refusal in_deleted_state(std::string_view name) {
  return refuse(409, "ConflictError",
                "A vault with the same name already exists in deleted state: " + quoted(name) +
                    ". You need to either recover or purge the existing key vault.");
}

Refusal conflict() {
  return refuse(409, "ConflictError", "A conflict occurred that prevented the operation from completing: try again.");
}

Refusal too_many(std::size_t limit) {
  return refuse(409, "QuotaExceeded",
                "The subscription has " + std::to_string(limit) + " vaults, the most it may have.");
}

Refusal precondition_failed() {
  return refuse(412, "PreconditionFailed", "The condition of the request doesn't hold for the resource as it is.");
}

Refusal of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return bad_request(error.message);
    case ErrorCode::kConflict:
      return conflict();
    case ErrorCode::kNotFound:
      return refuse(404, "ResourceNotFound", "The specified resource does not exist.");
    default:
      break;
  }
  const bool passing =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kExhausted || error.code == ErrorCode::kTimeout;
  auto refusal = passing ? refuse(503, "ServerBusy", "The server can't do this now. Please try again.")
                         : refuse(500, "InternalServerError", "The server encountered an internal error.");
  refusal.error().detail = error.message + " " + error.detail;
  if (passing) refusal.error().headers.emplace_back("retry-after", "1");
  return refusal;
}

}  // namespace freehold::vault::provider_errors
