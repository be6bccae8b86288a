// The row that carries a write's record inside the write's own commit, and the way back for recovery.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "audit/audit.h"

namespace freehold::gate::audit {

// Keeps words that recovered records name (operations, credentials) for as long as it lives: a Record only borrows
// them. Thread-safe. Only sealed rows of our own feed it, so it stays as small as the route table.
class WordPool {
 public:
  [[nodiscard]] std::string_view keep(std::string_view word);

 private:
  std::mutex mutex_;
  std::set<std::string, std::less<>> words_;
};

// tenant (16) || AES-GCM under the tenant's batch key of the record with caller and address as they are: the row must
// suffice to make the pseudonyms later. It lives a second or two. Bound to its partition and key.
[[nodiscard]] Bytes seal_attached(const Secret& batch_key, const store::PartitionId& partition, BytesView key,
                                  const Record& record, Random& random);
[[nodiscard]] std::optional<TenantId> attached_tenant(BytesView value);
[[nodiscard]] Result<Record> open_attached(const Secret& batch_key, const store::PartitionId& partition, BytesView key,
                                           BytesView value, WordPool& words);

}  // namespace freehold::gate::audit
