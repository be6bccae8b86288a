// PolicyStore: each tenant's policies, sealed, and decided from memory. Keeps: E1, C2 (in part).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>

#include "keys/sealed_rows.h"
#include "route/api_error.h"
#include "runtime/completion.h"
#include "runtime/turn.h"
#include "src/tenant_policies.h"

namespace freehold::policies {

using runtime::Task;

// A change of a tenant's policies.
class PolicyDraft {
 public:
  explicit PolicyDraft(const TenantPolicies& before) : next_(before) {}
  [[nodiscard]] const TenantPolicies& state() const { return next_; }
  void put(EntryPtr entry);
  void remove(const Entry& entry);

 private:
  friend class PolicyStore;
  TenantPolicies next_;
  keys::RowChange rows_;
  bool decides_ = false;  // other decisions than before
};

// Says no by its error, and then nothing changes.
using PolicyEdit = std::function<gate::ApiResult<>(PolicyDraft& draft)>;

// Time, as far as decisions go: as long as one of these is held, somebody acts by the policies that it came with. The
// next one is held by it, so that nobody who waits for a later one passes by an earlier.
struct PolicyEpoch {
  ~PolicyEpoch() { ended.complete(true); }
  runtime::Completion<bool> ended;
  std::shared_ptr<PolicyEpoch> next;
};

// Owned by PoliciesService. Thread-safe once its tenants are loaded; changes of a tenant wait for each other.
class PolicyStore {
 public:
  PolicyStore(keys::SealedStore store, const gate::policy::AliasTable& aliases);
  ~PolicyStore();

  // Reads a tenant's rows; before anything else is asked of the tenant.
  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  // Never null.
  [[nodiscard]] std::shared_ptr<const TenantPolicies> state(TenantId tenant) const;
  // To decide a change by: `epoch` is held until what was decided is written.
  struct Entered {
    std::shared_ptr<const TenantPolicies> state;
    std::shared_ptr<const void> epoch;
  };
  [[nodiscard]] Entered enter(TenantId tenant) const;
  // When it ends well it is in force: for every decision that begins, and nothing decided before is still to be
  // written. Must not be called by who holds an epoch. 400 with the language's refusal, 503 if it couldn't be kept.
  [[nodiscard]] Task<gate::ApiResult<>> change(TenantId tenant, PolicyEdit edit);
  [[nodiscard]] const gate::policy::AliasTable& aliases() const { return aliases_; }

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;

  keys::SealedStore store_;
  const gate::policy::AliasTable& aliases_;
  std::shared_ptr<const TenantPolicies> nothing_;
  mutable std::shared_mutex mutex_;                    // guards the map, and the tables' states and epochs
  std::map<TenantId, std::shared_ptr<Table>> tables_;  // shared with changes under way
};

}  // namespace freehold::policies
