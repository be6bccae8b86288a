#include "src/key_export.h"

#include "base/encoding.h"
#include "src/release_policy.h"

namespace freehold::vault {
namespace {

using crypto::Leaving;

constexpr auto kContentType = "application/json; charset=utf-8";

// Null if the body has none.
ApiResult<Json> read_policy(const Json& body) {
  FH_TRY(const auto* given, said(object_member(body, kReleasePolicyMember)));
  if (given == nullptr) return Json(nullptr);
  FH_TRY(const auto type, said(text_member(*given, "contentType", 128)));
  FH_TRY(const auto data, said(bytes_member(*given, "data", kMaxReleasePolicy)));
  FH_TRY(const auto immutable, said(bool_member(*given, "immutable")));
  if (data.empty()) return vault_errors::bad_parameter("'data' of a release policy is required, in base64url.");
  FH_TRY([[maybe_unused]] const auto policy, said(parse_release_policy(data)));
  return Json{{"contentType", type.value_or(kContentType)},
              {"data", to_base64url(data)},
              {"immutable", immutable.value_or(false)}};
}

bool is_immutable(const Json& policy) { return policy.is_object() && policy.value("immutable", false); }

ApiResult<> check_changeable(const Json& before, const Json& after) {
  if (!is_immutable(before) || before == after) return {};
  return vault_errors::release(1020, "Immutable Key Release Policy cannot be modified.");
}

vault_errors::Refusal exportable_stays() {
  return vault_errors::release(1003, "The exportable attribute of an existing key cannot be changed.");
}

vault_errors::Refusal needs_no_policy() {
  return vault_errors::release(1005, "Non-exportable keys must not have release policy.");
}

}  // namespace

ApiResult<Leaving> asked_leaving(const Json& body) {
  FH_TRY(const auto exportable, said(bool_member(member(body, "attributes"), "exportable")));
  return exportable.value_or(false) ? Leaving::kReleased : Leaving::kNever;
}

ApiResult<ReleaseTerms> read_release_terms(const Json& body, Leaving leaving, const KeyKind& kind, const Vault& vault) {
  const bool asked = !member(body, kReleasePolicyMember).is_null();
  if (leaving == Leaving::kNever) {
    if (asked) return needs_no_policy();
    return ReleaseTerms{};
  }
  if (!vault.pool && vault.settings.sku != "premium") {
    return vault_errors::release(
        1001, "The exportable attribute is only supported with premium vaults and API version >= '7.3-preview'.");
  }
  if (!kind.hsm) return vault_errors::release(1006, "Exportable keys must be protected by an HSM.");
  if (!asked) return vault_errors::release(1004, "Exportable keys must have release policy.");
  FH_TRY(auto policy, read_policy(body));
  return ReleaseTerms{leaving, std::move(policy)};
}

ApiResult<> check_follows(const ItemVersion& newest, const ReleaseTerms& terms) {
  if (leaving_of(newest) != terms.leaving) return exportable_stays();
  return check_changeable(release_policy_of(newest), terms.policy);
}

ApiResult<ReleaseChange> read_release_change(const Json& body, bool of_a_version) {
  ReleaseChange out;
  FH_TRY(out.exportable, said(bool_member(member(body, "attributes"), "exportable")));
  FH_TRY(out.policy, read_policy(body));
  if (of_a_version && !out.policy.is_null()) {
    return vault_errors::release(1016, "Key Release Policy can only be set on versionless key.");
  }
  return out;
}

ApiResult<> alter_release(ItemVersion& version, const ReleaseChange& change) {
  const bool exportable = version.attributes.exportable;
  if (change.exportable && *change.exportable != exportable) return exportable_stays();
  if (change.policy.is_null()) return {};
  if (!exportable) return needs_no_policy();
  FH_CHECK_OK(check_changeable(release_policy_of(version), change.policy));
  set_release_policy(version, change.policy);
  return {};
}

Leaving leaving_of(const ItemVersion& version) {
  return version.attributes.exportable ? Leaving::kReleased : Leaving::kNever;
}

Json release_policy_of(const ItemVersion& version) {
  return member(Json::parse(version.open, nullptr, false), kReleasePolicyMember);
}

void set_release_policy(ItemVersion& version, const Json& policy) {
  if (policy.is_null()) return;
  Json open = Json::parse(version.open, nullptr, false);
  if (!open.is_object()) return;
  open[kReleasePolicyMember] = policy;
  version.open = open.dump();
}

Task<ApiResult<Json>> policy_in_force(VaultParts& parts, const VaultCall& call, std::string name) {
  FH_CO_TRY(const auto head, said(co_await parts.items.head(call.vault, ItemKind::kKey, Life::kLive, name)));
  if (!head) co_return vault_errors::not_found(ItemKind::kKey, name);
  co_return release_policy_of(head->current);
}

}  // namespace freehold::vault
