// The content of a copy: read from its source, sealed and put, block by block if the source says what its blocks are.
#pragma once

#include <vector>

#include "src/copy_sources.h"
#include "src/operation.h"

namespace freehold::blob {

// A block of the source, as Get Block List tells it.
struct SourceBlock {
  Bytes id;  // decoded
  std::uint64_t length = 0;
};
// <CommittedBlocks> of an answer to Get Block List. nullopt for anything else, and for more blocks than a blob has.
[[nodiscard]] std::optional<std::vector<SourceBlock>> parse_source_blocks(std::string_view xml);

// Asks a source of this cloud for its committed blocks; none for content that was put whole. nullopt if it isn't the
// content any more that is to be copied, which has this ETag (with its quotes) and this length.
using SourceBlocks = std::optional<std::vector<SourceBlock>>;
[[nodiscard]] Task<ApiResult<SourceBlocks>> ask_source_blocks(BlobParts& parts, CopySource source, AskDoor door,
                                                              gate::AskedBy asked_by, http::Headers headers,
                                                              std::string etag, std::uint64_t length);

// Content on its way into a blob: pieces in, a layout out.
class CopiedContent {
 public:
  // No blocks: the content is whole.
  CopiedContent(std::vector<SourceBlock> blocks, std::uint64_t length);
  [[nodiscard]] std::uint64_t copied() const { return copied_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  // Takes `length` more bytes from the body, which outlives the call.
  [[nodiscard]] Task<Result<>> take(ContentStore& content, http::BodyReader& body, std::uint64_t length, Digest digest,
                                    ContentPlace place, PendingChunks& pending);
  [[nodiscard]] const Ingested& last() const { return last_; }    // the digests of what was taken last
  [[nodiscard]] const Layout& layout() const { return layout_; }  // of the blocks that are here whole
  [[nodiscard]] const std::vector<store::KeyValue>& inline_rows() const { return inline_rows_; }

 private:
  std::vector<SourceBlock> blocks_;
  std::uint64_t length_;
  std::uint64_t copied_ = 0;
  std::size_t block_ = 0;       // the one under way
  std::uint64_t in_block_ = 0;  // bytes of it that are here
  std::vector<Segment> segments_;
  Layout layout_;
  std::vector<store::KeyValue> inline_rows_;
  Ingested last_;
};

}  // namespace freehold::blob
