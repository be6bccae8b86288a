#include "src/layout.h"

#include <numeric>
#include <unordered_set>

namespace freehold::blob {
namespace {

constexpr std::size_t kSegmentBytes = 1 + 16 + 4;

// A count with this bit is none: the rest is the index of the block whose segments these are.
constexpr std::uint32_t kSameAs = 0x8000'0000;

// Which blocks of a layout that is being written say their segments themselves.
class Spelled {
 public:
  // The earlier block with the same segments; if there is none, `index` is the one from now on.
  std::optional<std::uint32_t> find_or_add(const Segments& segments, std::uint32_t index) {
    if (segments.empty()) return std::nullopt;
    const auto [known, added] = first_.try_emplace(segments.front().id, segments, index);
    if (added || known->second.first != segments) return std::nullopt;
    return known->second.second;
  }

 private:
  std::map<store::ChunkId, std::pair<Segments, std::uint32_t>> first_;
};

std::size_t encoded_size(const Block& block, bool repeats) {
  return 1 + block.id.size() + 4 + (repeats ? 0 : block.segments.size() * kSegmentBytes);
}

void append_segment(Bytes& out, const Segment& segment) {
  append_u8(out, static_cast<std::uint8_t>(segment.place));
  append_u64(out, segment.id.hybrid_time);
  append_u64(out, segment.id.random);
  append_u32(out, segment.length);
}

std::optional<Segment> read_segment(ByteReader& in) {
  const auto place = in.u8();
  Segment segment;
  segment.id.hybrid_time = in.u64();
  segment.id.random = in.u64();
  segment.length = in.u32();
  if (place != 1 && place != 2) return std::nullopt;
  segment.place = static_cast<Segment::Place>(place);
  return segment;
}

}  // namespace

std::uint64_t length_of(const Layout& layout) {
  return std::accumulate(layout.begin(), layout.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Block& b) { return sum + b.length(); });
}

std::vector<const Segments*> distinct_segments(const Layout& layout) {
  std::vector<const Segments*> distinct;
  std::unordered_set<const void*> seen;
  for (const auto& block : layout) {
    if (!block.segments.empty() && seen.insert(block.segments.identity()).second) distinct.push_back(&block.segments);
  }
  return distinct;
}

Bytes encode_layout(const Layout& layout) {
  Bytes out;
  Spelled spelled;
  std::uint32_t index = 0;
  for (const auto& block : layout) {
    append_u8(out, static_cast<std::uint8_t>(block.id.size()));
    out += block.id;
    if (const auto same = spelled.find_or_add(block.segments, index++)) {
      append_u32(out, kSameAs | *same);
      continue;
    }
    append_u32(out, static_cast<std::uint32_t>(block.segments.size()));
    for (const auto& segment : block.segments) append_segment(out, segment);
  }
  return out;
}

std::size_t encoded_size(const Layout& layout) {
  Spelled spelled;
  std::uint32_t index = 0;
  return std::accumulate(layout.begin(), layout.end(), std::size_t{0}, [&](std::size_t sum, const Block& block) {
    return sum + encoded_size(block, spelled.find_or_add(block.segments, index++).has_value());
  });
}

namespace {

std::optional<Segments> read_segments(ByteReader& in, const Layout& before) {
  const auto count = in.u32();
  if (!in.ok()) return std::nullopt;
  if ((count & kSameAs) != 0) {
    const auto index = count & ~kSameAs;
    if (index >= before.size() || before[index].segments.empty()) return std::nullopt;
    return before[index].segments;
  }
  if (count > in.rest().size() / kSegmentBytes) return std::nullopt;
  std::vector<Segment> segments;
  segments.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto segment = read_segment(in);
    if (!segment) return std::nullopt;
    segments.push_back(*segment);
  }
  return Segments(std::move(segments));
}

}  // namespace

Result<Layout> decode_layout(BytesView bytes) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "a block layout is not as it was written"); };
  Layout layout;
  ByteReader in(bytes);
  while (!in.rest().empty()) {
    Block block;
    block.id = in.take(in.u8());
    if (!in.ok() || block.id.size() > 64) return broken();
    auto segments = read_segments(in, layout);
    if (!segments) return broken();
    block.segments = std::move(*segments);
    layout.push_back(std::move(block));
  }
  if (!in.ok()) return broken();
  return layout;
}

Bytes encode_manifests(const std::vector<ManifestRef>& manifests) {
  Bytes out;
  for (const auto& manifest : manifests) {
    out += store::to_bytes(manifest.id);
    append_u32(out, manifest.plain_bytes);
    append_u64(out, manifest.content_bytes);
  }
  return out;
}

std::optional<std::vector<ManifestRef>> decode_manifests(BytesView bytes) {
  std::vector<ManifestRef> manifests;
  ByteReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    ManifestRef manifest;
    manifest.id.hybrid_time = in.u64();
    manifest.id.random = in.u64();
    manifest.plain_bytes = in.u32();
    manifest.content_bytes = in.u64();
    manifests.push_back(manifest);
  }
  if (!in.ok()) return std::nullopt;
  return manifests;
}

std::vector<Layout> split_layout(const Layout& layout, std::size_t part_bytes) {
  std::vector<Layout> parts;
  std::size_t size = 0;
  Spelled spelled;
  for (const auto& block : layout) {
    // Asked for its size in the part that is being filled; in a new part it says its segments itself.
    const auto index = parts.empty() ? 0 : static_cast<std::uint32_t>(parts.back().size());
    auto more = encoded_size(block, !parts.empty() && spelled.find_or_add(block.segments, index).has_value());
    if (parts.empty() || size + more > part_bytes) {
      parts.emplace_back();
      spelled = Spelled();
      static_cast<void>(spelled.find_or_add(block.segments, 0));
      more = encoded_size(block, false);
      size = 0;
    }
    parts.back().push_back(block);
    size += more;
  }
  return parts;
}

void SegmentsSharer::share(Block& block) {
  if (block.segments.empty()) return;
  const auto known = known_.try_emplace(block.segments.front().id, block.segments).first;
  if (known->second == block.segments) block.segments = known->second;
}

}  // namespace freehold::blob
