#include "src/page_source.h"

#include <algorithm>
#include <cstring>
#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/source_plan.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kSliceBytes = 64 * kWindowBytes;
constexpr std::size_t kListBytes = 4 * 1024 * 1024;
constexpr std::string_view kRangesAsked = "5000";
// A version of the API that knows page ranges in parts.
constexpr std::string_view kListVersion = "2021-12-02";
constexpr int kEmptyLists = 1'000;  // 100,000 windows each, of this cloud: more than any blob has
constexpr std::size_t kMarkerBytes = 4 * 1024;

std::uint32_t window_of(std::uint64_t offset) { return static_cast<std::uint32_t>(offset / kWindowBytes); }
std::uint64_t end_of(const ListedRange& range) { return range.offset + range.length; }

std::optional<ListedRange> parse_range(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto first = parse_u64(node.child("Start").text().get());
  const auto last = parse_u64(node.child("End").text().get());
  if (!first || !last || *last < *first || *last >= kWindowBytes * kAllWindows) return std::nullopt;
  const ListedRange range{*first, *last - *first + 1, name == "ClearRange"};
  if (range.offset % kBlobPageBytes != 0 || range.length % kBlobPageBytes != 0) return std::nullopt;
  return range;
}

void add_span(std::vector<PageSpan>& spans, PageSpan span) {
  if (!spans.empty() && spans.back().end() == span.first) {
    spans.back().count += span.count;
  } else {
    spans.push_back(span);
  }
}

// Pages of zeros aren't written.
void drop_zeros(SourceWindow& window) {
  static const Bytes zeros(kBlobPageBytes, '\0');
  std::vector<PageSpan> kept;
  std::size_t from = 0;
  std::size_t to = 0;
  for (const auto& span : window.written) {
    for (std::uint32_t page = span.first; page < span.end(); ++page, from += kBlobPageBytes) {
      if (window.content.view().substr(from, kBlobPageBytes) == zeros) continue;
      std::memmove(window.content.data() + to, window.content.data() + from, kBlobPageBytes);
      to += kBlobPageBytes;
      add_span(kept, {page, 1});
    }
  }
  window.written = std::move(kept);
  window.content.resize(to);
}

}  // namespace

std::optional<SourcePageList> parse_source_pages(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes)) return std::nullopt;
  const auto list = document.child("PageList");
  if (!list) return std::nullopt;
  SourcePageList out;
  for (const auto& node : list.children()) {
    const std::string_view name = node.name();
    if (name != "PageRange" && name != "ClearRange") continue;
    const auto range = parse_range(node);
    if (!range || out.ranges.size() == kMostPageRanges) return std::nullopt;
    out.ranges.push_back(*range);
  }
  std::sort(out.ranges.begin(), out.ranges.end(),
            [](const ListedRange& a, const ListedRange& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < out.ranges.size(); ++i) {
    if (out.ranges[i].offset < end_of(out.ranges[i - 1])) return std::nullopt;
  }
  out.marker = list.child("NextMarker").text().get();
  if (out.marker.size() > kMarkerBytes) return std::nullopt;
  return out;
}

PageSource::PageSource(BlobParts& parts, PageQuestion question, std::uint64_t from)
    : parts_(parts), question_(std::move(question)), from_(from), listed_(from), more_(from < question_.length) {
  // They held when the copy began; from then on the ETag tells.
  for (const std::string_view name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}) {
    question_.headers.remove(name);
  }
  if (!question_.etag.empty()) question_.headers.set("if-match", question_.etag);
}

Task<ApiResult<OpenedSource>> PageSource::ask_list() {
  SourceQuestion question;
  question.more_query = "comp=pagelist&maxresults=" + std::string(kRangesAsked);
  if (!question_.previous.empty()) question.more_query += "&prevsnapshot=" + percent_encode(question_.previous);
  if (!marker_.empty()) question.more_query += "&marker=" + percent_encode(marker_);
  for (const std::string_view name : {"authorization", "if-match"}) {
    if (question_.headers.has(name)) question.headers.add(std::string(name), std::string(question_.headers.get(name)));
  }
  question.headers.add("x-ms-version", std::string(kListVersion));
  question.headers.add("x-ms-range", SourceRange{from_, question_.length - 1}.text());
  co_return co_await parts_.sources.open_as(question_.source, std::move(question), question_.door, question_.asked_by);
}

ApiResult<> PageSource::take_list(SourcePageList list) {
  lists_ = list.ranges.empty() ? lists_ + 1 : 0;
  const bool stuck = lists_ > kEmptyLists || (!list.marker.empty() && list.marker == marker_);
  if (stuck) return refuse(errors::cannot_verify_copy_source(500, ""));
  for (auto& range : list.ranges) {
    const auto end = std::min(end_of(range), question_.length);
    const auto first = std::max(range.offset, from_);
    if (first >= end) continue;
    if (first < listed_) return refuse(errors::cannot_verify_copy_source(500, ""));
    ranges_.push_back({first, end - first, range.cleared});
    listed_ = end;
  }
  marker_ = std::move(list.marker);
  more_ = !marker_.empty();
  return {};
}

Task<ApiResult<>> PageSource::list_on() {
  auto opened = co_await ask_list();
  // Whatever went wrong there, what can be read can be copied; a difference can't be told without a list.
  if (!opened && !question_.source.here && question_.previous.empty() && listed_ == from_ && marker_.empty()) {
    unlisted_ = true;
    more_ = false;
    ranges_.push_back({from_, question_.length - from_, false});
    co_return ApiResult<>();
  }
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  if (opened->headers.get("etag") != question_.etag) co_return refuse(errors::source_condition_not_met());
  const auto xml = co_await http::read_all(*opened->body, kListBytes);
  if (!xml) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  auto list = parse_source_pages(*xml);
  if (!list) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  co_return take_list(std::move(*list));
}

// Nothing that will be told of later lies in the next window.
bool PageSource::knows_next_window() const {
  if (!more_) return true;
  return !ranges_.empty() && window_of(listed_ - 1) > window_of(ranges_.front().offset);
}

Task<ApiResult<>> PageSource::look() {
  if (more_) co_return co_await list_on();
  co_return ApiResult<>();
}

Task<ApiResult<std::optional<SourceWindow>>> PageSource::next() {
  while (!knows_next_window()) {
    FH_CO_CHECK_OK(co_await list_on());
  }
  if (ranges_.empty()) co_return std::nullopt;
  SourceWindow out;
  out.window = window_of(ranges_.front().offset);
  const auto end = slice_end();
  take_window(out);
  if (!out.written.empty()) {
    FH_CO_CHECK_OK(co_await read_pages(out, end));
  }
  if (unlisted_) drop_zeros(out);
  co_return std::move(out);
}

void PageSource::take_window(SourceWindow& out) {
  const auto begin = out.window * kWindowBytes;
  const auto end = begin + kWindowBytes;
  while (!ranges_.empty() && ranges_.front().offset < end) {
    auto& range = ranges_.front();
    const auto last = std::min(end_of(range), end);
    const PageSpan span{static_cast<std::uint32_t>((range.offset - begin) / kBlobPageBytes),
                        static_cast<std::uint32_t>((last - range.offset) / kBlobPageBytes)};
    add_span(range.cleared ? out.cleared : out.written, span);
    range.length -= last - range.offset;
    range.offset = last;
    if (range.length == 0) ranges_.pop_front();
  }
}

// Windows that follow each other are read as one.
std::uint64_t PageSource::slice_end() const {
  const auto most = window_of(ranges_.front().offset) * kWindowBytes + kSliceBytes;
  auto end = ranges_.front().offset;
  for (const auto& range : ranges_) {
    if (range.cleared) continue;
    if (range.offset >= most || range.offset > end + kWindowBytes) break;
    end = std::min(end_of(range), most);
  }
  return end;
}

Task<ApiResult<>> PageSource::open_slice(std::uint64_t first, std::uint64_t end) {
  slice_.reset();
  SourceQuestion question;
  question.headers = question_.headers;
  question.range = SourceRange{first, end - 1};
  FH_CO_TRY(slice_,
            co_await parts_.sources.open_as(question_.source, std::move(question), question_.door, question_.asked_by));
  if (slice_->headers.get("etag") != question_.etag) co_return refuse(errors::source_condition_not_met());
  slice_at_ = first;
  slice_end_ = end;
  co_return ApiResult<>();
}

Task<ApiResult<>> PageSource::fill(std::span<char> out) {
  auto& body = *slice_->body;
  const auto got = co_await http::read_full(body, out);
  if (!got) co_return refuse(blame(body, errors::from_body(got.error())));
  if (*got < out.size()) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  slice_at_ += out.size();
  co_return ApiResult<>();
}

Task<ApiResult<>> PageSource::read_pages(SourceWindow& out, std::uint64_t slice_end) {
  const auto begin = out.window * kWindowBytes;
  const auto first = begin + out.written.front().first * kBlobPageBytes;
  const auto last = begin + out.written.back().end() * kBlobPageBytes;
  if (!slice_ || slice_at_ > first || first - slice_at_ > kWindowBytes || slice_end_ < last) {
    FH_CO_CHECK_OK(co_await open_slice(first, std::max(last, slice_end)));
  }
  std::size_t pages = 0;
  for (const auto& span : out.written) pages += span.count;
  out.content = AlignedBuffer(pages * kBlobPageBytes);
  AlignedBuffer passed_over;
  std::size_t at = 0;
  for (const auto& span : out.written) {
    if (const auto gap = begin + span.first * kBlobPageBytes - slice_at_; gap > 0) {
      if (passed_over.empty()) passed_over = AlignedBuffer(kWindowBytes);
      FH_CO_CHECK_OK(co_await fill(passed_over.span().first(gap)));
    }
    const auto length = span.count * kBlobPageBytes;
    FH_CO_CHECK_OK(co_await fill(out.content.span().subspan(at, length)));
    at += length;
  }
  if (slice_at_ == slice_end_) slice_.reset();
  co_return ApiResult<>();
}

}  // namespace freehold::blob
