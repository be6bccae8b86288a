// Vaults behind the door, over an engine in memory, with callers who have tokens.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "authz/testing/fixed_roles.h"
#include "crypto/aead.h"
#include "keys/testing/erasable_store.h"
#include "pipeline/testing/route_matrix.h"
#include "pipeline/testing/test_door.h"
#include "resource/registry.h"
#include "src/vault_provider.h"
#include "vault/vault_service.h"

namespace freehold::vault {

using gate::resource::ChangeKind;
using runtime::run_blocking;

class TestWrapper final : public crypto::KeyWrapper {
 public:
  explicit TestWrapper(Random& random) : random_(random) {}
  [[nodiscard]] Task<Result<Bytes>> wrap(TenantId tenant, Secret key, Bytes context) override {
    co_return crypto::seal(key_, Bytes(tenant.view()) + context, key.view(), random_);
  }
  [[nodiscard]] Task<Result<Secret>> unwrap(TenantId tenant, Bytes wrapped, Bytes context) override {
    if (fails_for(context)) co_return fail(ErrorCode::kCorrupt, "a wrapped key was altered");
    co_return crypto::open_secret(key_, Bytes(tenant.view()) + context, wrapped);
  }

  std::function<bool(const Bytes& context)> fails_for = [](const Bytes&) { return false; };

 private:
  Random& random_;
  const Secret key_{BytesView("0123456789abcdef0123456789abcdef")};
};

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() {
    tenant_.bytes.fill(0x7e);
    subscription_.bytes.fill(0x5b);
    owner_.bytes.fill(0x0a);
    manager_ = owner_;
    friend_.bytes.fill(0x0b);
    group_.bytes.fill(0x0c);
    identities_.put({.tenant = tenant_, .object = owner_});
    identities_.put({.tenant = tenant_, .object = friend_, .groups = {group_}});
    roles_.assign(tenant_, owner_, gate::authz::roles::kKeyVaultAdministrator);
    roles_.assign(tenant_, owner_, gate::authz::roles::kOwner);
    open();
  }

  void open() {
    pipeline_.reset();
    service_.reset();
    memory_.reopen();
    service_ = std::make_unique<VaultService>(VaultServiceOptions{.store = memory_.sealed(),
                                                                  .wrapper = wrapper_,
                                                                  .erasure = *memory_.tree,
                                                                  .clock = memory_.clock,
                                                                  .domain = "cloud.test",
                                                                  .location = "local",
                                                                  .assignments = roles_,
                                                                  .tree = tree_,
                                                                  .identities = identities_,
                                                                  .token_keys = token_keys_,
                                                                  .hsm = hsm_of_pools_,
                                                                  .limits = limits_,
                                                                  .attestation_issuers = issuers_,
                                                                  .authority = &authority_of_region_});
    const auto loaded = run_blocking(service_->load());
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    registry_ = std::make_unique<gate::resource::Registry>();
    service_->add_resource_types(*registry_);
    pipeline_ = std::make_unique<gate::Pipeline>(accounts_, log_, memory_.clock, memory_.random,
                                                 gate::PipelineOptions{.bearer = &trust_});
    pipeline_->add(service_->gate());
    pipeline_->add(service_->pool_gate());
  }

  // What the resource manager does.
  [[nodiscard]] gate::resource::ResourceProvider& provider() {
    return *registry_->find("Microsoft.KeyVault/vaults")->behind;
  }
  [[nodiscard]] gate::resource::Caller caller() const {
    return {.tenant = tenant_,
            .object = manager_,
            .now = memory_.clock.now(),
            .origin = "https://management.cloud.test:8443"};
  }
  [[nodiscard]] ResourceId id_of(const std::string& below) const {
    return *gate::resource::parse_resource_id("/subscriptions/" + to_string(subscription_) +
                                              "/resourceGroups/g/providers/Microsoft.KeyVault/" + below);
  }
  struct Managed {
    int status = 0;
    std::string code = {};
    Json body = nullptr;
    [[nodiscard]] std::string said() const { return std::to_string(status) + " " + code; }
  };
  template <class T>
  [[nodiscard]] static Managed managed(ApiResult<T> result) {
    if (!result) return {result.error().status, result.error().code, result.error().message};
    if constexpr (requires { result->resource; }) return {result->status, "", result->resource};
    if constexpr (requires {
                    result->status;
                    result->body;
                  })
      return {result->status, "", result->body};
    return {200, "", nullptr};
  }
  Managed write(ChangeKind kind, const std::string& below, Json after) {
    gate::resource::ProposedChange change{
        .kind = kind, .id = id_of(below), .api_version = "2022-07-01", .after = std::move(after), .caller = caller()};
    auto checked = registry_->checks().approve(std::move(change));
    if (!checked) return managed(ApiResult<>(std::unexpected(checked.error())));
    auto approved = std::move(*checked);
    if (kind == ChangeKind::kDelete) return managed(run_blocking(provider().remove(std::move(approved))));
    return managed(run_blocking(provider().put(std::move(approved))));
  }
  Managed act(const std::string& action, ResourceId id, Json body = nullptr) {
    return managed(run_blocking(provider().act({.action = action,
                                                .id = std::move(id),
                                                .body = std::move(body),
                                                .api_version = "2022-07-01",
                                                .caller = caller()})));
  }
  [[nodiscard]] Json vault_body(Json more = Json::object()) const {
    Json properties = {{"tenantId", to_string(tenant_)},
                       {"sku", {{"family", "A"}, {"name", "standard"}}},
                       {"enableRbacAuthorization", true}};
    properties.update(more);
    return {{"location", "local"}, {"properties", std::move(properties)}};
  }
  Managed make_vault(const std::string& name, Json more = Json::object()) {
    return write(ChangeKind::kPut, "vaults/" + name, vault_body(std::move(more)));
  }

  // What a client of a vault does.
  using Answer = gate::testing::JsonAnswer;
  Answer call_as(PrincipalId who, http::Method method, const std::string& vault, std::string path,
                 const Json& body = nullptr) {
    auto claims = gate::testing::good_claims(tenant_, who, memory_.clock.now());
    claims["aud"] = "\"https://vault.cloud.test:8443\"";
    return send(method, vault, std::move(path), body, {{"authorization", "Bearer " + gate::testing::token_of(claims)}});
  }
  Answer send(http::Method method, const std::string& vault, std::string path, const Json& body = nullptr,
              gate::testing::HeaderList headers = {}) {
    if (!path.contains("api-version")) path += (path.contains('?') ? "&" : "?") + std::string("api-version=7.4");
    return gate::testing::ask(*pipeline_, method, "https://" + vault + ".vault.cloud.test:8443" + path, body,
                              std::move(headers), address_);
  }
  Answer get(const std::string& path) { return call_as(owner_, http::Method::kGet, "vau1", path); }
  Answer put(const std::string& path, const Json& body) {
    return call_as(owner_, http::Method::kPut, "vau1", path, body);
  }
  Answer post(const std::string& path, const Json& body = Json::object()) {
    return call_as(owner_, http::Method::kPost, "vau1", path, body);
  }
  Answer patch(const std::string& path, const Json& body) {
    return call_as(owner_, http::Method::kPatch, "vau1", path, body);
  }
  Answer remove(const std::string& path) { return call_as(owner_, http::Method::kDelete, "vau1", path); }

  keys::testing::ErasableStore memory_;
  TestWrapper wrapper_{memory_.random};
  TenantId tenant_;
  SubscriptionId subscription_;
  PrincipalId owner_;    // Owner and Key Vault Administrator
  PrincipalId manager_;  // who writes to the resource manager: the owner
  PrincipalId friend_;   // has no role, and is in group_
  PrincipalId group_;
  std::string address_ = {};  // from where clients come
  gate::testing::TestAuthority authority_;
  gate::testing::TestIdentities identities_;
  gate::testing::FakeAccounts accounts_;
  gate::testing::FakeLog log_;
  gate::BearerTrust trust_{authority_, identities_, {}};
  gate::authz::testing::FixedRoles roles_;
  gate::authz::FlatTree tree_;
  VaultLimits limits_ = {};                        // taken by open()
  crypto::TokenKeys* token_keys_ = nullptr;        // taken by open()
  crypto::Hsm* hsm_of_pools_ = nullptr;            // the same
  std::vector<AttestationIssuer> issuers_;         // the same
  crypto::CertificateAndKey authority_of_region_;  // lent to the service
  std::unique_ptr<gate::resource::Registry> registry_;
  std::unique_ptr<VaultService> service_;
  std::unique_ptr<gate::Pipeline> pipeline_;
};

}  // namespace freehold::vault
