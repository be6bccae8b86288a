// One maker per refusal of the token endpoints. `code` is OAuth's own (RFC 6749 section 5.2), the text begins with the
// AADSTS number by which Azure's clients and people know it ("Microsoft Entra authentication error codes").
#pragma once

#include <string>
#include <string_view>

#include "route/api_error.h"

namespace freehold::directory::token_errors {

using gate::ApiError;

[[nodiscard]] ApiError malformed_form();                                // 900144
[[nodiscard]] ApiError missing_parameter(std::string_view name);        // 900144
[[nodiscard]] ApiError unsupported_grant_type(std::string_view type);   // 70003
[[nodiscard]] ApiError unknown_tenant(std::string_view tenant);         // 90002
[[nodiscard]] ApiError no_tenant();                                     // 50059
[[nodiscard]] ApiError unknown_client(std::string_view client);         // 700016
[[nodiscard]] ApiError disabled_client(std::string_view client);        // 7000112
[[nodiscard]] ApiError no_secret();                                     // 7000218
[[nodiscard]] ApiError wrong_secret();                                  // 7000215
[[nodiscard]] ApiError expired_secret();                                // 7000222
[[nodiscard]] ApiError malformed_assertion(std::string_view why);       // 50027
[[nodiscard]] ApiError wrong_assertion(std::string_view why);           // 700027
[[nodiscard]] ApiError stale_assertion();                               // 700024
[[nodiscard]] ApiError replayed_assertion();                            // 700025
[[nodiscard]] ApiError unmatched_assertion();                           // 700213
[[nodiscard]] ApiError public_client_secret();                          // 700025
[[nodiscard]] ApiError not_public_client();                             // 7000218
[[nodiscard]] ApiError wrong_password();                                // 50126
[[nodiscard]] ApiError locked_out(std::string_view seconds);            // 50053
[[nodiscard]] ApiError disabled_user();                                 // 50057
[[nodiscard]] ApiError revoked_grant();                                 // 50173
[[nodiscard]] ApiError not_agreed(std::string_view service);            // 65001
[[nodiscard]] ApiError password_over();                                 // 50055
[[nodiscard]] ApiError second_factor_needed();                          // 50076
[[nodiscard]] ApiError wrong_code();                                    // 500121
[[nodiscard]] ApiError password_grant_off();                            // 7000014
[[nodiscard]] ApiError wrong_authorization_code(std::string_view why);  // 70008
[[nodiscard]] ApiError wrong_verifier();                                // 501481
[[nodiscard]] ApiError wrong_redirect();                                // 50011
[[nodiscard]] ApiError wrong_refresh_token();                           // 700082
[[nodiscard]] ApiError authorization_pending();                         // 70016
[[nodiscard]] ApiError slow_down();                                     // 70016
[[nodiscard]] ApiError device_code_over();                              // 70020
[[nodiscard]] ApiError device_declined();                               // 70018
[[nodiscard]] ApiError unknown_device_code();                           // 70019
[[nodiscard]] ApiError too_many_under_way();                            // 90055
[[nodiscard]] ApiError invalid_scope(std::string_view scope);           // 70011
[[nodiscard]] ApiError no_default_scope(std::string_view scope);        // 1002012
[[nodiscard]] ApiError unknown_resource(std::string_view resource);     // 500011
[[nodiscard]] ApiError too_many_attempts(std::string_view seconds);     // 90055
[[nodiscard]] ApiError invalid_instance();                              // 50049
[[nodiscard]] ApiError body_unreadable(std::string detail);
[[nodiscard]] ApiError busy(std::string detail);
[[nodiscard]] ApiError no_such_page();

}  // namespace freehold::directory::token_errors
