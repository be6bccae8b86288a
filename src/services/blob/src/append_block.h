// Appending a block, whoever brings its bytes: Append Block, and Append Block From URL.
#pragma once

#include "src/append_rules.h"
#include "src/operation.h"
#include "src/upload_rules.h"

namespace freehold::blob {

struct AppendBlockPlan {
  std::uint64_t length = 0;
  Digest digest = Digest::kNone;
  SentDigests sent;
  AppendConditions append;
  Conditions conditions;
  std::optional<CustomerKey> customer;
  WantedScope scope;  // once the container is known
};
struct AppendedBlock {
  BlobRow row;               // as it is now
  std::uint64_t offset = 0;  // where the block begins
  Ingested ingested;         // its digests
};
// Reads the body, then appends it under the blob's lock: each block lands once and whole, in one order. `body` outlives
// the call.
[[nodiscard]] Task<ApiResult<AppendedBlock>> append_block_content(BlobParts& parts, BlobTarget target,
                                                                  AppendBlockPlan plan, http::BodyReader& body,
                                                                  AuditRow audit);
void add_append_headers(http::Response& response, const AppendedBlock& appended);

}  // namespace freehold::blob
