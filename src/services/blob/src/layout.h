// Where a blob's content lies: blocks made of segments, and how a long list of them is kept out of the row.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "src/segments.h"
#include "store/chunk_store.h"

namespace freehold::blob {

// A committed block, or (empty id) content that was put whole.
struct Block {
  Bytes id;  // decoded, at most 64 bytes
  Segments segments;
  [[nodiscard]] std::uint64_t length() const { return segments.length(); }
  friend bool operator==(const Block&, const Block&) = default;
};

using Layout = std::vector<Block>;
[[nodiscard]] std::uint64_t length_of(const Layout& layout);

// A part of a layout that was too long for the row: sealed in a chunk of its own under the blob's key.
struct ManifestRef {
  store::ChunkId id;
  std::uint32_t plain_bytes = 0;    // encoded size before sealing
  std::uint64_t content_bytes = 0;  // content that it describes
  friend bool operator==(const ManifestRef&, const ManifestRef&) = default;
};

// What a row holds: where the parts of the layout are, in order of content, and behind them the rest itself. Of block
// blobs there is only one or the other; an append blob's newest blocks stand in the row.
struct LayoutRef {
  Layout direct;
  std::vector<ManifestRef> manifests;
  [[nodiscard]] bool empty() const { return direct.empty() && manifests.empty(); }
  friend bool operator==(const LayoutRef&, const LayoutRef&) = default;
};

// Rows carry at most this much layout themselves, so that a page of a listing stays small.
inline constexpr std::size_t kDirectLayoutBytes = 4 * 1024;

// What the blocks of a layout name, each list of segments once however many blocks share it. Views into the layout.
[[nodiscard]] std::vector<const Segments*> distinct_segments(const Layout& layout);

// Equal lists of segments are written once; later blocks refer to the first that has them.
[[nodiscard]] Bytes encode_layout(const Layout& layout);
[[nodiscard]] std::size_t encoded_size(const Layout& layout);
// kCorrupt for anything that encode_layout() doesn't write. Bounded by the bytes themselves. Blocks that were written
// as equal share their segments.
[[nodiscard]] Result<Layout> decode_layout(BytesView bytes);

[[nodiscard]] Bytes encode_manifests(const std::vector<ManifestRef>& manifests);
[[nodiscard]] std::optional<std::vector<ManifestRef>> decode_manifests(BytesView bytes);

// Splits a layout at block boundaries into parts that encode to about `part_bytes` (one block may be more).
[[nodiscard]] std::vector<Layout> split_layout(const Layout& layout, std::size_t part_bytes);

// Makes equal lists of segments one: the parts of a long layout, each decoded by itself, are joined through it.
class SegmentsSharer {
 public:
  void share(Block& block);

 private:
  std::map<store::ChunkId, Segments> known_;  // by their first segment
};

}  // namespace freehold::blob
