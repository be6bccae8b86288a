#include "src/hsm_errors.h"

#include <string>

namespace freehold::vault::hsm_errors {
namespace {

using gate::resource::quoted;

Refusal refuse(int status, std::string_view code, std::string message) {
  return std::unexpected(ApiError{.status = status, .code = std::string(code), .message = std::move(message)});
}

std::string clipped(std::string_view text) { return std::string(text.substr(0, 256)); }

}  // namespace

Refusal no_such_scope() {
  return vault_errors::bad_parameter("The scope of a role must be '/', '/keys' or '/keys/{name}'.");
}

Refusal software_key(std::string_view kty) {
  return vault_errors::bad_parameter(
      "Keys of a Managed HSM are protected by it: 'kty' must be RSA-HSM, EC-HSM or "
      "oct-HSM, not " +
      clipped(kty) + ".");
}

Refusal bad_domain(std::string_view why) {
  return vault_errors::bad_parameter("The security domain can't be used: " + std::string(why));
}

Refusal bad_storage(std::string_view why) {
  return vault_errors::bad_parameter("The storage container can't be used: " + std::string(why));
}

Refusal no_backup_before() {
  return vault_errors::bad_parameter(
      "A full restore replaces all that is in the Managed HSM: a full backup of it must have succeeded within the last "
      "30 minutes.");
}

Refusal not_activated(std::string_view pool) {
  return std::unexpected(vault_errors::forbidden(
      "The Managed HSM " + clipped(pool) +
          " has been provisioned, but cannot be used until it is activated: download its security domain, or upload "
          "another pool's.",
      "HsmNotActivated"));
}

ApiError forbidden_by_role(std::string_view caller, std::string_view action, std::string_view scope) {
  return vault_errors::forbidden(
      "Caller is not authorized to perform action on resource.\r\nCaller: " + std::string(caller) + "\r\nAction: '" +
          std::string(action) + "'\r\nResource: '" + std::string(scope) +
          "'\r\nAssignment: (not found; see az keyvault role assignment)",
      "ForbiddenByRbac");
}

ApiError no_such_pool() {
  return {
      .status = 404, .code = "ResourceNotFound", .message = "There is no Managed HSM of this name, or it was deleted."};
}

Refusal role_definition_not_found(std::string_view name) {
  return refuse(404, "RoleDefinitionNotFound", "Requested role definition not found: " + clipped(name));
}

Refusal role_assignment_not_found(std::string_view name) {
  return refuse(404, "RoleAssignmentNotFound", "Requested role assignment not found: " + clipped(name));
}

Refusal setting_not_found(std::string_view name) {
  return refuse(404, "SettingNotFound", "There is no setting " + clipped(name) + ".");
}

Refusal job_not_found(std::string_view id) {
  return refuse(404, "JobNotFound", "There is no job " + clipped(id) + ", or it ended long ago.");
}

Refusal role_assignment_exists() { return refuse(409, "RoleAssignmentExists", "The role assignment already exists."); }

Refusal role_in_use() {
  return refuse(409, "RoleDefinitionHasAssignments", "The role is assigned: delete its assignments first.");
}

Refusal last_administrator() {
  return refuse(409, "LastAdministrator",
                "It is the last assignment of the role Managed HSM Administrator at '/', without which nobody could "
                "manage the pool any more.");
}

Refusal activated_already() {
  return refuse(409, "Conflict", "The Managed HSM is activated: its security domain can be neither made nor replaced.");
}

Refusal job_in_progress() {
  return refuse(409, "Conflict", "User triggered operation is in progress: a backup or restore of this pool runs.");
}

Refusal restoring(std::string_view pool) {
  return refuse(409, "Conflict",
                "User triggered restore operation is in progress: the Managed HSM " + clipped(pool) +
                    " can't be used before it ends.");
}

Refusal name_invalid(std::string_view name) {
  return refuse(400, "ManagedHsmNameNotValid",
                "The Managed HSM name " + quoted(name) +
                    " is invalid. It must be between 3-24 alphanumeric characters, begin with a letter, end with a "
                    "letter or digit, and not contain consecutive hyphens.");
}

Refusal keys_not_by_arm(std::string_view pool) {
  return refuse(403, "Forbidden",
                "Keys of the Managed HSM " + quoted(pool) +
                    " aren't managed through the resource manager: its setting "
                    "AllowKeyManagementOperationsThroughARM is off.");
}

Refusal deleted_pool_not_found(std::string_view name) {
  return refuse(404, "DeletedManagedHsmNotFound",
                "The specified deleted Managed HSM " + quoted(name) + " does not exist.");
}

Refusal purge_not_allowed() {
  return refuse(405, "MethodNotAllowed",
                "Operation 'DeletedManagedHsmPurge' is not allowed: the Managed HSM is protected.");
}

Refusal name_taken(std::string_view name) {
  return refuse(409, "ManagedHsmAlreadyExists",
                "The Managed HSM name " + quoted(name) +
                    " is already in use, by one that there is or by one that was deleted and is not purged yet.");
}

Refusal in_deleted_state(std::string_view name) {
  return refuse(409, "ConflictError",
                "A Managed HSM with the same name already exists in deleted state: " + quoted(name) +
                    ". You need to either recover or purge it.");
}

}  // namespace freehold::vault::hsm_errors
