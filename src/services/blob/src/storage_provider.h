// Microsoft.Storage as a resource provider: its types as rows, and who stands behind them.
//
// Source: "Storage Resource Provider REST API". The provider keeps nothing of its own: accounts are the account
// store's, service properties and containers those of the data plane, so that both planes show one truth.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "resource/managed_identities.h"
#include "resource/registry.h"
#include "src/operation.h"
#include "src/storage_account_rules.h"

namespace freehold::blob {

using gate::resource::ResourceId;

inline constexpr std::string_view kStorageProvider = "Microsoft.Storage";
inline constexpr std::size_t kAccountsPerSubscription = 250;  // Azure's default, for a region

// The account that an id names, or that what it names stands in; null if there is none, or not in that place. The
// emulator's isn't a resource.
[[nodiscard]] std::shared_ptr<const AccountRecord> find_account(const AccountStore& accounts, const ResourceId& id,
                                                                TenantId tenant);
// ":8443" of "https://management.D:8443", or empty.
[[nodiscard]] std::string port_of_origin(std::string_view origin);

// Who may act for accounts; null: nobody.
struct AccountActors {
  gate::resource::ManagedIdentities* own = nullptr;
  const gate::resource::UserIdentities* assigned = nullptr;
};

// Owned by BlobService; outlives the registry. Thread-safe as the stores are. Each answers for its types alone.
class StorageAccountProvider final : public gate::resource::ResourceProvider {
 public:
  StorageAccountProvider(BlobParts& parts, AccountActors actors, AccountPlace place)
      : parts_(parts), actors_(actors), place_(std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  // storage_account_writes.cpp
  [[nodiscard]] Task<gate::ApiResult<>> create(gate::resource::ApprovedChange change);
  [[nodiscard]] Task<gate::ApiResult<>> update(std::shared_ptr<const AccountRecord> there,
                                               gate::resource::ApprovedChange change);
  [[nodiscard]] gate::ApiResult<AccountIdentity> wanted_identity(const AccountRecord* there, const AskedCustody& asked,
                                                                 const gate::resource::Caller& caller) const;
  [[nodiscard]] Task<gate::ApiResult<PrincipalId>> make_own_identity(std::string name, std::string id,
                                                                     gate::resource::Caller caller);
  [[nodiscard]] Task<gate::ApiResult<>> drop_own_identity(TenantId tenant, PrincipalId identity);
  // Actions (storage_account_actions.cpp).
  [[nodiscard]] Task<gate::ApiResult<Json>> regenerate_key(std::shared_ptr<const AccountRecord> record, Json body);
  [[nodiscard]] Task<gate::ApiResult<Json>> revoke_delegation_keys(std::shared_ptr<const AccountRecord> record);
  [[nodiscard]] gate::ApiResult<Json> check_name(const Json& body) const;
  [[nodiscard]] Json skus() const;
  [[nodiscard]] Json usages(SubscriptionId subscription, TenantId tenant) const;
  [[nodiscard]] std::size_t count(SubscriptionId subscription, TenantId tenant) const;

  BlobParts& parts_;
  const AccountActors actors_;
  const AccountPlace place_;
};

class BlobServicesProvider final : public gate::resource::ResourceProvider {
 public:
  BlobServicesProvider(BlobParts& parts, AccountPlace place) : parts_(parts), place_(std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  BlobParts& parts_;
  const AccountPlace place_;
};

class ContainersProvider final : public gate::resource::ResourceProvider {
 public:
  explicit ContainersProvider(BlobParts& parts) : parts_(parts) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  BlobParts& parts_;
};

// Encryption scopes: made, altered, disabled; Azure has no deletion of them. encryption_scopes_provider.cpp.
class EncryptionScopesProvider final : public gate::resource::ResourceProvider {
 public:
  EncryptionScopesProvider(BlobParts& parts, AccountPlace place) : parts_(parts), place_(std::move(place)) {}
  void add_types(gate::resource::Registry& registry);
  [[nodiscard]] Task<gate::ApiResult<Json>> get(ResourceId id, gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<std::vector<Json>>> list(const gate::resource::ResourceType& type,
                                                              gate::resource::ListScope scope,
                                                              gate::resource::Reading reading) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> put(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::Written>> remove(gate::resource::ApprovedChange change) override;
  [[nodiscard]] Task<gate::ApiResult<gate::resource::ActionAnswer>> act(gate::resource::ActionCall call) override;

 private:
  BlobParts& parts_;
  const AccountPlace place_;
};

// All of them, as BlobService has them.
struct StorageProvider {
  StorageProvider(BlobParts& parts, AccountActors actors, const AccountPlace& place)
      : accounts(parts, actors, place), services(parts, place), containers(parts), scopes(parts, place) {}
  void add_types(gate::resource::Registry& registry) {
    accounts.add_types(registry);
    services.add_types(registry);
    containers.add_types(registry);
    scopes.add_types(registry);
  }
  StorageAccountProvider accounts;
  BlobServicesProvider services;
  ContainersProvider containers;
  EncryptionScopesProvider scopes;
};

// Newest first; newer ones are taken too (CLIENTS: what az, its profiles and the SDKs send).
[[nodiscard]] std::vector<std::string> storage_api_versions();

// What policies may name (storage_aliases.cpp).
[[nodiscard]] std::span<const gate::resource::PropertyAlias> storage_account_aliases();
[[nodiscard]] std::span<const gate::resource::PropertyAlias> blob_service_aliases();
[[nodiscard]] std::span<const gate::resource::PropertyAlias> container_aliases();
[[nodiscard]] std::span<const gate::resource::PropertyAlias> encryption_scope_aliases();
[[nodiscard]] std::span<const std::string_view> absent_storage_types();

}  // namespace freehold::blob
