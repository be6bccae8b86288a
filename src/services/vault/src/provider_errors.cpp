#include "src/provider_errors.h"

namespace freehold::vault::provider_errors {

using gate::resource::quoted;
using gate::resource::refuse;

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

Refusal too_long() { return bad_request("the access policies, rules and tags are too long together."); }

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

Refusal too_many(std::string_view whose, std::size_t limit, std::string_view what) {
  return refuse(409, "QuotaExceeded",
                "The " + std::string(whose) + " has " + std::to_string(limit) + " " + std::string(what) +
                    ", the most it may have.");
}

Refusal may_not_change_model(PrincipalId who, std::string_view vault) {
  return refuse(403, "InsufficientPermissions",
                "Caller is not allowed to change permission model. Details: oid=" + to_string(who) +
                    "; action=Microsoft.Authorization/roleAssignments/write; resource=" + std::string(vault) +
                    "; decision=NotAllowed");
}

Refusal of(const Error& error) {
  if (error.code == ErrorCode::kInvalidArgument) return bad_request(error.message);
  if (error.code == ErrorCode::kConflict) return conflict();
  return gate::resource::refuse_for(error);
}

}  // namespace freehold::vault::provider_errors
