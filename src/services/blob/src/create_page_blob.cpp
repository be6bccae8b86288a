// Put Blob (page blobs): one without a written page.
#include "src/empty_blob.h"
#include "src/operations.h"
#include "src/page_rules.h"
#include "src/responses.h"

namespace freehold::blob {

Task<Reply> create_page_blob(BlobParts& parts, Permit<CreatePageBlob> permit) {
  const auto& headers = permit.request().headers;
  FH_CO_TRY(auto plan, plan_empty_blob(permit, BlobType::kPage));
  FH_CO_TRY(const auto length, parse_page_blob_length(headers));
  if (!length) co_return refuse(errors::missing_header("x-ms-blob-content-length"));
  FH_CO_TRY(const auto number, parse_sequence_number(headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  auto fresh = row_of(plan, BlobType::kPage);
  fresh.length = *length;
  fresh.page = PageState{.sequence_number = number.value_or(0), .generation = 0, .version = 1, .holes = {}};
  FH_CO_TRY(const auto row, co_await create_empty_blob(parts, target, plan, std::move(fresh), audit_row(permit, 201)));
  co_return written(201, row);
}

}  // namespace freehold::blob
