// Get Blob Properties (HEAD) and Get Blob Metadata.
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

ApiResult<Conditions> plan_read(const http::Request& request) {
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  return parse_conditions(request.headers);
}

ApiResult<> check_conditions(const Conditions& conditions, const BlobRow& row, std::uint64_t now) {
  auto held = check_read(conditions, row.existing(now));
  if (!held) return refuse(with_entity(std::move(held.error()), row.etag, row.last_modified()));
  return {};
}

}  // namespace

Task<Reply> get_blob_properties(BlobParts& parts, Permit<GetBlobProperties> permit) {
  FH_CO_TRY(const auto conditions, plan_read(permit.request()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_TRY(const auto stored, co_await read_committed(parts, target));
  const auto now = parts.hybrid.next();
  FH_CO_CHECK_OK(check_conditions(conditions, stored.row, now));
  auto response = answer(200);
  add_blob_headers(response, stored.row, Part::kWhole, now);
  apply_overrides(response, permit.principal());
  add_tier_headers(response, stored.row, now);
  response.head_length = stored.row.length;
  co_return response;
}

Task<Reply> get_blob_metadata(BlobParts& parts, Permit<GetBlobMetadata> permit) {
  FH_CO_TRY(const auto conditions, plan_read(permit.request()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_TRY(const auto stored, co_await read_committed(parts, target));
  FH_CO_CHECK_OK(check_conditions(conditions, stored.row, parts.hybrid.next()));
  auto response = answer(200);
  add_entity(response, stored.row.etag, stored.row.last_modified());
  add_metadata(response, stored.row.metadata);
  co_return response;
}

}  // namespace freehold::blob
