// IdentityStore: user-assigned identities of each tenant, kept sealed and answered from memory
// (docs/formats/identities.md).
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "keys/sealed_rows.h"
#include "resource/managed_identities.h"
#include "resource/resource_id.h"
#include "runtime/turn.h"

namespace freehold::identities {

using runtime::Task;

inline constexpr std::size_t kMaxIdentities = 5'000;  // a tenant; ours

struct AssignableIdentity {
  gate::resource::ResourceId id;
  std::string location = {};
  std::map<std::string, std::string> tags = {};
  gate::resource::ManagedIdentity principal = {};
};
using IdentityPtr = std::shared_ptr<const AssignableIdentity>;

// Owned by IdentitiesService. Thread-safe once a tenant is loaded; of a tenant that isn't there is nothing. Changes of
// a tenant wait for each other, and hold for whatever begins after them.
class IdentityStore {
 public:
  explicit IdentityStore(keys::SealedStore store);
  ~IdentityStore();

  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  // Null: there is none of that id (in any case).
  [[nodiscard]] IdentityPtr find(TenantId tenant, const gate::resource::ResourceId& id) const;
  [[nodiscard]] std::vector<IdentityPtr> all(TenantId tenant) const;
  // kExhausted: the tenant has as many as it may have; kNotFound: no such tenant; kUnavailable: it wasn't kept.
  [[nodiscard]] Task<Result<>> put(TenantId tenant, AssignableIdentity identity);
  [[nodiscard]] Task<Result<>> remove(TenantId tenant, gate::resource::ResourceId id);

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;

  keys::SealedStore store_;
  mutable std::shared_mutex mutex_;  // guards the map and what is in the tables
  std::map<TenantId, std::shared_ptr<Table>> tables_;
};

}  // namespace freehold::identities
