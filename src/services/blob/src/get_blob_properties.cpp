// Get Blob Properties (HEAD) and Get Blob Metadata.
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

struct ReadPlan {
  Conditions conditions;
  std::optional<CustomerKey> customer;
};

ApiResult<ReadPlan> plan_read(const http::Request& request, const gate::StorageAccount& account) {
  ReadPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTaken));
  FH_TRY(plan.customer, parse_customer_key(request, account));
  FH_TRY(plan.conditions, parse_read_conditions(request.headers));
  return plan;
}

ApiResult<> check_plan(const ReadPlan& plan, const BlobRow& row, std::uint64_t now) {
  FH_CHECK_OK(check_customer_key(row.customer_key_sha256, plan.customer));
  auto held = check_read(plan.conditions, row.existing(now));
  if (!held) return refuse(with_entity(std::move(held.error()), row.etag, row.last_modified()));
  return {};
}

}  // namespace

Task<Reply> get_blob_properties(BlobParts& parts, Permit<GetBlobProperties> permit) {
  FH_CO_TRY(const auto plan, plan_read(permit.request(), permit.account()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_CHECK_OK(co_await check_key(parts, target.account));
  FH_CO_TRY(const auto stored, co_await read_committed(parts, target));
  FH_CO_CHECK_OK(co_await check_key_of(parts, target.account, stored.row.wrapped_key));
  const auto now = parts.hybrid.next();
  FH_CO_CHECK_OK(check_plan(plan, stored.row, now));
  FH_CO_TRY(const auto* notes, api(stored.row.notes.read()));
  auto response = answer(200);
  add_blob_headers(response, stored.row, *notes, Part::kWhole, now);
  apply_overrides(response, permit.principal());
  add_tier_headers(response, stored.row, now);
  response.head_length = stored.row.length;
  co_return response;
}

Task<Reply> get_blob_metadata(BlobParts& parts, Permit<GetBlobMetadata> permit) {
  FH_CO_TRY(const auto plan, plan_read(permit.request(), permit.account()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_CHECK_OK(co_await check_key(parts, target.account));
  FH_CO_TRY(const auto stored, co_await read_committed(parts, target));
  FH_CO_CHECK_OK(co_await check_key_of(parts, target.account, stored.row.wrapped_key));
  FH_CO_CHECK_OK(check_no_incremental_copy(stored.row));
  FH_CO_CHECK_OK(check_plan(plan, stored.row, parts.hybrid.next()));
  FH_CO_TRY(const auto* notes, api(stored.row.notes.read()));
  auto response = answer(200);
  add_entity(response, stored.row.etag, stored.row.last_modified());
  add_metadata(response, notes->metadata);
  add_customer_key(response, stored.row.customer_key_sha256);
  add_scope(response, scope_of(stored.row.wrapped_key));
  co_return response;
}

}  // namespace freehold::blob
