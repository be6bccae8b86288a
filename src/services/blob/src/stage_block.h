// Staging a block: what Put Block and Put Block From URL have in common.
#pragma once

#include "src/operation.h"
#include "src/upload_rules.h"

namespace freehold::blob {

struct BlockPlan {
  Bytes id;  // decoded
  std::uint64_t length = 0;
  SentDigests sent;     // of the body on its way here
  int api_version = 0;  // by which a digest is told
  std::optional<Bytes> lease_id;
  std::optional<CustomerKey> customer;
  WantedScope scope;
};

struct StagedIngest {
  Ingested ingested;
  std::string scope;  // that it is in
};
// Reads the block's content from `body`, which outlives the call, and names it among the staged blocks of its blob,
// which is made (uncommitted) if it isn't there. 400 for an id of another length or wrong digests, 409 for another key.
[[nodiscard]] Task<ApiResult<StagedIngest>> stage_block(BlobParts& parts, BlobTarget target, BlockPlan plan,
                                                        http::BodyReader& body, AuditRow audit);

// Its answer: a digest of what came, and whose key it is under.
[[nodiscard]] http::Response block_staged(const BlockPlan& plan, const StagedIngest& staged);

}  // namespace freehold::blob
