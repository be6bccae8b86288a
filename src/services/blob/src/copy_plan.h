// Making a whole blob out of a source: what Put Blob From URL, Copy Blob From URL and Copy Blob have in common.
#pragma once

#include <optional>
#include <string>

#include "src/copied_content.h"
#include "src/creation_rules.h"
#include "src/digested_body.h"
#include "src/source_plan.h"

namespace freehold::blob {

struct CopyPlan {
  SourcePlan source;
  NewBlob fresh;
  bool copy_tags = false;  // x-ms-copy-source-tag-option: COPY
  std::optional<CustomerKey> customer;
  WantedScope scope;         // once its destination is known
  std::optional<bool> seal;  // x-ms-seal-blob; absent: as the source is
};

enum class TagOption { kTaken, kRefused };
// 400 for headers that can't be right or don't go together.
[[nodiscard]] ApiResult<CopyPlan> plan_copy(const BlobParts& parts, const http::Request& request, int version,
                                            const gate::Principal& principal, TagOption tag_option);

// 409 for a source that a copy can't begin with: it is itself waiting for the content of another copy, or archived. A
// copy of what it has now, which is nothing, would take the place of content.
[[nodiscard]] ApiResult<> check_source_has_content(const http::Headers& answer);

// The tags of the source, read through the door as the source itself was.
[[nodiscard]] Task<ApiResult<Tags>> ask_source_tags(BlobParts& parts, const SourcePlan& plan, AskDoor door,
                                                    gate::AskedBy asked_by);

// Content that was read, sealed and put for a new blob, and the key that it is under.
struct NewContent {
  CopiedContent content;
  Bytes wrapped_key;
  LayoutRef layout;
};
// Reads all of the source's body. `blocks`: how the source is cut; none for content that stays whole. 400 where the
// digests in `sent` don't hold. `opened` outlives the call.
[[nodiscard]] Task<ApiResult<NewContent>> store_copy(BlobParts& parts, BlobTarget target, OpenedSource& opened,
                                                     std::vector<SourceBlock> blocks, SentDigests sent,
                                                     std::optional<CustomerKey> customer, WantedScope scope,
                                                     PendingChunks& pending);

// x-ms-copy-id of a copy that begins now.
[[nodiscard]] std::string new_copy_id(Random& random);
// x-ms-copy-id and x-ms-copy-status of a write's answer.
void add_copy_started(http::Response& response, const CopyState& copy);

}  // namespace freehold::blob
