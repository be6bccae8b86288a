// Delete Blob. No blob has snapshots, versions or a deleted state yet.
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

ApiResult<Conditions> plan_delete(const http::Request& request) {
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  FH_CHECK_OK(refuse_snapshot(request));
  if (request.has_parameter("deletetype")) return refuse(errors::not_implemented("deletetype"));
  const auto snapshots = request.headers.get("x-ms-delete-snapshots");
  // "only" asks to keep the blob itself: there is nothing to delete then.
  if (snapshots == "only") return refuse(errors::snapshots_only_not_found());
  if (!snapshots.empty() && snapshots != "include") {
    return refuse(errors::invalid_header("x-ms-delete-snapshots", snapshots));
  }
  return parse_conditions(request.headers);
}

}  // namespace

Task<Reply> delete_blob(BlobParts& parts, Permit<DeleteBlob> permit) {
  FH_CO_TRY(const auto conditions, plan_delete(permit.request()));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_write(conditions, current->row.existing()));
    BlobChange change;
    change.fate = RowFate::kDelete;
    retire_content(current->row, change);
    retire_staged(current->row, target.name, true, change);
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 202), nullptr));
  static_cast<void>(row);
  auto response = answer(202);
  response.headers.add("x-ms-delete-type-permanent", "true");
  co_return response;
}

}  // namespace freehold::blob
