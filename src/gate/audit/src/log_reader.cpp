#include "audit/log_reader.h"

#include "audit/batch.h"
#include "audit/log_layout.h"

namespace freehold::gate::audit {

LogReader::LogReader(store::PartitionStore& store, TenantAuditKeys& keys, std::string_view front_end, VerifierKey key)
    : store_(store), keys_(keys), partition_(log_partition(front_end)), key_(std::move(key)) {}

runtime::Task<Result<std::uint64_t>> LogReader::end() const {
  FH_CO_TRY(const auto note, co_await store_.get(partition_, Bytes(kCheckpointKey)));
  if (!note) co_return std::uint64_t{0};
  FH_CO_TRY(const auto checkpoint, open_checkpoint(*note, key_));
  co_return checkpoint.size;
}

runtime::Task<Result<std::vector<Leaf>>> LogReader::leaves(std::uint64_t from, std::uint32_t most) const {
  FH_CO_TRY(const auto page,
            co_await store_.scan(partition_, indexed_key(kLeafPrefix, from), after_prefix(kLeafPrefix), most));
  std::vector<Leaf> out;
  out.reserve(page.rows.size());
  for (const auto& row : page.rows) {
    const auto leaf = decode_leaf(row.value);
    if (!leaf || leaf->index != from + out.size()) {
      co_return fail(ErrorCode::kCorrupt,
                     "leaf " + std::to_string(from + out.size()) + " of the audit log is missing or damaged");
    }
    out.push_back(*leaf);
  }
  co_return out;
}

runtime::Task<Result<Bytes>> LogReader::sealed(std::uint64_t index) const {
  FH_CO_TRY(auto found, co_await store_.get(partition_, indexed_key(kBatchPrefix, index)));
  if (!found) co_return fail(ErrorCode::kNotFound, "batch " + std::to_string(index) + " of the audit log is gone");
  co_return std::move(*found);
}

Result<Bytes> LogReader::open(const Leaf& leaf, BytesView sealed) const {
  FH_TRY(const auto key, keys_.batch_key(leaf.tenant));
  return open_batch(leaf, sealed, key_.name, key);
}

}  // namespace freehold::gate::audit
