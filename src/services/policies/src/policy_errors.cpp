#include "src/policy_errors.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace freehold::policies::policy_errors {
namespace {

ApiError make(int status, std::string code, std::string message) {
  return {.status = status, .code = std::move(code), .message = std::move(message)};
}

}  // namespace

ApiError of(const Error& error) {
  if (error.code == ErrorCode::kExhausted) {
    auto out = make(429, "TooManyRequests", "Too many policies are being written at once. Please retry after a while.");
    out.headers.emplace_back("Retry-After", "1");
    return out;
  }
  return unavailable(error.message + ": " + error.detail);
}

ApiError of(const gate::policy::Refusal& refusal) {
  return make(refusal.code.ends_with("NotFound") ? 404 : 400, refusal.code, refusal.message);
}

ApiError unavailable(std::string detail) {
  auto out = make(503, "ServiceUnavailable", "The service is temporarily unavailable. Please retry after a while.");
  out.detail = std::move(detail);
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

ApiError invalid_content(std::string what) {
  return make(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized: " + what);
}

ApiError too_large(std::size_t limit) {
  return make(413, "RequestContentTooLarge", fmt::format("It is longer than the {} bytes that it may have.", limit));
}

ApiError too_many(std::string_view what, std::size_t limit) {
  return make(400, "PolicyLimitExceeded", fmt::format("There are {} {} already, which is the limit.", limit, what));
}

ApiError not_implemented(std::string_view what) {
  return make(501, "NotImplemented", fmt::format("{} is not supported by this cloud.", what));
}

ApiError wrong_scope(std::string_view type, std::string_view where) {
  return make(400, "InvalidScope", fmt::format("A resource of type '{}' can't stand at {}.", type, where));
}

ApiError bad_name(std::string_view type, std::string_view name) {
  return make(400, "InvalidResourceName",
              fmt::format("'{}' is no valid name for a resource of type '{}'.", name, type));
}

ApiError reserved_name(std::string_view name) {
  return make(400, "ReservedResourceName", fmt::format("Names that begin as '{}' does are this cloud's own.", name));
}

ApiError protected_by_classification(std::string_view id) {
  return make(403, "ProtectedByClassification",
              fmt::format("'{}' belongs to a classification, by which alone it can be altered.", id));
}

ApiError lowers_classification(std::string_view id, std::string_view from, std::string_view to) {
  return make(
      403, "ClassificationLowered",
      fmt::format("Moving '{}' would lower its classification from '{}' to '{}'. Classify where it is to stand, "
                  "or have the lowering approved first.",
                  id, from, to));
}

ApiError widens_locations(std::string_view id) {
  return make(403, "ClassificationLowered",
              fmt::format("Moving '{}' would allow it in more locations than its classification does now. Classify "
                          "where it is to stand, or have the lowering approved first.",
                          id));
}

ApiError pending_change_differs() {
  return make(409, "PendingChangeDiffers",
              "The change that waits is another one than that which is approved. Look at it again.");
}

ApiError second_person_required() {
  return make(403, "SecondPersonRequired", "Who asked for a classification to be lowered can't approve it.");
}

ApiError no_pending_change() {
  return make(409, "NoPendingChange", "There is no such change that waits for an approval.");
}

ApiError bad_filter(std::string_view filter) {
  return make(400, "InvalidFilterInQueryString",
              fmt::format("Invalid $filter '{}' specified in the query string.", filter));
}

ApiError in_use(std::string_view type, std::string_view name, std::string_view user) {
  const bool set = type == "policySetDefinitions";
  return make(400, set ? "InvalidDeletePolicySetDefinitionRequest" : "InvalidDeletePolicyDefinitionRequest",
              fmt::format("The policy {}definition '{}' cannot be deleted. It is referenced by '{}', which has to be "
                          "deleted first.",
                          set ? "set " : "", name, user));
}

ApiError definition_not_found(std::string_view id) {
  const bool set = id.find("olicySetDefinitions/") != id.npos;
  return make(404, set ? "PolicySetDefinitionNotFound" : "PolicyDefinitionNotFound",
              fmt::format("The policy {}definition '{}' could not be found.", set ? "set " : "", id));
}

ApiError out_of_scope(std::string_view assignment) {
  return make(400, "InvalidCreatePolicyAssignmentRequest",
              fmt::format("The policy definition specified in '{}' is out of scope. Policy definitions are specified "
                          "only at or above the scope where they are used.",
                          assignment));
}

ApiError assignment_not_found(std::string_view id) {
  return make(404, "PolicyAssignmentNotFound", fmt::format("The policy assignment '{}' is not found.", id));
}

ApiError may_not_exempt(std::string_view who, std::string_view scope, std::string_view action,
                        std::string_view assignment) {
  return make(403, "LinkedAuthorizationFailed",
              fmt::format("The client with object id '{}' may write policy exemptions at scope '{}'; however, it does "
                          "not have permission to perform action '{}' on the linked scope '{}'.",
                          who, scope, action, assignment));
}

ApiError may_not_assign(std::string_view who, std::string_view identity) {
  return make(
      403, "LinkedAuthorizationFailed",
      fmt::format("The client with object id '{}' may write the policy assignment; however, it does not have "
                  "permission to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' "
                  "on the linked scope '{}'.",
                  who, identity));
}

ApiError location_required() {
  return make(400, "LocationRequired", "The location property is required for an assignment with an identity.");
}

ApiError identity_required(std::string_view assignment, std::string_view what) {
  return make(400, "ResourceIdentityRequired",
              fmt::format("The policy assignment '{}' request is invalid. Policy assignments must include a 'managed "
                          "identity' when assigning {}.",
                          assignment, what));
}

ApiError bad_remediation(std::string_view act, std::string_view name, std::string_view why) {
  return make(400, fmt::format("Invalid{}RemediationRequest", act),
              fmt::format("The request to {} remediation '{}' is invalid. {}", to_lower(act), name, why));
}

ApiError remediation_not_found(std::string_view name) {
  return make(404, "RemediationNotFound", fmt::format("The remediation '{}' could not be found.", name));
}

ApiError precondition_failed() {
  return make(412, "PreconditionFailed", "The condition specified using conditional header(s) is not met.");
}

ApiError disallowed(std::string message, std::string resource_name, std::string info) {
  auto out = make(403, "RequestDisallowedByPolicy", std::move(message));
  out.fields.emplace_back("target", std::move(resource_name));
  out.fields.emplace_back("additionalInfo", std::move(info));
  return out;
}

}  // namespace freehold::policies::policy_errors
