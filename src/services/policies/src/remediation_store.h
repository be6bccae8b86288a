// RemediationStore: each tenant's remediations, what became of each resource, and what waits to be looked at after a
// write. Sealed; remediations and what waits are answered from memory. Keeps: E1, C2 (in part).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "keys/sealed_rows.h"
#include "route/api_error.h"
#include "runtime/turn.h"
#include "src/remediation.h"

namespace freehold::policies {

using runtime::Task;

inline constexpr std::size_t kMaxRemediations = 1'000;     // a tenant; the oldest that ended make room. Ours
inline constexpr std::size_t kMaxActiveRemediations = 50;  // a tenant. Ours
inline constexpr std::size_t kMaxKeptRemedies = 200'000;   // a tenant, of all its remediations. Ours
inline constexpr std::size_t kMaxAwaited = 20'000;         // a tenant. Ours
inline constexpr std::size_t kRemediesInBlock = 1'000;
inline constexpr std::chrono::days kKeepRemediations{60};  // after they ended; Azure's

// Something that a policy looks for when its time has come, because a resource was written.
struct AwaitedRemedy {
  std::string resource;
  std::string assignment_id;
  std::string reference_id;
  std::string origin = {};
  std::string correlation;
  WallTime first = {};  // when it was written first, of the writes since it was looked at
  WallTime due = {};
};
// Same resource, assignment and definition: the same key.
[[nodiscard]] std::string key_of(const AwaitedRemedy& awaited);
[[nodiscard]] Bytes encode(const AwaitedRemedy& awaited);
[[nodiscard]] Result<AwaitedRemedy> decode_awaited(BytesView row);

// Owned by PoliciesService. Thread-safe once its tenants are loaded; changes of a tenant's remediations wait for each
// other.
class RemediationStore {
 public:
  explicit RemediationStore(keys::SealedStore store) : store_(store) {}

  // Reads a tenant's rows; before anything else is asked of the tenant.
  [[nodiscard]] Task<Result<>> load(TenantId tenant);
  using Map = std::map<std::string, RemediationPtr>;  // by key()
  [[nodiscard]] Map all(TenantId tenant) const;
  // Null: there is none.
  [[nodiscard]] RemediationPtr find(TenantId tenant, const std::string& key) const;

  // Given all remediations as they are, says what the one of that key shall be: nothing: as it is. Says no by its
  // error.
  using Edit = std::function<gate::ApiResult<std::optional<Remediation>>(const Map& all)>;
  // 503 if it couldn't be kept; then nothing has changed.
  [[nodiscard]] Task<gate::ApiResult<>> change(TenantId tenant, Edit edit);
  // The same, with what became of one of its resources, in one commit.
  [[nodiscard]] Task<gate::ApiResult<>> change(TenantId tenant, Edit edit, Remedy remedy);
  // What it has to mend. At most kRemediesInBlock of them at once.
  [[nodiscard]] Task<gate::ApiResult<>> add_remedies(TenantId tenant, std::string key, std::vector<Remedy> remedies);
  // Those with numbers from block * kRemediesInBlock on.
  [[nodiscard]] Task<gate::ApiResult<std::vector<Remedy>>> remedies(TenantId tenant, std::string key,
                                                                    std::size_t block) const;
  [[nodiscard]] Task<gate::ApiResult<>> remove_remedies(TenantId tenant, std::string key) const;
  // With all that became of its resources.
  [[nodiscard]] Task<gate::ApiResult<>> remove(TenantId tenant, std::string key);

  // Of what waits: only what the caller wrote or removed changes.
  [[nodiscard]] Task<Result<std::vector<AwaitedRemedy>>> awaited(TenantId tenant) const;
  [[nodiscard]] Task<Result<>> put_awaited(TenantId tenant, std::vector<AwaitedRemedy> awaited) const;
  [[nodiscard]] Task<Result<>> remove_awaited(TenantId tenant, std::string key) const;

 private:
  struct Table;
  [[nodiscard]] std::shared_ptr<Table> table_of(TenantId tenant) const;
  [[nodiscard]] Task<gate::ApiResult<>> change_rows(TenantId tenant, Edit edit, std::optional<Remedy> remedy);
  [[nodiscard]] keys::SealedRows rows(TenantId tenant) const;

  keys::SealedStore store_;
  mutable std::mutex mutex_;                           // guards the map, and the tables' remediations
  std::map<TenantId, std::shared_ptr<Table>> tables_;  // shared with changes under way
};

}  // namespace freehold::policies
