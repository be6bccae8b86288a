// One maker per error of the vaults' data plane. Sources: "Authentication, requests and responses" and "Azure Key Vault
// REST API error codes" of Key Vault's documentation.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "route/api_error.h"
#include "src/item.h"

namespace freehold::vault::vault_errors {

using gate::ApiError;
using Refusal = std::unexpected<ApiError>;

// The member of an error's fields that is shown as "innererror": {"code": ...}.
inline constexpr std::string_view kInner = "innererror";

// 400
[[nodiscard]] Refusal bad_parameter(std::string_view message);
[[nodiscard]] Refusal invalid_name(std::string_view name);
[[nodiscard]] Refusal purge_protected();
[[nodiscard]] Refusal key_type_not_supported(std::string_view kty);
// Of keys that can be released: "AKV.SKR.1004: ...".
[[nodiscard]] Refusal release(int number, std::string_view message);
// 401, with what is wrong with the token
[[nodiscard]] ApiError unauthorized(std::string_view message);
// 403
[[nodiscard]] ApiError forbidden(std::string message, std::string_view inner);
[[nodiscard]] Refusal disabled(ItemKind kind, std::string_view operation);
[[nodiscard]] Refusal key_outside_its_time(std::string_view operation, bool expired);
// Whatever is wrong with an attestation; `why` is for the log.
[[nodiscard]] Refusal not_attested(std::string why);
[[nodiscard]] Refusal key_not_for(std::string_view operation);
// By Azure Policy; `policies` is how they call themselves.
[[nodiscard]] Refusal forbidden_by_policies(ItemKind kind, std::string_view name, std::string_view policies);
// 404
[[nodiscard]] Refusal not_found(ItemKind kind, std::string_view name);
[[nodiscard]] Refusal deleted_not_found(ItemKind kind, std::string_view name);
[[nodiscard]] Refusal no_issuer(std::string_view name);
[[nodiscard]] Refusal no_contacts();
[[nodiscard]] ApiError no_such_vault();
[[nodiscard]] ApiError no_such_path();
// 409
[[nodiscard]] Refusal deleted_but_recoverable(ItemKind kind, std::string_view name);
[[nodiscard]] Refusal being_purged(ItemKind kind, std::string_view name);
[[nodiscard]] Refusal exists(ItemKind kind, std::string_view name);
[[nodiscard]] Refusal conflict();
[[nodiscard]] Refusal too_many_objects();
// 429: come again after `wait`
[[nodiscard]] Refusal throttled(std::chrono::seconds wait);
// 501
// 503: a vault whose key can't be opened. `why` is for the log.
[[nodiscard]] Refusal closed(std::string why);
[[nodiscard]] Refusal not_implemented(std::string_view what);
// What a store, a reader of bodies or crypto said: 400, 403, 404, 409, 501, 503, or 500 for what nobody planned for.
[[nodiscard]] Refusal of(const Error& error);

// "Secret", "Key", "Certificate".
[[nodiscard]] std::string_view noun(ItemKind kind);

}  // namespace freehold::vault::vault_errors
