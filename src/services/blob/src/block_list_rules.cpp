#include "src/block_list_rules.h"

#include <set>
#include <unordered_map>

namespace freehold::blob {
namespace {

using ById = std::unordered_map<BytesView, const Block*>;

// Views into the blocks; content that was put whole has no id and can't be named.
ById by_id(const std::vector<Block>& blocks) {
  ById map;
  map.reserve(blocks.size());
  for (const auto& block : blocks) {
    if (!block.id.empty()) map.emplace(block.id, &block);
  }
  return map;
}

const Block* find(const ById& map, BytesView id) {
  const auto found = map.find(id);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

ApiResult<Layout> resolve_block_list(const std::vector<NamedBlock>& list, const Layout& committed,
                                     const std::vector<Block>& staged) {
  const auto committed_by_id = by_id(committed);
  const auto staged_by_id = by_id(staged);
  Layout layout;
  layout.reserve(list.size());
  for (const auto& named : list) {
    const Block* block = nullptr;
    if (named.source != BlockSource::kCommitted) block = find(staged_by_id, named.id);
    if (block == nullptr && named.source != BlockSource::kUncommitted) block = find(committed_by_id, named.id);
    if (block == nullptr) return refuse(errors::invalid_block_list());
    layout.push_back(*block);
  }
  return layout;
}

Layout left_over(const Layout& kept, const Layout& committed, const std::vector<Block>& staged) {
  std::set<store::ChunkId> used;
  for (const auto* segments : distinct_segments(kept)) {
    for (const auto& segment : *segments) used.insert(segment.id);
  }
  Layout garbage;
  for (const auto* blocks : {&committed, &staged}) {
    for (const auto* segments : distinct_segments(*blocks)) {
      Block rest;
      for (const auto& segment : *segments) {
        // Inserting keeps a segment that the old list named twice from being listed twice here.
        if (used.insert(segment.id).second) rest.segments.push_back(segment);
      }
      if (!rest.segments.empty()) garbage.push_back(std::move(rest));
    }
  }
  return garbage;
}

}  // namespace freehold::blob
