// Managed HSM pools behind the door, as their clients and the resource manager see them.
#pragma once

#include "src/test_vault.h"

namespace freehold::vault {

class PoolTest : public VaultTest {
 protected:
  [[nodiscard]] gate::resource::ResourceProvider& pools() {
    return *registry_->find("Microsoft.KeyVault/managedHSMs")->behind;
  }
  Managed write_pool(ChangeKind kind, const std::string& name, Json after) {
    gate::resource::ProposedChange change{.kind = kind,
                                          .id = id_of("managedHSMs/" + name),
                                          .api_version = "2022-07-01",
                                          .after = std::move(after),
                                          .caller = caller()};
    auto approved = registry_->checks().approve(std::move(change));
    if (!approved) return managed(ApiResult<>(std::unexpected(approved.error())));
    if (kind == ChangeKind::kDelete) return managed(run_blocking(pools().remove(std::move(*approved))));
    return managed(run_blocking(pools().put(std::move(*approved))));
  }
  Managed act_on_pools(const std::string& action, ResourceId id, Json body = nullptr) {
    return managed(run_blocking(pools().act({.action = action,
                                             .id = std::move(id),
                                             .body = std::move(body),
                                             .api_version = "2022-07-01",
                                             .caller = caller()})));
  }
  [[nodiscard]] ResourceId deleted_pool(const std::string& name) const {
    return *gate::resource::parse_resource_id("/subscriptions/" + to_string(subscription_) +
                                              "/providers/Microsoft.KeyVault/locations/local/deletedManagedHSMs/" +
                                              name);
  }
  [[nodiscard]] Json pool_body(Json more = Json::object()) const {
    Json properties = {{"tenantId", to_string(tenant_)}, {"initialAdminObjectIds", {to_string(owner_)}}};
    properties.update(more);
    return {{"location", "local"},
            {"sku", {{"family", "B"}, {"name", "Standard_B1"}}},
            {"properties", std::move(properties)}};
  }
  Managed make_pool(const std::string& name, Json more = Json::object()) {
    return write_pool(ChangeKind::kPut, name, pool_body(std::move(more)));
  }

  Answer ask_pool(PrincipalId who, http::Method method, const std::string& pool, std::string path,
                  const Json& body = nullptr, const std::string& audience = "https://managedhsm.cloud.test:8443") {
    auto claims = gate::testing::good_claims(tenant_, who, memory_.clock.now());
    claims["aud"] = "\"" + audience + "\"";
    if (!path.contains("api-version")) path += (path.contains('?') ? "&" : "?") + std::string("api-version=7.4");
    return gate::testing::ask(*pipeline_, method, "https://" + pool + ".managedhsm.cloud.test:8443" + path, body,
                              {{"authorization", "Bearer " + gate::testing::token_of(claims)}}, address_);
  }
  static constexpr std::string_view kRoles = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/";
  static std::string assignment_path(const std::string& scope, const std::string& name) {
    return "/" + scope + "/providers/Microsoft.Authorization/roleAssignments/" + name;
  }
  Answer assign(PrincipalId giver, PrincipalId who, std::string_view role, const std::string& scope,
                const std::string& name) {
    return ask_pool(
        giver, http::Method::kPut, "hsm1", assignment_path(scope, name),
        {{"properties",
          {{"principalId", to_string(who)}, {"roleDefinitionId", std::string(kRoles) + std::string(role)}}}});
  }
};

}  // namespace freehold::vault
