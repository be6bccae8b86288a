// What may be asked of the authorisation endpoint: redirect URIs and PKCE. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/snapshot.h"

namespace freehold::directory {

inline constexpr std::size_t kMaxRedirectUri = 2'048;

// Where the client may be sent back to: what is registered, compared as it is; for public clients a loopback address
// also with any port (RFC 8252 section 7.3). The az CLI's are http://localhost and http://127.0.0.1.
[[nodiscard]] bool is_redirect_of(const Snapshot& directory, const ServicePrincipal& principal,
                                  std::string_view redirect_uri);
// May it be registered? Absolute, without fragment, white space or wildcard; https, http at loopback, or a scheme of an
// application's own (with a dot, RFC 8252 section 7.1).
[[nodiscard]] bool is_registrable_redirect(std::string_view uri);
// What a page's form-action must allow besides its own origin, so that the browser follows the redirect.
[[nodiscard]] std::string form_action_of(std::string_view redirect_uri);

// RFC 7636 section 4.2: 43 characters of base64url for S256.
[[nodiscard]] bool is_challenge(std::string_view challenge);
// Is it the verifier of that S256 challenge? Constant time.
[[nodiscard]] bool is_verifier_of(std::string_view challenge, std::string_view verifier);

// The URI with the parameters added to its query, or after '?'.
[[nodiscard]] std::string with_parameters(std::string_view uri,
                                          std::span<const std::pair<std::string, std::string>> parameters);

}  // namespace freehold::directory
