// Put Block From URL: stages a block whose content is read from a source.
#include "src/lease_rules.h"
#include "src/name_rules.h"
#include "src/operations.h"
#include "src/source_plan.h"
#include "src/stage_block.h"

namespace freehold::blob {

Task<Reply> put_block_from_url(BlobParts& parts, Permit<PutBlockFromUrl> permit) {
  const auto& request = permit.request();
  BlockPlan plan;
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_CO_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CO_CHECK_OK(refuse_snapshot(request));
  FH_CO_TRY(plan.id, parse_block_id(request.parameter("blockid")));
  FH_CO_TRY(plan.lease_id, parse_lease_id(request.headers));
  FH_CO_TRY(auto source, plan_source(parts, request, SourceRanges::kTaken));
  plan.sent = source.sent;
  plan.api_version = permit.api_version();
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto opened, co_await open_source(parts, permit, std::move(source)));
  plan.length = *opened.body->length();
  if (plan.length > put_block_limit(permit.api_version())) {
    co_return refuse(errors::copy_source_too_large(put_block_limit(permit.api_version())));
  }
  if (plan.length == 0) co_return refuse(errors::invalid_source_range());
  auto staged = co_await stage_block(parts, target, plan, *opened.body, audit_row(permit, 201));
  if (!staged) co_return refuse(blame(*opened.body, std::move(staged.error())));
  permit.count_in(plan.length);
  co_return block_staged(plan, *staged);
}

}  // namespace freehold::blob
