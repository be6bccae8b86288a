// PoliciesService: Azure Policy in force. Definitions, initiatives, assignments and exemptions as resources of
// Microsoft.Authorization, and the check that each change of a resource passes. Keeps: C2 (in part).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "authn/identity.h"
#include "authz/scope.h"
#include "authz/storage_access.h"
#include "keys/sealed_rows.h"
#include "pipeline/pipeline.h"
#include "policies/managed_identities.h"
#include "resource/data_policy.h"
#include "resource/registry.h"
#include "resource/scopes.h"

namespace freehold::policies {

class ManagerDoor;

// All borrowed things outlive the service.
struct PoliciesServiceOptions {
  keys::SealedStore store;
  const Clock& clock;
  const gate::authz::ManagementTree& tree;  // which management groups stand above what
  const gate::resource::Scopes& scopes;     // what policies see of groups and subscriptions
  // By which it is decided who may exempt from an assignment.
  const gate::authz::SnapshotSource& assignments;
  const gate::IdentityDirectory& identities;
  AssignmentIdentities& managed;                                    // who acts for assignments
  const gate::resource::UserIdentities* user_identities = nullptr;  // what else may; null: nothing
  // What is inside of resources and policies speak of: by services' data planes held against data_policy(), and looked
  // at by scans. Null: they look at nothing inside.
  std::span<const gate::resource::DataType> data_types = {};
  gate::resource::DataObjects* data_objects = nullptr;
};

// Owned by app/. In this order: every service that has resources adds its types; add_resource_types(), once; open();
// start(). The rest happens by what it put into the registry. Thread-safe from then on.
class PoliciesService {
 public:
  explicit PoliciesService(PoliciesServiceOptions options);
  ~PoliciesService();
  PoliciesService(const PoliciesService&) = delete;
  PoliciesService& operator=(const PoliciesService&) = delete;

  // Its types and its check. The types that are there by now bring the aliases that policies may name.
  void add_resource_types(gate::resource::Registry& registry);
  // Reads a tenant's rows and puts them in force; before any request of the tenant. kCorrupt if a row is damaged.
  [[nodiscard]] runtime::Task<Result<>> open(TenantId tenant);
  [[nodiscard]] gate::ServiceGate& gate();
  // What they say of objects of those types.
  [[nodiscard]] const gate::resource::DataPolicy& data_policy() const;
  // Compliance scans and remediations run on this loop from here on, until close_and_wait(). From outside the loops.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  // The same without scans, and asking somebody else: for tests.
  void start(boost::asio::io_context& loop, ManagerDoor& door);
  void close_and_wait();
  // One scan, as the job does it: for tests.
  [[nodiscard]] runtime::Task<Result<>> scan(TenantId tenant, std::string scope);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::policies
