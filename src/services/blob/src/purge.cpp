// Collector::purge: what a deleted container leaves behind.
#include "audit/audit.h"
#include "src/collector.h"
#include "src/row_keys.h"

namespace freehold::blob {

// The container's name is gone already. Fences late writes first (the deletion may have been cut off there), then
// removes content, then rows, and the purge's own row last: the record rides in that commit, in the account's
// partition, for the container's own must be empty by then.
Task<Result<>> Collector::purge(gate::Permit<PurgeContainer> permit, Item item) {
  const JobPass pass(permit);
  FH_CO_CHECK_OK(co_await containers_.fence(item.partition));
  for (const char prefix : {row_keys::kStagedPrefix, row_keys::kBlobPrefix, row_keys::kPagePrefix, row_keys::kTagPrefix,
                            row_keys::kClearTagPrefix, row_keys::kPendingCopyPrefix, row_keys::kGarbagePrefix,
                            row_keys::kSharedGarbagePrefix, row_keys::kContentPrefix}) {
    FH_CO_CHECK_OK(co_await purge_rows(pass, item, prefix));
  }
  FH_CO_CHECK_OK(co_await check_no_audit_rows(item.partition));
  auto record = pass.audit_row(row_keys::account_partition(item.account.tenant, item.account.account));
  co_return co_await containers_.forget_deleted(item.account, *item.container, std::move(record));
}

// Audit records that rode in this partition's last commits are the audit log's to take away; while one is here, the
// partition must stay known.
Task<Result<>> Collector::check_no_audit_rows(store::PartitionId partition) {
  const Bytes attached(gate::audit::kAttachedPrefix);
  FH_CO_TRY(const auto records,
            co_await blobs_.rows().scan(std::move(partition), attached, row_keys::after_prefix(attached), 1));
  if (!records.rows.empty()) co_return fail(ErrorCode::kUnavailable, "audit records still stand in the partition");
  co_return Result<>();
}

Task<Result<>> Collector::purge_rows(JobPass pass, Item item, char prefix) {
  const Bytes from(1, prefix);
  const auto end = row_keys::after_prefix(from);
  while (true) {
    FH_CO_TRY(const auto page, co_await blobs_.rows().scan(item.partition, from, end, 500));
    std::vector<Bytes> keys;
    for (const auto& row : page.rows) {
      if (prefix == row_keys::kBlobPrefix) {
        FH_CO_TRY(auto blob, decode_blob_row(row.value));
        FH_CO_CHECK_OK(co_await remove_layout(pass, item.account, item.partition, std::move(blob.wrapped_key),
                                              std::move(blob.layout), {}));
      } else if (prefix == row_keys::kStagedPrefix) {
        FH_CO_TRY(auto block, decode_staged_block(row.value));
        FH_CO_CHECK_OK(co_await remove_segments(pass, item.partition, Layout{std::move(block)}));
      } else if (prefix == row_keys::kPagePrefix) {
        FH_CO_CHECK_OK(co_await pages_.remove_content(pass, row.value));
      } else if (prefix == row_keys::kGarbagePrefix || prefix == row_keys::kSharedGarbagePrefix) {
        Item garbage{item.account, item.partition, row.key, std::nullopt};
        FH_CO_CHECK_OK(co_await remove_named_by(pass, garbage, Others::kGone));
      }
      keys.push_back(row.key);
    }
    FH_CO_CHECK_OK(co_await delete_rows(pass, item.partition, std::move(keys), Step::kMore));
    if (!page.more || page.rows.empty()) co_return Result<>();
  }
}

}  // namespace freehold::blob
