// Put Blob of the types that begin empty: Create Append Blob and Create Page Blob.
#pragma once

#include "src/creation_rules.h"
#include "src/operation.h"

namespace freehold::blob {

struct EmptyBlobPlan {
  ContentHeaders content;
  NewBlob fresh;
  std::optional<CustomerKey> customer;
  WantedScope scope;  // once the container is known
};
// 400 for a body.
[[nodiscard]] ApiResult<EmptyBlobPlan> plan_empty_blob(const http::Request& request,
                                                       const gate::StorageAccount& account, int version,
                                                       const gate::Principal& principal, BlobType type);
template <class Operation>
[[nodiscard]] ApiResult<EmptyBlobPlan> plan_empty_blob(const Permit<Operation>& permit, BlobType type) {
  return plan_empty_blob(permit.request(), permit.account(), permit.api_version(), permit.principal(), type);
}
// What the plan says; the caller adds what only its type has.
[[nodiscard]] BlobRow row_of(const EmptyBlobPlan& plan, BlobType type);
// Writes `row` over whatever stands there, under a key of its own; a page blob's pages are of a new generation.
[[nodiscard]] Task<ApiResult<BlobRow>> create_empty_blob(BlobParts& parts, BlobTarget target, EmptyBlobPlan plan,
                                                         BlobRow row, AuditRow audit);

}  // namespace freehold::blob
