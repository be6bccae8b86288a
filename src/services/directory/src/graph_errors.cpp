#include "src/graph_errors.h"

namespace freehold::directory::graph_errors {
namespace {

ApiError make(int status, std::string_view code, std::string message) {
  return {.status = status, .code = std::string(code), .message = std::move(message)};
}

}  // namespace

ApiError bad_request(std::string message) { return make(400, "Request_BadRequest", std::move(message)); }

ApiError invalid_property(std::string_view name) {
  return bad_request("Invalid property '" + std::string(name.substr(0, 128)) + "'.");
}

ApiError unsupported_query(std::string message) { return make(400, "Request_UnsupportedQuery", std::move(message)); }

ApiError not_found(std::string_view id) {
  return make(404, "Request_ResourceNotFound",
              "Resource '" + std::string(id.substr(0, 128)) +
                  "' does not exist or one of its queried reference-property objects are not present.");
}

ApiError denied() {
  return make(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

ApiError not_implemented(std::string_view what) {
  return make(501, "NotImplemented", std::string(what) + " is not supported here.");
}

ApiError not_for_applications() { return bad_request("/me request is only valid with delegated authentication flow."); }

ApiError too_many_attempts() {
  auto out = make(429, "TooManyRequests", "Too many passwords were tried. Try again later.");
  out.headers.emplace_back("retry-after", "60");
  return out;
}

ApiError no_such_path(std::string_view segment) {
  return make(404, "BadRequest", "Resource not found for the segment '" + std::string(segment.substr(0, 128)) + "'.");
}

ApiError mastered_elsewhere() {
  return bad_request(
      "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently "
      "undergoing migration.");
}

ApiError already_there(std::string_view property) {
  return bad_request("One or more added object references already exist for the following modified properties: '" +
                     std::string(property) + "'.");
}

ApiError of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return make(404, "Request_ResourceNotFound", "Resource does not exist: " + error.message + ".");
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConflict:
      return bad_request(error.message);
    case ErrorCode::kExhausted:
      return make(403, "Directory_QuotaExceeded", error.message);
    case ErrorCode::kDenied:
      return denied();
    case ErrorCode::kUnsupported:
      return make(501, "NotImplemented", error.message);
    default:
      break;
  }
  auto out = make(503, "serviceNotAvailable", "The service is temporarily unavailable. Try again.");
  out.detail = error.message + " " + error.detail;
  out.headers.emplace_back("retry-after", "1");
  return out;
}

}  // namespace freehold::directory::graph_errors
