// PoolRows: what a Managed HSM pool keeps besides its keys (roles, jobs, a key to take a security domain in by), sealed
// under the pool's key in the pool's own partition, so that it ends with the pool. Keeps: E1.
#pragma once

#include <optional>
#include <vector>

#include "src/item_store.h"

namespace freehold::vault {

// First bytes of the rows' keys; those of keys are item_row.h's (docs/formats/vault.md).
inline constexpr std::string_view kAssignmentRows = "ra";
inline constexpr std::string_view kDefinitionRows = "rd";
inline constexpr std::string_view kJobRows = "j";
inline constexpr std::string_view kTokenRows = "ri";
inline constexpr std::string_view kTransferRow = "rt";
inline constexpr std::string_view kDomainRow = "rs";

// Owned by VaultService. Thread-safe. Errors are kUnavailable, kExhausted, kCorrupt.
class PoolRows {
 public:
  explicit PoolRows(keys::SealedStore store) : store_(store) {}
  // Opened; kExhausted if there are more than `most`.
  [[nodiscard]] Task<Result<std::vector<store::KeyValue>>> load(VaultPtr pool, Bytes prefix, std::size_t most);
  [[nodiscard]] Task<Result<std::optional<Secret>>> find(VaultPtr pool, Bytes key);
  // One commit; plain rows go in.
  struct Change {
    std::vector<store::KeyValue> puts = {};
    std::vector<Bytes> deletes = {};
  };
  [[nodiscard]] Task<Result<>> change(VaultPtr pool, Change change);

 private:
  keys::SealedStore store_;
};

}  // namespace freehold::vault
