// IdentitiesService: Microsoft.ManagedIdentity as app/ wires it: user-assigned identities. Keeps: H4, E2b (its part).
#pragma once

#include <functional>
#include <memory>

#include "authn/identity.h"
#include "authz/storage_access.h"
#include "keys/sealed_rows.h"
#include "resource/managed_identities.h"
#include "resource/registry.h"

namespace freehold::identities {

// All borrowed things outlive the service.
struct IdentitiesServiceOptions {
  keys::SealedStore store;
  gate::resource::ManagedIdentities& principals;  // the directory's
  const gate::IdentityDirectory& directory;
  const gate::authz::SnapshotSource& assignments;
  const gate::authz::ManagementTree& tree;
};

// Owned by app/. load() of each tenant first; the rest is thread-safe.
class IdentitiesService {
 public:
  explicit IdentitiesService(IdentitiesServiceOptions options);
  ~IdentitiesService();
  IdentitiesService(const IdentitiesService&) = delete;
  IdentitiesService& operator=(const IdentitiesService&) = delete;

  [[nodiscard]] runtime::Task<Result<>> load(TenantId tenant);
  // Microsoft.ManagedIdentity/userAssignedIdentities.
  void add_resource_types(gate::resource::Registry& registry);
  // An identity of which this is true isn't deleted (409): something would be lost with it. Before requests; it may be
  // asked from any thread.
  void keep_while(std::function<bool(TenantId tenant, PrincipalId principal)> needed);
  // For services whose resources have identities.
  [[nodiscard]] const gate::resource::UserIdentities& identities() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::identities
