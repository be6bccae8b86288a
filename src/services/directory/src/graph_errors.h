// One maker per refusal of Graph ("Microsoft Graph error responses and resource types").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "route/api_error.h"

namespace freehold::directory::graph_errors {

using gate::ApiError;

[[nodiscard]] ApiError bad_request(std::string message);         // Request_BadRequest
[[nodiscard]] ApiError invalid_property(std::string_view name);  // Request_BadRequest
[[nodiscard]] ApiError unsupported_query(std::string message);   // Request_UnsupportedQuery
[[nodiscard]] ApiError not_found(std::string_view id);           // Request_ResourceNotFound
[[nodiscard]] ApiError denied();                                 // Authorization_RequestDenied
[[nodiscard]] ApiError not_implemented(std::string_view what);   // 501
[[nodiscard]] ApiError not_for_applications();                   // /me of a service principal
[[nodiscard]] ApiError no_such_path(std::string_view segment);   // BadRequest: resource not found for segment
[[nodiscard]] ApiError too_many_attempts();
[[nodiscard]] ApiError mastered_elsewhere();  // of what is read from LDAP
[[nodiscard]] ApiError already_there(std::string_view property);
// From what a change said.
[[nodiscard]] ApiError of(const Error& error);

}  // namespace freehold::directory::graph_errors
