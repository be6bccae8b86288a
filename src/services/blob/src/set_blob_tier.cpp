// Set Blob Tier. A tier is no change of the blob: ETag and Last-Modified stay.
#include "src/operations.h"
#include "src/responses.h"
#include "src/tier_rules.h"

namespace freehold::blob {

Task<Reply> set_blob_tier(BlobParts& parts, Permit<SetBlobTier> permit) {
  const auto& headers = permit.request().headers;
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(headers));
  FH_CO_TRY(const auto tier, parse_tier(headers, permit.api_version()));
  if (!tier) co_return refuse(errors::missing_header("x-ms-access-tier"));
  FH_CO_TRY(const auto priority, parse_rehydrate_priority(headers));
  FH_CO_TRY(auto conditions, parse_conditions(headers));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_CHECK_OK(co_await check_key(parts, target.account));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  int status = 200;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    if (current->row.type != BlobType::kBlock) return refuse(errors::access_tier_not_supported_for_blob_type());
    FH_CHECK_OK(check_unguarded_write(conditions, current->row.existing(now)));
    const auto before = tier_at(current->row.tier, store::HybridClock::wall_time(now));
    BlobChange change;
    change.row = current->row;
    FH_TRY(change.row.tier, set_tier(before, *tier, priority, now));
    status = change.row.tier.rehydration ? 202 : 200;
    return change;
  };
  const AuditRow audit = [&](const store::PartitionId& partition) { return permit.audit_row(partition, status); };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit, nullptr));
  static_cast<void>(row);
  co_return answer(status);
}

}  // namespace freehold::blob
