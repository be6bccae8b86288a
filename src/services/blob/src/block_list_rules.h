// How a block list is resolved: "Put Block List". Pure.
#pragma once

#include <vector>

#include "src/blob_errors.h"
#include "src/layout.h"

namespace freehold::blob {

inline constexpr std::size_t kBlocksPerBlob = 50'000;
inline constexpr std::size_t kStagedPerBlob = 100'000;

// Where Put Block List looks for a block.
enum class BlockSource { kCommitted, kUncommitted, kLatest };

struct NamedBlock {
  BlockSource source = BlockSource::kLatest;
  Bytes id;  // decoded
};

// The blob's new layout, in the order of the list. Latest means the staged block, or else the committed one. 400
// InvalidBlockList if one isn't there.
[[nodiscard]] ApiResult<Layout> resolve_block_list(const std::vector<NamedBlock>& list, const Layout& committed,
                                                   const std::vector<Block>& staged);

// Blocks (cut down to the segments) that neither list names any more after `kept` became the blob.
[[nodiscard]] Layout left_over(const Layout& kept, const Layout& committed, const std::vector<Block>& staged);

}  // namespace freehold::blob
