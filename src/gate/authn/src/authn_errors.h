// One maker per refusal of the gate's authentication, so that status, code and text never drift. Texts are Azure's own
// ("Common REST API error codes", "Blob service error codes").
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "route/api_error.h"

namespace freehold::gate::authn_errors {

using Refusal = std::unexpected<ApiError>;

// `detail` is shown to the caller as AuthenticationErrorDetail: it holds no key, no signature and no computed value.
[[nodiscard]] Refusal authentication_failed(std::string_view detail);
// The Authorization header, or the combination of credentials, isn't one.
[[nodiscard]] Refusal malformed_credential();
[[nodiscard]] Refusal bearer_refused();
// A bearer token that doesn't hold; `detail` says at which of its checks. Nothing of the token is in it.
[[nodiscard]] Refusal invalid_token(std::string_view detail);
[[nodiscard]] Refusal no_authentication_information();
[[nodiscard]] Refusal public_access_not_permitted();
[[nodiscard]] Refusal no_such_resource();

[[nodiscard]] Refusal credential_not_accepted();
[[nodiscard]] Refusal protocol_mismatch();
[[nodiscard]] Refusal source_ip_mismatch(std::string_view address);
[[nodiscard]] Refusal service_mismatch();
[[nodiscard]] Refusal resource_type_mismatch();
[[nodiscard]] Refusal permission_mismatch();

}  // namespace freehold::gate::authn_errors
