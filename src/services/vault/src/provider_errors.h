// One maker per error of Microsoft.KeyVault as a resource provider. Sources: "Key Vault REST API error codes", and the
// resource manager's common ones.
#pragma once

#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "resource/refusal.h"

namespace freehold::vault::provider_errors {

using gate::resource::Refusal;

// 400
[[nodiscard]] Refusal bad_request(std::string_view message);
[[nodiscard]] Refusal unsupported(std::string_view name, std::string_view why);
[[nodiscard]] Refusal name_invalid(std::string_view name);
[[nodiscard]] Refusal wrong_tenant();
[[nodiscard]] Refusal too_long();
// 404
[[nodiscard]] Refusal deleted_vault_not_found(std::string_view name);
[[nodiscard]] Refusal vault_not_found(std::string_view name);
// 405
[[nodiscard]] Refusal purge_not_allowed();
// 409
[[nodiscard]] Refusal name_taken(std::string_view name);
[[nodiscard]] Refusal in_deleted_state(std::string_view name);
[[nodiscard]] Refusal conflict();
// "subscription", 1000, "vaults".
[[nodiscard]] Refusal too_many(std::string_view whose, std::size_t limit, std::string_view what);
[[nodiscard]] Refusal may_not_change_model(PrincipalId who, std::string_view vault);
// What a store or a reader of bodies said: 400, 409, 404, 503, or 500 for what nobody planned for.
[[nodiscard]] Refusal of(const Error& error);

}  // namespace freehold::vault::provider_errors
