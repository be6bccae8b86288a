#include "src/arm_errors.h"

#include "base/encoding.h"

namespace freehold::resources::arm_errors {
namespace {

constexpr std::size_t kShownBytes = 256;

// What the caller sent, for the caller to read: bounded, valid, one line.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kShownBytes));
  while (!is_valid_utf8(out)) out.pop_back();
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  return "'" + out + "'";
}

std::string joined(std::span<const std::string> list) {
  std::string out;
  for (const auto& item : list) out.append(out.empty() ? "" : ", ").append(item);
  return out;
}

}  // namespace

ApiError make(int status, std::string_view code, std::string message) {
  return {.status = status, .code = std::string(code), .message = std::move(message)};
}

ApiError of(const Error& error) {
  ApiError out;
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      out = make(400, "InvalidParameter", error.message);
      break;
    case ErrorCode::kNotFound:
      out = make(404, "NotFound", error.message);
      break;
    case ErrorCode::kConflict:
      out = make(409, "Conflict", error.message);
      break;
    case ErrorCode::kExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return unavailable(error.message + " " + error.detail);
    default:
      out = make(500, "InternalServerError", "The server encountered an internal error. Please retry the request.");
      out.detail = error.message + " ";
      break;
  }
  out.detail += error.detail;
  return out;
}

ApiError unavailable(std::string detail) {
  auto error = make(503, "ServiceUnavailable", "The service is temporarily unavailable. Please retry the request.");
  error.detail = std::move(detail);
  error.headers.emplace_back("retry-after", "1");
  return error;
}

ApiError missing_api_version() {
  return make(400, "MissingApiVersionParameter",
              "The api-version query parameter (?api-version=) is required for all requests.");
}

ApiError invalid_api_version(std::string_view version) {
  return make(400, "InvalidApiVersionParameter", "The api-version " + shown(version) + " is invalid.");
}

ApiError unsupported_version(std::string_view location, std::string_view version, std::string_view type,
                             std::span<const std::string> known) {
  return make(400, "NoRegisteredProviderFound",
              "No registered resource provider found for location " + shown(location) + " and API version " +
                  shown(version) + " for type " + shown(type) + ". The supported api-versions are '" + joined(known) +
                  "'.");
}

ApiError invalid_path(std::string_view path) {
  return make(400, "InvalidResourceId", "The request path " + shown(path) + " is not a valid resource identifier.");
}

ApiError invalid_subscription_id(std::string_view text) {
  return make(400, "InvalidSubscriptionId",
              "The provided subscription identifier " + shown(text) + " is malformed or invalid.");
}

ApiError subscription_not_found(std::string_view id) {
  return make(404, "SubscriptionNotFound", "The subscription " + shown(id) + " could not be found.");
}

ApiError invalid_group_name(std::string_view name) {
  return make(400, "InvalidResourceGroup",
              "The provided resource group name " + shown(name) +
                  " has these invalid characters or is too long. The name can only be a letter, digit, '-', '.', "
                  "'(', ')' or '_', at most 90 characters, and can't end with '.'.");
}

ApiError group_not_found(std::string_view name) {
  return make(404, "ResourceGroupNotFound", "Resource group " + shown(name) + " could not be found.");
}

ApiError group_being_deleted(std::string_view name) {
  return make(409, "ResourceGroupBeingDeleted",
              "The resource group " + shown(name) + " is in deprovisioning state and cannot perform this operation.");
}

ApiError group_in_another_location(std::string_view name, std::string_view has, std::string_view wanted) {
  return make(409, "InvalidResourceGroupLocation",
              "Invalid resource group location " + shown(wanted) + ". The Resource group " + shown(name) +
                  " already exists in location " + shown(has) + ".");
}

ApiError management_group_not_found(std::string_view name) {
  return make(404, "NotFound", "The management group '" + std::string(name) + "' is not found.");
}

ApiError resource_not_found(std::string_view type_and_name, std::string_view group) {
  return make(404, "ResourceNotFound",
              "The Resource " + shown(type_and_name) + " under resource group " +
                  shown(group.empty() ? std::string_view("<null>") : group) +
                  " was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix");
}

ApiError parent_not_found(std::string_view parent) {
  return make(404, "ParentResourceNotFound",
              "Failed to perform 'write' on resource: the parent resource " + shown(parent) + " could not be found.");
}

ApiError invalid_namespace(std::string_view provider) {
  return make(404, "InvalidResourceNamespace", "The resource namespace " + shown(provider) + " is invalid.");
}

ApiError invalid_type(std::string_view provider, std::string_view type, std::string_view version) {
  return make(404, "InvalidResourceType",
              "The resource type " + shown(type) + " could not be found in the namespace " + shown(provider) +
                  " for api version " + shown(version) + ".");
}

ApiError not_registered(std::string_view provider) {
  return make(409, "MissingSubscriptionRegistration",
              "The subscription is not registered to use namespace " + shown(provider) +
                  ". See https://aka.ms/rps-not-found for how to register subscriptions.");
}

ApiError still_in_use(std::string_view provider) {
  return make(409, "CannotUnregisterProviderWithResources",
              "The provider " + shown(provider) + " can't be unregistered: the subscription has resources of it.");
}

ApiError location_not_available(std::string_view location, std::string_view type, std::string_view available) {
  return make(400, "LocationNotAvailableForResourceType",
              "The provided location " + shown(location) + " is not available for resource type " + shown(type) +
                  ". List of available regions for the resource type is " + shown(available) + ".");
}

ApiError location_required() {
  return make(400, "LocationRequired", "The location property is required for this definition.");
}

ApiError location_changed(std::string_view name, std::string_view has, std::string_view wanted) {
  return make(409, "InvalidResourceLocation",
              "The resource " + shown(name) + " already exists in location " + shown(has) +
                  ". A resource with the same name cannot be created in location " + shown(wanted) +
                  ". Please select a new resource name.");
}

ApiError method_not_allowed() {
  return make(405, "MethodNotAllowed", "The request method is not allowed on this resource.");
}

ApiError no_such_endpoint(std::string_view path) {
  return make(404, "NotFound", "The path " + shown(path) + " does not name anything of the resource manager.");
}

ApiError invalid_content(std::string_view what) {
  return make(400, "InvalidRequestContent", "The request content was invalid: " + std::string(what));
}

ApiError body_unreadable(const Error& error) {
  if (error.code == ErrorCode::kExhausted) {
    return make(413, "RequestEntityTooLarge", "The request content is larger than 4 MiB.");
  }
  auto out = invalid_content("the body could not be read.");
  out.detail = error.message + " " + error.detail;
  return out;
}

ApiError invalid_filter(std::string_view filter) {
  return make(400, "InvalidFilterInQueryString",
              "Invalid $filter " + shown(filter) + " specified in the query string.");
}

ApiError invalid_top() {
  return make(400, "InvalidTopInQueryString", "Invalid $top in the query string: it is a number from 1 to 1000.");
}

ApiError invalid_skip_token() {
  return make(400, "InvalidSkipToken", "The $skiptoken in the query string is none that was given out.");
}

ApiError invalid_tags(std::string_view what) { return make(400, "InvalidTags", std::string(what)); }

ApiError precondition_failed() {
  return make(412, "PreconditionFailed", "The condition of the If-Match or If-None-Match header is not met.");
}

ApiError too_many(std::string_view what, std::size_t limit) {
  return make(409, "QuotaExceeded",
              "There are as many " + std::string(what) + " as there may be: " + std::to_string(limit) + ".");
}

ApiError authorization_failed(PrincipalId application, PrincipalId object, std::string_view action,
                              std::string_view scope) {
  const PrincipalId client = application != PrincipalId{} ? application : object;
  return make(403, "AuthorizationFailed",
              "The client " + shown(to_string(client)) + " with object id " + shown(to_string(object)) +
                  " does not have authorization to perform action " + shown(action) + " over scope " + shown(scope) +
                  " or the scope is invalid. If access was recently granted, please refresh your credentials.");
}

ApiError scope_locked(std::string_view scope, std::string_view verb, std::string_view locked) {
  return make(409, "ScopeLocked",
              "The scope " + shown(scope) + " cannot perform " + std::string(verb) +
                  " operation because following scope(s) are locked: " + shown(locked) +
                  ". Please remove the lock and try again.");
}

ApiError operation_not_found(std::string_view id) {
  return make(404, "OperationNotFound", "The operation " + shown(id) + " is not known, or ended long ago.");
}

ApiError not_implemented(std::string_view what) {
  return make(501, "NotImplemented", std::string(what) + " is not implemented.");
}

}  // namespace freehold::resources::arm_errors
