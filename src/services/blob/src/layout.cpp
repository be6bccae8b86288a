#include "src/layout.h"

#include <numeric>

namespace freehold::blob {
namespace {

constexpr std::size_t kSegmentBytes = 1 + 16 + 4;

std::size_t encoded_size(const Block& block) { return 1 + block.id.size() + 4 + block.segments.size() * kSegmentBytes; }

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

std::uint64_t Block::length() const {
  return std::accumulate(segments.begin(), segments.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Segment& s) { return sum + s.length; });
}

std::uint64_t length_of(const Layout& layout) {
  return std::accumulate(layout.begin(), layout.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Block& b) { return sum + b.length(); });
}

Bytes encode_layout(const Layout& layout) {
  Bytes out;
  for (const auto& block : layout) {
    append_u8(out, static_cast<std::uint8_t>(block.id.size()));
    out += block.id;
    append_u32(out, static_cast<std::uint32_t>(block.segments.size()));
    for (const auto& segment : block.segments) append_segment(out, segment);
  }
  return out;
}

Result<Layout> decode_layout(BytesView bytes) {
  const auto broken = [] { return fail(ErrorCode::kCorrupt, "a block layout is not as it was written"); };
  Layout layout;
  ByteReader in(bytes);
  while (!in.rest().empty()) {
    Block block;
    block.id = in.take(in.u8());
    const auto count = in.u32();
    if (!in.ok() || block.id.size() > 64 || count > in.rest().size() / kSegmentBytes) return broken();
    block.segments.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto segment = read_segment(in);
      if (!segment) return broken();
      block.segments.push_back(*segment);
    }
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
  std::size_t size = part_bytes;  // so that the first block begins a part
  for (const auto& block : layout) {
    const auto more = encoded_size(block);
    if (parts.empty() || size + more > part_bytes) {
      parts.emplace_back();
      size = 0;
    }
    parts.back().push_back(block);
    size += more;
  }
  return parts;
}

}  // namespace freehold::blob
