// Append Blob Seal: from then on an append blob's content stays as it is.
#include "src/append_rules.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {

// ETag and Last-Modified don't change ("Append Blob Seal").
Task<Reply> seal_append_blob(BlobParts& parts, Permit<SealAppendBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto append, parse_append_conditions(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_append_blob(current->row));
    FH_CHECK_OK(check_write(conditions, current->row.existing(now)));
    FH_CHECK_OK(check_append_conditions(append, current->row.length, 0));
    BlobChange change;
    change.row = current->row;
    if (std::exchange(change.row.append->sealed, true)) change.fate = RowFate::kLeave;
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 200), nullptr));
  auto response = answer(200);
  add_entity(response, row.etag, row.last_modified());
  response.headers.add("x-ms-blob-sealed", "true");
  co_return response;
}

}  // namespace freehold::blob
