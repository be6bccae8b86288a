// Snapshot Blob: a row of its own that names the same content. Nothing is copied.
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/snapshot_rows.h"
#include "src/snapshot_time.h"
#include "src/tier_rules.h"

namespace freehold::blob {
Task<Reply> snapshot_blob(BlobParts& parts, Permit<SnapshotBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers, CustomerKeys::kTakenWithScopes));
  FH_CO_TRY(const auto customer, parse_customer_key(permit.request(), permit.account()));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_TRY(const auto metadata, parse_metadata(permit.request().headers));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(const auto scope, wanted_scope(permit, target, customer));
  FH_CO_CHECK_OK(co_await check_key(parts, target.account));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  BlobRow snapshot;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_unguarded_write(conditions, current->row.existing(now)));
    FH_CHECK_OK(refuse_archived(current->row, store::HybridClock::wall_time(now)));
    FH_CHECK_OK(check_customer_key(current->row.customer_key_sha256, customer));
    FH_CHECK_OK(check_same_scope(scope, scope_of(current->row.wrapped_key)));
    const auto time = snapshot_time(current->row, now);
    FH_TRY(snapshot, api(snapshot_of(current->row, metadata, time, now)));
    BlobChange change;
    change.row = with_snapshot(current->row, time);
    change.expect.push_back(store::absent(row_keys::blob(target.name, time)));
    change.snapshots.push_back(snapshot);
    return change;
  };
  FH_CO_TRY(const auto base, co_await change_blob(parts, target, decide, audit_row(permit, 201), nullptr));
  static_cast<void>(base);
  auto response = written(201, snapshot);
  response.headers.add("x-ms-snapshot", snapshot_text(snapshot.snapshot));
  co_return response;
}

}  // namespace freehold::blob
