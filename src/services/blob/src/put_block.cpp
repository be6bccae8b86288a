// Put Block: stages a block of a blob that a block list will name later.
#include "src/lease_rules.h"
#include "src/name_rules.h"
#include "src/operations.h"
#include "src/stage_block.h"

namespace freehold::blob {
namespace {

ApiResult<BlockPlan> plan_put_block(const Permit<PutBlock>& permit) {
  BlockPlan plan;
  const auto& request = permit.request();
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.id, parse_block_id(request.parameter("blockid")));
  FH_TRY(plan.length, body_length(request, put_block_limit(permit.api_version())));
  if (plan.length == 0) return refuse(errors::invalid_header("Content-Length", "0"));
  FH_TRY(plan.sent, parse_sent_digests(request.headers));
  plan.api_version = permit.api_version();
  FH_TRY(plan.lease_id, parse_lease_id(request.headers));
  return plan;
}

}  // namespace

Task<Reply> put_block(BlobParts& parts, Permit<PutBlock> permit) {
  FH_CO_TRY(auto plan, plan_put_block(permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto staged,
            co_await stage_block(parts, target, plan, *permit.request().body, audit_row(permit, 201)));
  permit.count_in(plan.length);
  co_return block_staged(plan, staged);
}

}  // namespace freehold::blob
