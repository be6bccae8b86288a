// Writing pages, whoever brings their bytes: Put Page, and Put Page From URL.
#pragma once

#include "src/operation.h"
#include "src/page_rules.h"
#include "src/upload_rules.h"

namespace freehold::blob {

struct PutPagePlan {
  ByteRange range;
  bool clear = false;  // otherwise the body is the range's new content
  Digest digest = Digest::kNone;
  SentDigests sent;
  SequenceConditions sequence;
  Conditions conditions;
  std::optional<CustomerKey> customer;
  WantedScope scope;  // once the container is known
};
struct PutPages {
  BlobRow row;        // as it is now
  Ingested ingested;  // the body's digests
};
// All pages of the range in one step, or none. `body` outlives the call; it isn't read for a clear.
[[nodiscard]] Task<ApiResult<PutPages>> put_page_content(BlobParts& parts, BlobTarget target, PutPagePlan plan,
                                                         http::BodyReader& body, AuditRow audit);

}  // namespace freehold::blob
