// Set Blob Properties (HTTP headers) and Set Blob Metadata.
#include "src/operations.h"
#include "src/responses.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

// A change of the row alone: content, key and staged blocks stay.
ApiResult<BlobChange> amend(const std::optional<StoredBlob>& current, const Conditions& conditions, std::uint64_t now) {
  if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
  FH_CHECK_OK(check_write(conditions, current->row.existing(now)));
  FH_CHECK_OK(refuse_archived(current->row, store::HybridClock::wall_time(now)));
  BlobChange change;
  change.row = amended(current->row, now);
  return change;
}

// What only page blobs have.
ApiResult<> refuse_page_blob_headers(const http::Headers& headers) {
  for (const std::string_view name :
       {"x-ms-blob-content-length", "x-ms-sequence-number-action", "x-ms-blob-sequence-number"}) {
    if (headers.has(name)) return refuse(errors::invalid_blob_type());
  }
  return {};
}

}  // namespace

Task<Reply> set_blob_properties(BlobParts& parts, Permit<SetBlobProperties> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_CHECK_OK(refuse_page_blob_headers(permit.request().headers));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto content, parse_blob_content_headers(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_TRY(auto change, amend(current, conditions, now));
    change.row.content = content;
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 200), nullptr));
  auto response = answer(200);
  add_entity(response, row.etag, row.last_modified());
  co_return response;
}

Task<Reply> set_blob_metadata(BlobParts& parts, Permit<SetBlobMetadata> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto metadata, parse_metadata(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_TRY(auto change, amend(current, conditions, now));
    change.row.metadata = metadata;
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 200), nullptr));
  co_return written(200, row);
}

}  // namespace freehold::blob
