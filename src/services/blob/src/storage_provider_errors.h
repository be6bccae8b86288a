// One maker per error of Microsoft.Storage as a resource provider. Sources: "Storage Resource Provider REST API
// reference", its error codes, and the resource manager's common ones.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "resource/refusal.h"

namespace freehold::blob::provider_errors {

using gate::resource::precondition_failed;  // 412
using gate::resource::Refusal;

// 400
[[nodiscard]] Refusal invalid_content(std::string_view what);
[[nodiscard]] Refusal unknown_property(std::string_view name);
[[nodiscard]] Refusal missing_property(std::string_view name);
[[nodiscard]] Refusal invalid_value(std::string_view name);
// A feature that this cloud doesn't have: it may be said to be off, and no more.
[[nodiscard]] Refusal unsupported_feature(std::string_view name, std::string_view why);
[[nodiscard]] Refusal account_name_invalid(std::string_view name);
[[nodiscard]] Refusal sku_not_available(std::string_view sku, std::string_view available);
[[nodiscard]] Refusal invalid_resource_name(std::string_view what);
// Why a vault's key can't take the account's. 400
[[nodiscard]] Refusal key_policy(std::string_view why);
// 403
[[nodiscard]] Refusal key_refused(std::string_view why);
[[nodiscard]] Refusal may_not_assign(PrincipalId who, std::string_view identity);
// 404
[[nodiscard]] Refusal account_not_found(std::string_view name);
[[nodiscard]] Refusal container_not_found();
// 409
[[nodiscard]] Refusal name_taken(std::string_view name);
[[nodiscard]] Refusal account_in_progress(std::string_view name);
[[nodiscard]] Refusal too_many_accounts(std::string_view subscription, std::size_t limit);
[[nodiscard]] Refusal read_only_property(std::string_view name);
[[nodiscard]] Refusal conflict();
[[nodiscard]] Refusal container_leased();
[[nodiscard]] Refusal too_many_scopes(std::size_t limit);
[[nodiscard]] Refusal public_access_not_permitted();
// 503, and 500 for what nobody planned for. The detail goes to the log only.
[[nodiscard]] Refusal of(const Error& error);

}  // namespace freehold::blob::provider_errors
