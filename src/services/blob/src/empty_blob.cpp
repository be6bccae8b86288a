#include "src/empty_blob.h"

#include "src/upload_rules.h"

namespace freehold::blob {

ApiResult<EmptyBlobPlan> plan_empty_blob(const http::Request& request, const gate::StorageAccount& account, int version,
                                         const gate::Principal& principal, BlobType type) {
  EmptyBlobPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, account));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(const auto length, body_length(request, put_blob_limit(version)));
  if (length != 0) return refuse(errors::invalid_header("Content-Length", std::to_string(length)));
  FH_TRY(plan.content, parse_put_blob_headers(request.headers));
  FH_TRY(plan.fresh, parse_new_blob(request, version, principal, type));
  return plan;
}

BlobRow row_of(const EmptyBlobPlan& plan, BlobType type) {
  auto row = row_of(plan.fresh, type);
  row.content = plan.content;
  if (plan.customer) row.customer_key_sha256 = plan.customer->sha256;
  return row;
}

Task<ApiResult<BlobRow>> create_empty_blob(BlobParts& parts, BlobTarget target, EmptyBlobPlan plan, BlobRow row,
                                           AuditRow audit) {
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
  row.wrapped_key = make_blob_key(wrapping, parts.random).wrapped;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_create(plan.fresh, current, now));
    auto change = replace_blob(row, current, target.name, now);
    if (change.row.page) change.row.page->generation = now;
    return change;
  };
  co_return co_await change_blob(parts, target, decide, std::move(audit), nullptr);
}

}  // namespace freehold::blob
