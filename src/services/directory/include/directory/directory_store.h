// DirectoryStore: tenants and the objects of their directories, kept sealed and answered from memory. Keeps: H1, R4,
// E1.
//
// The control plane and Graph put their APIs around this. A change is in effect, for every request that begins after
// it, when its task ends well.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "authn/identity.h"
#include "base/clock.h"
#include "directory/object.h"
#include "keys/erasure_tree.h"
#include "keys/sealed_rows.h"
#include "runtime/turn.h"

namespace freehold::directory {

using runtime::Task;

// The audit row of a change, to ride in its commit; made for the partition that it is given.
using AuditRow = std::function<store::KeyValue(const store::PartitionId&)>;

class Draft;
struct Objects;
struct Snapshot;

// The service principal that a first start makes.
struct FirstAdministrator {
  PrincipalId application;
  Secret secret;
};

// Owned by DirectoryService. Thread-safe once loaded. One tenant's directory is in one partition of that tenant's;
// changes of a tenant wait for each other.
class DirectoryStore final : public gate::IdentityDirectory {
 public:
  DirectoryStore(keys::SealedStore store, keys::ErasureTree& erasure);
  ~DirectoryStore() override;

  // Reads a tenant's directory; before anything else is asked of the tenant. An empty one gets its first objects in one
  // commit: the administrator, who is Global Administrator, and the public client of the az CLI.
  [[nodiscard]] Task<Result<>> open(TenantId tenant, FirstAdministrator administrator);

  // The same of an external directory of a tenant that is open; an empty one gets who made it as Global Administrator.
  [[nodiscard]] Task<Result<>> open_external(std::shared_ptr<const ExternalDirectory> external);
  // Everything of an external directory, for good, if `may` lets it: it is given the directory as it is then. Once rows
  // have begun to go, nothing changes it any more; a failure leaves a rest, and may be followed by another try.
  using Condition = std::move_only_function<Result<>(const Objects& objects)>;
  [[nodiscard]] Task<Result<>> erase_external(TenantId tenant, Condition may);

  [[nodiscard]] bool has(TenantId tenant) const;
  [[nodiscard]] std::vector<TenantId> tenants() const;
  // Without the external directories, whose people sign in by their tenant's name alone.
  [[nodiscard]] std::vector<TenantId> home_tenants() const;
  // Is it an external directory?
  [[nodiscard]] bool is_external(TenantId tenant) const;
  [[nodiscard]] std::shared_ptr<const gate::Identity> find(TenantId tenant, PrincipalId object) const override;
  [[nodiscard]] std::optional<gate::PrincipalKind> kind_of(TenantId tenant, PrincipalId object) const override;
  [[nodiscard]] std::shared_ptr<const ServicePrincipal> service_principal(TenantId tenant, PrincipalId object) const;
  // Every tenant's service principal of that client id, external directories' left out, or only the one of `tenant`.
  struct Client {
    TenantId tenant;
    std::shared_ptr<const ServicePrincipal> principal;
  };
  [[nodiscard]] std::vector<Client> clients(PrincipalId application, std::optional<TenantId> tenant = {}) const;
  [[nodiscard]] std::shared_ptr<const Group> group(TenantId tenant, PrincipalId object) const;

  // All of a tenant's directory as it is now; null: no such tenant.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot(TenantId tenant) const;
  // Makes one change: `edit` is given the directory as it is when its turn comes and says what shall be different. If
  // the edit fails, or the commit does, nothing has changed. The edit is kept until the task ends.
  using Edit = std::move_only_function<Result<>(Draft& draft)>;
  [[nodiscard]] Task<Result<>> change(TenantId tenant, Edit edit, AuditRow audit = {});

  // kConflict: the client id or the object id is taken. kInvalidArgument: no name, or too long. kExhausted: too many.
  [[nodiscard]] Task<Result<PrincipalId>> add_service_principal(TenantId tenant, PrincipalId application,
                                                                std::string name, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> remove_service_principal(TenantId tenant, PrincipalId object, AuditRow audit = {});
  // What acts for a resource (Graph: a service principal of type ManagedIdentity). kExhausted: there are too many.
  struct Managed {
    PrincipalId object;
    PrincipalId application;
  };
  [[nodiscard]] Task<Result<Managed>> add_managed_identity(TenantId tenant, std::string name,
                                                           std::vector<std::string> alternative_names,
                                                           WallTime created);
  // At once and for good. One that isn't there is removed; kInvalidArgument: that is no managed identity.
  [[nodiscard]] Task<Result<>> remove_managed_identity(TenantId tenant, PrincipalId object);
  [[nodiscard]] std::vector<PrincipalId> managed_identities(TenantId tenant) const;
  [[nodiscard]] Task<Result<>> set_enabled(TenantId tenant, PrincipalId object, bool enabled, AuditRow audit = {});
  // The new secret, which isn't kept: what is kept can only tell whether it is the one.
  [[nodiscard]] Task<Result<Secret>> add_secret(TenantId tenant, PrincipalId object, std::optional<WallTime> expiry,
                                                AuditRow audit = {});
  [[nodiscard]] Task<Result<>> remove_secret(TenantId tenant, PrincipalId object, SecretId secret, AuditRow audit = {});
  [[nodiscard]] Task<Result<PrincipalId>> add_group(TenantId tenant, std::string name, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> remove_group(TenantId tenant, PrincipalId group, AuditRow audit = {});
  // kNotFound: no such group or member. kExhausted: the group has too many, or somebody would be in too many groups.
  [[nodiscard]] Task<Result<>> add_member(TenantId tenant, PrincipalId group, PrincipalId member, AuditRow audit = {});
  [[nodiscard]] Task<Result<>> remove_member(TenantId tenant, PrincipalId group, PrincipalId member,
                                             AuditRow audit = {});

  // Where audit rows may be attached to changes.
  [[nodiscard]] std::vector<store::PartitionId> partitions() const;

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;

  keys::SealedStore store_;
  keys::ErasureTree& erasure_;
  mutable std::shared_mutex mutex_;                    // guards the map and the tables' snapshots
  std::map<TenantId, std::shared_ptr<Table>> tables_;  // shared with changes under way
};

}  // namespace freehold::directory
