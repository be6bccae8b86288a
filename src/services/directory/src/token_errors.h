// One maker per refusal of the token endpoints. `code` is OAuth's own (RFC 6749 section 5.2), the text begins with the
// AADSTS number by which Azure's clients and people know it ("Microsoft Entra authentication error codes").
#pragma once

#include <string>
#include <string_view>

#include "route/api_error.h"

namespace freehold::directory::token_errors {

using gate::ApiError;

[[nodiscard]] ApiError malformed_form();                               // 900144
[[nodiscard]] ApiError missing_parameter(std::string_view name);       // 900144
[[nodiscard]] ApiError unsupported_grant_type(std::string_view type);  // 70003
[[nodiscard]] ApiError unknown_tenant(std::string_view tenant);        // 90002
[[nodiscard]] ApiError no_tenant();                                    // 50059
[[nodiscard]] ApiError unknown_client(std::string_view client);        // 700016
[[nodiscard]] ApiError disabled_client(std::string_view client);       // 7000112
[[nodiscard]] ApiError no_secret();                                    // 7000218
[[nodiscard]] ApiError wrong_secret();                                 // 7000215
[[nodiscard]] ApiError expired_secret();                               // 7000222
[[nodiscard]] ApiError unsupported_assertion();                        // 7000216
[[nodiscard]] ApiError invalid_scope(std::string_view scope);          // 70011
[[nodiscard]] ApiError no_default_scope(std::string_view scope);       // 1002012
[[nodiscard]] ApiError unknown_resource(std::string_view resource);    // 500011
[[nodiscard]] ApiError too_many_attempts(std::string_view seconds);    // 90055
[[nodiscard]] ApiError invalid_instance();                             // 50049
[[nodiscard]] ApiError body_unreadable(std::string detail);
[[nodiscard]] ApiError busy(std::string detail);
[[nodiscard]] ApiError no_such_page();

}  // namespace freehold::directory::token_errors
