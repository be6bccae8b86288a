// Settings of a pool: list, get, update. Source: "Settings" of the data plane reference.
//
// Azure publishes no data actions for them. Here whoever may read roles reads them, and whoever may download the
// security domain (an administrator) alters them.
#include "base/encoding.h"
#include "src/hsm_call.h"
#include "src/hsm_errors.h"

namespace freehold::vault {
namespace {

using gate::AuditClass;
using gate::Task;
using http::Method;

constexpr std::string_view kByArm = "AllowKeyManagementOperationsThroughARM";

Json show_setting(const Vault& pool) {
  return {{"name", kByArm}, {"value", pool.pool->keys_by_arm ? "true" : "false"}, {"type", "boolean"}};
}

ApiResult<> check_setting(const VaultCall& call) {
  if (equals_ignoring_case(call.segment(1), kByArm)) return {};
  return hsm_errors::setting_not_found(call.segment(1));
}

Task<Reply> get_settings(PoolParts&, VaultCall& call) {
  co_return json_answer({{"settings", Json::array({show_setting(*call.vault)})}});
}

Task<Reply> get_setting(PoolParts&, VaultCall& call) {
  FH_CO_CHECK_OK(check_setting(call));
  co_return json_answer(show_setting(*call.vault));
}

Task<Reply> update_setting(PoolParts& parts, VaultCall& call) {
  FH_CO_CHECK_OK(check_setting(call));
  FH_CO_TRY(const auto value, said(word_member(call.body, "value", {"true", "false"})));
  if (!value) co_return vault_errors::bad_parameter("'value' is required: \"true\" or \"false\".");
  const bool on = *value == "true";
  const auto done = co_await parts.vault.vaults.change(call.vault, [on](Vault& pool) { pool.pool->keys_by_arm = on; });
  if (!done) co_return vault_errors::of(done.error());
  co_return json_answer({{"name", kByArm}, {"value", *value}, {"type", "boolean"}});
}

}  // namespace

std::span<const PoolRow> pool_setting_rows() {
  constexpr std::string_view kRead = "Microsoft.KeyVault/managedHsm/roleAssignments/read/action";
  constexpr std::string_view kWrite = "Microsoft.KeyVault/managedHsm/securitydomain/download/action";
  static const std::vector<PoolRow> rows = {
      {"GetSettings", Method::kGet, {"/settings"}, kRead, &get_settings},
      {"GetSetting", Method::kGet, {"/settings/{name}"}, kRead, &get_setting},
      {"UpdateSetting", Method::kPatch, {"/settings/{name}"}, kWrite, &update_setting, AuditClass::kControl}};
  return rows;
}

}  // namespace freehold::vault
