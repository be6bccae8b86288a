#include "src/append_layout.h"

#include <cstring>

#include "base/check.h"
#include "base/limits.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kMergedAtOnce = 16;

// Joined runs that are inline ride in the append's own commit, beside its block and its row, and a commit is bounded
// (limits::kCommitBytes). Runs beyond this become chunks.
constexpr std::size_t kJoinedInlineBytes = 256 * 1024;

// Sixteen of one class make one of the next, so that a list of 50,000 blocks, of 13 segments each, takes some forty.
int size_class(const ManifestRef& manifest) {
  if (manifest.plain_bytes < 32 * 1024) return 0;
  if (manifest.plain_bytes < 512 * 1024) return 1;
  return 2;
}

std::vector<Segment> all_segments(const Layout& layout) {
  std::vector<Segment> segments;
  for (const auto& block : layout) segments.insert(segments.end(), block.segments.begin(), block.segments.end());
  return segments;
}

// Blocks of an append blob have no names, so one stands for all.
Layout one_block(std::vector<Segment> segments) {
  Layout layout;
  if (!segments.empty()) layout.push_back({{}, std::move(segments)});
  return layout;
}

class JoinedBody final : public http::BodyReader {
 public:
  explicit JoinedBody(AlignedBuffer bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return bytes_.size(); }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override {
    const auto size = std::min(out.size(), bytes_.size() - at_);
    std::memcpy(out.data(), bytes_.data() + at_, size);
    at_ += size;
    co_return size;
  }

 private:
  AlignedBuffer bytes_;
  std::size_t at_ = 0;
};

// The content of consecutive inline segments as one.
Task<Result<StoredContent>> join_run(ContentStore& content, ContentPlace place, std::vector<Segment> run,
                                     Inlining inlining, PendingChunks& pending) {
  AlignedBuffer joined(length_of(Layout{{{}, run}}));
  std::size_t at = 0;
  for (const auto& segment : run) {
    FH_CO_TRY(const auto plain, co_await content.read_inline(place, segment));
    if (!plain) co_return fail(ErrorCode::kCorrupt, "an append blob names content that isn't there");
    std::memcpy(joined.data() + at, plain->data(), plain->size());
    at += plain->size();
  }
  if (inlining == Inlining::kAllowed) {
    co_return co_await content.put_content(std::move(place), std::move(joined), pending);
  }
  JoinedBody body(std::move(joined));
  FH_CO_TRY(const auto put, co_await content.ingest(body, at, Digest::kNone, std::move(place), pending, inlining));
  FH_CHECK(put.segments.size() == 1 && !put.inline_row);
  co_return StoredContent{put.segments.front(), std::nullopt};
}

// Joins every run of inline segments.
Task<Result<std::vector<Segment>>> join_inline(ContentStore& content, ContentPlace place, std::vector<Segment> segments,
                                               PendingChunks& pending, GrownLayout& grown) {
  std::vector<Segment> result;
  std::size_t inlined = 0;
  for (std::size_t i = 0; i < segments.size();) {
    std::vector<Segment> run;
    std::size_t bytes = 0;
    while (i < segments.size() && segments[i].place == Segment::Place::kInline &&
           bytes + segments[i].length <= limits::kChunkContentBytes) {
      bytes += segments[i].length;
      run.push_back(segments[i++]);
    }
    if (run.size() < 2) {
      result.push_back(run.empty() ? segments[i++] : run.front());
      continue;
    }
    const auto inlining = inlined + bytes <= kJoinedInlineBytes ? Inlining::kAllowed : Inlining::kNever;
    FH_CO_TRY(auto stored, co_await join_run(content, place, run, inlining, pending));
    result.push_back(stored.segment);
    if (stored.inline_row) {
      inlined += bytes;
      grown.puts.push_back(std::move(*stored.inline_row));
    }
    grown.joined.insert(grown.joined.end(), run.begin(), run.end());
  }
  co_return result;
}

Task<Result<>> merge_manifests(ContentStore& content, ContentPlace place, PendingChunks& pending, GrownLayout& grown) {
  auto& manifests = grown.layout.manifests;
  while (const auto count = mergeable(manifests)) {
    const std::vector<ManifestRef> last(manifests.end() - static_cast<std::ptrdiff_t>(count), manifests.end());
    FH_CO_TRY(const auto layout, co_await content.load_layout(place, LayoutRef{{}, last}));
    FH_CO_TRY(const auto merged, co_await content.store_manifest(place, one_block(all_segments(layout)), pending));
    manifests.resize(manifests.size() - count);
    manifests.push_back(merged);
    for (const auto& manifest : last) grown.merged.push_back(manifest.id);
  }
  co_return Result<>();
}

}  // namespace

std::size_t mergeable(const std::vector<ManifestRef>& manifests) {
  if (manifests.size() < kMergedAtOnce) return 0;
  const auto last = size_class(manifests.back());
  if (last == 2) return 0;
  for (auto i = manifests.size() - kMergedAtOnce; i < manifests.size(); ++i) {
    if (size_class(manifests[i]) != last) return 0;
  }
  return kMergedAtOnce;
}

Task<Result<GrownLayout>> grow_layout(ContentStore& content, ContentPlace place, LayoutRef layout,
                                      std::vector<Segment> fresh, PendingChunks& pending) {
  GrownLayout grown;
  grown.layout.manifests = std::move(layout.manifests);
  auto segments = all_segments(layout.direct);
  const auto size_with = [](const std::vector<Segment>& some) { return encode_layout(one_block(some)).size(); };
  if (size_with(segments) + size_with(fresh) > kDirectLayoutBytes) {
    FH_CO_TRY(segments, co_await join_inline(content, place, std::move(segments), pending, grown));
    if (size_with(segments) > kDirectLayoutBytes / 2) {
      FH_CO_TRY(const auto manifest, co_await content.store_manifest(place, one_block(segments), pending));
      grown.layout.manifests.push_back(manifest);
      segments.clear();
      FH_CO_CHECK_OK(co_await merge_manifests(content, place, pending, grown));
    }
  }
  segments.insert(segments.end(), fresh.begin(), fresh.end());
  grown.layout.direct = one_block(std::move(segments));
  co_return grown;
}

}  // namespace freehold::blob
