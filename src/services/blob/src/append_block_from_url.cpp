// Append Block From URL: a block at the end of an append blob, read from a source.
#include "src/append_block.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/source_plan.h"
#include "src/transit_digests.h"

namespace freehold::blob {

Task<Reply> append_block_from_url(BlobParts& parts, Permit<AppendBlockFromUrl> permit) {
  const auto& request = permit.request();
  const auto version = permit.api_version();
  AppendBlockPlan plan;
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_CO_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CO_CHECK_OK(refuse_snapshot(request));
  FH_CO_TRY(plan.append, parse_append_conditions(request.headers));
  FH_CO_TRY(plan.conditions, parse_conditions(request.headers));
  FH_CO_TRY(auto source, plan_source(parts, request, SourceRanges::kTaken));
  plan.sent = source.sent;
  plan.digest = transit_digest(plan.sent, version);
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto opened, co_await open_source(parts, permit, std::move(source)));
  plan.length = *opened.body->length();
  if (plan.length == 0) co_return refuse(errors::invalid_source_range());
  if (plan.length > append_block_limit(version)) {
    co_return refuse(errors::copy_source_too_large(append_block_limit(version)));
  }
  auto appended = co_await append_block_content(parts, target, plan, *opened.body, audit_row(permit, 201));
  if (!appended) co_return refuse(blame(*opened.body, std::move(appended.error())));
  permit.count_in(plan.length);
  auto response = written(201, appended->row);
  add_append_headers(response, *appended);
  add_transit_digest(response, plan.sent, version, appended->ingested);
  co_return response;
}

}  // namespace freehold::blob
