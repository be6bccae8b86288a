// One maker per error of the resource manager, so that status, code and text never drift. Codes and texts are ARM's own
// ("Troubleshoot common Azure deployment errors", and what its API answers).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "route/api_error.h"

namespace freehold::resources::arm_errors {

using gate::ApiError;

// What a store or another part of this program said.
[[nodiscard]] ApiError of(const Error& error);
[[nodiscard]] ApiError unavailable(std::string detail);

[[nodiscard]] ApiError missing_api_version();
[[nodiscard]] ApiError invalid_api_version(std::string_view version);
[[nodiscard]] ApiError unsupported_version(std::string_view location, std::string_view version, std::string_view type,
                                           std::span<const std::string> known);
[[nodiscard]] ApiError invalid_path(std::string_view path);
[[nodiscard]] ApiError invalid_subscription_id(std::string_view text);
[[nodiscard]] ApiError subscription_not_found(std::string_view id);
[[nodiscard]] ApiError invalid_group_name(std::string_view name);
[[nodiscard]] ApiError group_not_found(std::string_view name);
[[nodiscard]] ApiError group_being_deleted(std::string_view name);
[[nodiscard]] ApiError group_in_another_location(std::string_view name, std::string_view has, std::string_view wanted);
[[nodiscard]] ApiError management_group_not_found(std::string_view name);
[[nodiscard]] ApiError resource_not_found(std::string_view type_and_name, std::string_view group);
[[nodiscard]] ApiError parent_not_found(std::string_view parent);
[[nodiscard]] ApiError invalid_namespace(std::string_view provider);
[[nodiscard]] ApiError invalid_type(std::string_view provider, std::string_view type, std::string_view version);
[[nodiscard]] ApiError not_registered(std::string_view provider);
[[nodiscard]] ApiError still_in_use(std::string_view provider);
[[nodiscard]] ApiError location_not_available(std::string_view location, std::string_view type,
                                              std::string_view available);
[[nodiscard]] ApiError location_required();
[[nodiscard]] ApiError location_changed(std::string_view name, std::string_view has, std::string_view wanted);
[[nodiscard]] ApiError method_not_allowed();
[[nodiscard]] ApiError no_such_endpoint(std::string_view path);
[[nodiscard]] ApiError invalid_content(std::string_view what);
[[nodiscard]] ApiError body_unreadable(const Error& error);
[[nodiscard]] ApiError invalid_filter(std::string_view filter);
[[nodiscard]] ApiError invalid_top();
[[nodiscard]] ApiError invalid_skip_token();
[[nodiscard]] ApiError invalid_tags(std::string_view what);
[[nodiscard]] ApiError precondition_failed();
[[nodiscard]] ApiError too_many(std::string_view what, std::size_t limit);
// The client is the application that the caller works with, if there is one.
[[nodiscard]] ApiError authorization_failed(PrincipalId application, PrincipalId object, std::string_view action,
                                            std::string_view scope);
[[nodiscard]] ApiError scope_locked(std::string_view scope, std::string_view verb, std::string_view locked);
[[nodiscard]] ApiError operation_not_found(std::string_view id);
// The API's own 501: understood, and not there.
[[nodiscard]] ApiError not_implemented(std::string_view what);
[[nodiscard]] ApiError make(int status, std::string_view code, std::string message);

}  // namespace freehold::resources::arm_errors
