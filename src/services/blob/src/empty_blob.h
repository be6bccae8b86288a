// Put Blob of the types that begin empty: Create Append Blob and Create Page Blob.
#pragma once

#include "src/creation_rules.h"
#include "src/operation.h"

namespace freehold::blob {

struct EmptyBlobPlan {
  ContentHeaders content;
  NewBlob fresh;
};
// 400 for a body.
[[nodiscard]] ApiResult<EmptyBlobPlan> plan_empty_blob(const http::Request& request, int version,
                                                       const gate::Principal& principal, BlobType type);
// What the plan says; the caller adds what only its type has.
[[nodiscard]] BlobRow row_of(const EmptyBlobPlan& plan, BlobType type);
// Writes `row` over whatever stands there, under a key of its own; a page blob's pages are of a new generation.
[[nodiscard]] Task<ApiResult<BlobRow>> create_empty_blob(BlobParts& parts, BlobTarget target, EmptyBlobPlan plan,
                                                         BlobRow row, AuditRow audit);

}  // namespace freehold::blob
