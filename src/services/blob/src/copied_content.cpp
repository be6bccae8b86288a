#include "src/copied_content.h"

#include <numeric>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/block_list_xml.h"

namespace freehold::blob {
namespace {

// Inline rows ride in the commit that names them, and a commit is bounded.
constexpr std::size_t kInlineRows = 8;

}  // namespace

std::optional<std::vector<SourceBlock>> parse_source_blocks(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes)) return std::nullopt;
  const auto list = document.child("BlockList");
  if (!list) return std::nullopt;
  std::vector<SourceBlock> blocks;
  for (const auto& entry : list.child("CommittedBlocks").children("Block")) {
    auto id = from_base64(entry.child("Name").text().get());
    const auto length = parse_u64(entry.child("Size").text().get());
    if (!id || !length || *length == 0 || blocks.size() == kBlocksPerBlob) return std::nullopt;
    blocks.push_back({std::move(*id), *length});
  }
  return blocks;
}

Task<ApiResult<SourceBlocks>> ask_source_blocks(BlobParts& parts, CopySource source, AskDoor door,
                                                gate::AskedBy asked_by, http::Headers headers, std::string etag,
                                                std::uint64_t length) {
  auto question = question_besides("comp=blocklist&blocklisttype=committed", headers);
  FH_CO_TRY(auto opened, co_await parts.sources.open_as(std::move(source), std::move(question), door, asked_by));
  if (opened.headers.get("etag") != etag) co_return std::nullopt;
  auto xml = co_await http::read_all(*opened.body, kBlockListBodyBytes);
  if (!xml) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  auto blocks = parse_source_blocks(*xml);
  if (!blocks) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  std::uint64_t total = 0;
  for (const auto& block : *blocks) total += block.length;
  if (!blocks->empty() && total != length) co_return std::nullopt;
  co_return std::move(blocks);
}

CopiedContent::CopiedContent(std::vector<SourceBlock> blocks, std::uint64_t length)
    : blocks_(std::move(blocks)), length_(length) {
  if (blocks_.empty() && length > 0) blocks_.push_back({{}, length});
}

Task<Result<>> CopiedContent::take(ContentStore& content, http::BodyReader& body, std::uint64_t length, Digest digest,
                                   ContentPlace place, PendingChunks& pending) {
  if (length == 0) {
    FH_CO_TRY(last_, co_await content.ingest(body, 0, digest, place, pending));
  }
  while (length > 0) {
    FH_CHECK(block_ < blocks_.size());
    const auto& block = blocks_[block_];
    const auto part = std::min(length, block.length - in_block_);
    const auto inlining = inline_rows_.size() < kInlineRows ? Inlining::kAllowed : Inlining::kNever;
    FH_CO_TRY(last_, co_await content.ingest(body, part, digest, place, pending, inlining));
    segments_.insert(segments_.end(), last_.segments.begin(), last_.segments.end());
    if (last_.inline_row) inline_rows_.push_back(std::move(*last_.inline_row));
    last_.inline_row.reset();
    copied_ += part;
    length -= part;
    in_block_ += part;
    if (in_block_ == block.length) {
      layout_.push_back({block.id, std::exchange(segments_, {})});
      ++block_;
      in_block_ = 0;
    }
  }
  co_return Result<>();
}

}  // namespace freehold::blob
