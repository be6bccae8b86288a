// What a request that takes its content from a URL says of that source, the same for every such operation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/copy_sources.h"
#include "src/operation.h"
#include "src/upload_rules.h"

namespace freehold::blob {

struct SourcePlan {
  CopySource source;
  SourceQuestion question;
  SentDigests sent;  // x-ms-source-content-md5, x-ms-source-content-crc64
};

enum class SourceRanges { kTaken, kRefused };
// 400 for a URL, conditions, range or digests that can't be right and for a request with a body of its own; 403 for a
// source that isn't allowed.
[[nodiscard]] ApiResult<SourcePlan> plan_source(const BlobParts& parts, const http::Request& request,
                                                SourceRanges ranges);

template <class Operation>
[[nodiscard]] Task<ApiResult<OpenedSource>> open_source(BlobParts& parts, const Permit<Operation>& permit,
                                                        SourcePlan plan) {
  return parts.sources.open(std::move(plan.source), std::move(plan.question), door_of(permit), permit.account().name);
}

// The refusal of a request whose content couldn't be stored: the source's fault if its body broke off.
[[nodiscard]] ApiError blame(const SourceBody& body, ApiError error);

// What the answer of a source says of the blob.
struct SourceProperties {
  BlobType type = BlobType::kBlock;
  std::uint64_t length = 0;            // of the answer's body; of HEAD, the blob's
  std::string etag;                    // as sent, with its quotes; empty if there is none
  std::uint32_t committed_blocks = 0;  // of append blobs
  std::uint64_t sequence_number = 0;   // of page blobs
  bool sealed = false;                 // of append blobs
  ContentHeaders content;
  Metadata metadata;
};
// 400 CannotVerifyCopySource for an answer that no blob could be made of.
[[nodiscard]] ApiResult<SourceProperties> properties_of(const http::Headers& answer);

}  // namespace freehold::blob
