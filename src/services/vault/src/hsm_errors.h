// One maker per error that Managed HSM pools have besides those of vaults: of their data plane, and of pools as
// resources.
//
// Sources: "Managed HSM" of the data plane reference, "Key Vault REST API error codes".
#pragma once

#include <string_view>

#include "base/result.h"
#include "resource/refusal.h"
#include "src/vault_errors.h"

namespace freehold::vault::hsm_errors {

using gate::ApiError;
using Refusal = std::unexpected<ApiError>;

// Data plane.
// 400
[[nodiscard]] Refusal no_such_scope();
[[nodiscard]] Refusal software_key(std::string_view kty);
[[nodiscard]] Refusal bad_domain(std::string_view why);
[[nodiscard]] Refusal bad_storage(std::string_view why);
[[nodiscard]] Refusal no_backup_before();
// 403
[[nodiscard]] Refusal not_activated(std::string_view pool);
[[nodiscard]] ApiError forbidden_by_role(std::string_view caller, std::string_view action, std::string_view scope);
// 404
[[nodiscard]] ApiError no_such_pool();
[[nodiscard]] Refusal role_definition_not_found(std::string_view name);
[[nodiscard]] Refusal role_assignment_not_found(std::string_view name);
[[nodiscard]] Refusal setting_not_found(std::string_view name);
[[nodiscard]] Refusal job_not_found(std::string_view id);
// 409
[[nodiscard]] Refusal role_assignment_exists();
[[nodiscard]] Refusal role_in_use();
[[nodiscard]] Refusal last_administrator();
[[nodiscard]] Refusal activated_already();
[[nodiscard]] Refusal job_in_progress();
[[nodiscard]] Refusal restoring(std::string_view pool);

// Resources.
// 400
[[nodiscard]] Refusal name_invalid(std::string_view name);
// 403
[[nodiscard]] Refusal keys_not_by_arm(std::string_view pool);
// 404
[[nodiscard]] Refusal deleted_pool_not_found(std::string_view name);
// 405
[[nodiscard]] Refusal purge_not_allowed();
// 409
[[nodiscard]] Refusal name_taken(std::string_view name);
[[nodiscard]] Refusal in_deleted_state(std::string_view name);

}  // namespace freehold::vault::hsm_errors
