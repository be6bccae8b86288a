// Put Blob (append blobs): an empty one.
#include "src/empty_blob.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {

Task<Reply> create_append_blob(BlobParts& parts, Permit<CreateAppendBlob> permit) {
  FH_CO_TRY(auto plan, plan_empty_blob(permit, BlobType::kAppend));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  auto fresh = row_of(plan, BlobType::kAppend);
  fresh.append.emplace();
  FH_CO_TRY(const auto row, co_await create_empty_blob(parts, target, plan, std::move(fresh), audit_row(permit, 201)));
  co_return written(201, row);
}

}  // namespace freehold::blob
