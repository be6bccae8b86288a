// StorageAccess: what principals of the directory may do with storage accounts, as the gate asks. Keeps: H1.
#pragma once

#include <memory>
#include <string_view>

#include "authn/account.h"
#include "authn/delegation_key.h"
#include "authn/identity.h"
#include "authz/decide.h"
#include "route/route.h"

namespace freehold::gate::authz {

// Where the state comes from by which requests are decided. Thread-safe, answers from memory.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Never null: an unknown tenant's gives nothing.
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot(TenantId tenant) const = 0;
};

// Which of its two lists Azure has an operation on ("Azure permissions for Storage"): what is done to blobs is a data
// action, what is done to containers and services isn't, though both come by the data plane.
[[nodiscard]] ActionKind kind_of(std::string_view storage_action);

// Owned by app/; borrows all three, which outlive it. Thread-safe, decides from memory.
class StorageAccess final : public DelegatorRights {
 public:
  StorageAccess(const SnapshotSource& assignments, const IdentityDirectory& identities, const ManagementTree& tree)
      : assignments_(assignments), identities_(identities), tree_(tree) {}

  // The account's own tenant only: nobody has a role on another's.
  [[nodiscard]] Decision decide(const Identity& who, const StorageAccount& account, const Target& target,
                                std::string_view action, const AskedFor& asked) const;
  // The same of a principal that isn't the caller: false if it is gone or disabled.
  [[nodiscard]] bool may(const Delegator& who, const StorageAccount& account, const Target& target,
                         std::string_view data_action, const AskedFor& asked) const override;

 private:
  const SnapshotSource& assignments_;
  const IdentityDirectory& identities_;
  const ManagementTree& tree_;
};

}  // namespace freehold::gate::authz
