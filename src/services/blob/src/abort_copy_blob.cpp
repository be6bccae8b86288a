// Abort Copy Blob: ends a pending copy and leaves its destination with its metadata and without content.
#include "base/encoding.h"
#include "src/operations.h"
#include "src/pending_copy.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

ApiResult<> check_may_abort(const std::optional<StoredBlob>& current, const std::string& copy_id,
                            const Conditions& conditions, std::uint64_t now) {
  if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
  FH_CHECK_OK(check_write(conditions, current->row.existing(now)));
  const auto& copy = current->row.copy;
  if (!copy || copy->status != CopyStatus::kPending) return refuse(errors::no_pending_copy());
  if (!equals_ignoring_case(copy->id, copy_id)) return refuse(errors::copy_id_mismatch());
  return {};
}

}  // namespace

Task<Reply> abort_copy_blob(BlobParts& parts, Permit<AbortCopyBlob> permit) {
  const auto& request = permit.request();
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  FH_CO_CHECK_OK(refuse_snapshot(request));
  constexpr std::string_view kAction = "x-ms-copy-action";
  if (!request.headers.has(kAction)) co_return refuse(errors::missing_header(kAction));
  if (!equals_ignoring_case(request.headers.get(kAction), "abort")) {
    co_return refuse(errors::invalid_header(kAction, request.headers.get(kAction)));
  }
  const std::string copy_id(request.parameter("copyid"));
  if (copy_id.empty()) co_return refuse(errors::missing_parameter("copyid"));
  FH_CO_TRY(const auto conditions, parse_conditions(request.headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_abort(current, copy_id, conditions, now));
    BlobChange change;
    change.row = amended(current->row, now);
    change.during_copy = change.of_incremental_copy = true;
    end_copy(change, target.name, CopyStatus::kAborted, {}, now);
    return change;
  };
  FH_CO_TRY([[maybe_unused]] const auto row,
            co_await change_blob(parts, target, decide, audit_row(permit, 204), nullptr));
  co_return answer(204);
}

}  // namespace freehold::blob
