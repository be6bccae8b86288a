#include "src/storage_provider_errors.h"

namespace freehold::blob::provider_errors {
namespace {

Refusal refuse(int status, std::string_view code, std::string message) {
  return std::unexpected(gate::ApiError{.status = status, .code = std::string(code), .message = std::move(message)});
}

// What a caller sent, in a sentence: no more of it than a name can have.
std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 128)) + "'"; }

}  // namespace

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

Refusal container_leased() {
  return refuse(409, "ContainerLeased", "There is a lease on the container, which has to be released or broken first.");
}

Refusal public_access_not_permitted() {
  return refuse(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
}

Refusal precondition_failed() {
  return refuse(412, "PreconditionFailed", "The condition of the request doesn't hold for the resource as it is.");
}

Refusal of(const Error& error) {
  if (error.code == ErrorCode::kConflict) return conflict();
  if (error.code == ErrorCode::kNotFound) {
    return refuse(404, "ResourceNotFound", "The specified resource does not exist.");
  }
  const bool passing =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kExhausted || error.code == ErrorCode::kTimeout;
  auto refusal = passing ? refuse(503, "ServerBusy", "The server can't do this now. Please try again.")
                         : refuse(500, "InternalServerError", "The server encountered an internal error.");
  refusal.error().detail = error.message + " " + error.detail;
  if (passing) refusal.error().headers.emplace_back("retry-after", "1");
  return refusal;
}

}  // namespace freehold::blob::provider_errors
