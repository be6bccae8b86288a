// Runs of a layout: manifests one after another, then what stands in the row itself.
#include "src/content_runs.h"

namespace freehold::blob {
namespace {

class LayoutRuns final : public ContentRuns {
 public:
  LayoutRuns(ContentStore& content, ContentPlace place, LayoutRef layout, ByteRange range)
      : content_(content), place_(std::move(place)), layout_(std::move(layout)), skip_(range.offset) {}

  Task<Result<ContentRun>> next() override {
    while (true) {
      if (block_ == part_.size()) {
        FH_CO_CHECK_OK(co_await next_part());
        continue;
      }
      const auto& segments = part_[block_].segments;
      if (segment_ == 0 && skip_ >= segments.length()) {  // a list may have millions of segments before the range
        skip_ -= segments.length();
        ++block_;
        continue;
      }
      if (segment_ == segments.size()) {
        ++block_;
        segment_ = 0;
        continue;
      }
      const auto& segment = segments[segment_++];
      if (skip_ >= segment.length) {
        skip_ -= segment.length;
        continue;
      }
      const auto offset = static_cast<std::uint32_t>(std::exchange(skip_, 0));
      co_return ContentRun{segment, offset, segment.length - offset};
    }
  }

 private:
  // The next manifest that isn't passed over whole, or the end of the layout.
  Task<Result<>> next_part() {
    block_ = segment_ = 0;
    const auto& manifests = layout_.manifests;
    while (manifest_ < manifests.size() && skip_ >= manifests[manifest_].content_bytes) {
      skip_ -= manifests[manifest_++].content_bytes;
    }
    if (manifest_ < manifests.size()) {
      FH_CO_TRY(part_, co_await content_.load_manifest(place_, manifests[manifest_++]));
      co_return Result<>();
    }
    if (std::exchange(direct_taken_, true)) {
      co_return fail(ErrorCode::kCorrupt, "a blob's layout is shorter than its length");
    }
    part_ = std::move(layout_.direct);
    co_return Result<>();
  }

  ContentStore& content_;
  ContentPlace place_;
  LayoutRef layout_;
  // The next run begins `skip_` bytes of content on from segment (block_, segment_) of part_.
  Layout part_;
  std::size_t manifest_ = 0;
  bool direct_taken_ = false;
  std::size_t block_ = 0;
  std::size_t segment_ = 0;
  std::uint64_t skip_ = 0;
};

}  // namespace

std::unique_ptr<ContentRuns> layout_runs(ContentStore& content, ContentPlace place, LayoutRef layout, ByteRange range) {
  return std::make_unique<LayoutRuns>(content, std::move(place), std::move(layout), range);
}

}  // namespace freehold::blob
