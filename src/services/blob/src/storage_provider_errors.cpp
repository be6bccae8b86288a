#include "src/storage_provider_errors.h"

namespace freehold::blob::provider_errors {

using gate::resource::quoted;
using gate::resource::refuse;

Refusal invalid_content(std::string_view what) {
  return refuse(400, "InvalidRequestContent", "The request content was invalid: " + std::string(what));
}

Refusal unknown_property(std::string_view name) {
  return invalid_content("there is no member " + quoted(name) + " that could be set.");
}

Refusal missing_property(std::string_view name) { return invalid_content(quoted(name) + " is required."); }

Refusal invalid_value(std::string_view name) {
  return refuse(400, "InvalidValuesForRequestParameters",
                "Values for request parameters are invalid: " + std::string(name.substr(0, 128)) + ".");
}

Refusal unsupported_feature(std::string_view name, std::string_view why) {
  return refuse(400, "FeatureNotSupportedForAccount", quoted(name) + " is not supported: " + std::string(why));
}

Refusal account_name_invalid(std::string_view name) {
  return refuse(400, "AccountNameInvalid",
                quoted(name) +
                    " is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
                    "length and use numbers and lower-case letters only.");
}

Refusal sku_not_available(std::string_view sku, std::string_view available) {
  return refuse(400, "SkuNotAvailable",
                "The SKU " + quoted(sku) + " can't be kept by this cloud. Available: " + std::string(available) + ".");
}

Refusal invalid_resource_name(std::string_view what) { return refuse(400, "InvalidResourceName", std::string(what)); }

Refusal key_policy(std::string_view why) { return refuse(400, "KeyVaultPolicyError", std::string(why)); }

Refusal key_refused(std::string_view why) {
  return refuse(403, "KeyVaultAuthenticationFailure", "The key vault doesn't let its key be used: " + std::string(why));
}

Refusal may_not_assign(PrincipalId who, std::string_view identity) {
  return refuse(403, "LinkedAuthorizationFailed",
                "The client with object id " + quoted(std::string_view(to_string(who))) +
                    " has no permission to perform action "
                    "'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope " +
                    quoted(identity) + ".");
}

Refusal account_not_found(std::string_view name) {
  return refuse(404, "StorageAccountNotFound", "The storage account " + quoted(name) + " was not found.");
}

Refusal container_not_found() { return refuse(404, "ContainerNotFound", "The specified container does not exist."); }

Refusal name_taken(std::string_view name) {
  return refuse(409, "StorageAccountAlreadyTaken", "The storage account named " + quoted(name) + " is already taken.");
}

Refusal account_in_progress(std::string_view name) {
  return refuse(409, "StorageAccountOperationInProgress",
                "An operation that needs the storage account " + quoted(name) +
                    " for itself is in progress: what was kept in it is being removed.");
}

Refusal too_many_accounts(std::string_view subscription, std::size_t limit) {
  return refuse(409, "MaxStorageAccountsCountPerSubscriptionExceeded",
                "Subscription " + std::string(subscription) + " already contains " + std::to_string(limit) +
                    " storage accounts, which is the most that it may have.");
}

Refusal read_only_property(std::string_view name) {
  return refuse(409, "AccountPropertyCannotBeUpdated",
                "The property " + quoted(name) + " can't be changed once the account is there.");
}

Refusal conflict() {
  return refuse(409, "ConcurrentUpdateError", "The resource was changed by someone else meanwhile. Please try again.");
}

Refusal too_many_scopes(std::size_t limit) {
  return refuse(409, "MaxEncryptionScopesCountExceeded",
                "The account already has " + std::to_string(limit) + " encryption scopes, which is the most.");
}

Refusal container_leased() {
  return refuse(409, "ContainerLeased", "There is a lease on the container, which has to be released or broken first.");
}

Refusal public_access_not_permitted() {
  return refuse(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
}

Refusal of(const Error& error) {
  if (error.code == ErrorCode::kConflict) return conflict();
  return gate::resource::refuse_for(error);
}

}  // namespace freehold::blob::provider_errors
