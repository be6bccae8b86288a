// Windows of pages and the rules of page blobs, as values.
#include <gtest/gtest.h>

#include "base/random.h"
#include "route/testing/make_request.h"
#include "src/page_list.h"
#include "src/page_rules.h"

namespace freehold::blob {
namespace {

Segment segment(std::uint64_t id, std::uint32_t pages) {
  return {Segment::Place::kChunk, {id, id}, pages * static_cast<std::uint32_t>(kBlobPageBytes)};
}

http::Headers headers(const std::vector<std::pair<std::string, std::string>>& fields) {
  http::Headers result;
  for (const auto& [name, value] : fields) result.add(name, value);
  return result;
}

TEST(PageWindow, WritesCutWhatTheyCover) {
  PageWindow window;
  put_pages(window, 0, segment(1, 2048), 1);
  put_pages(window, 10, segment(2, 5), 2);
  ASSERT_EQ(window.pieces.size(), 3u);
  EXPECT_EQ(window.pieces[2], (PagePiece{15, 2033, 0, 15, 1}));
  EXPECT_EQ(window.segments.size(), 2u);
  EXPECT_EQ(written_spans(window), (std::vector<PageSpan>{{0, 2048}}));
  clear_pages(window, {0, 15});
  EXPECT_EQ(window.segments, (std::vector<Segment>{segment(1, 2048)}));
  EXPECT_EQ(written_spans(window), (std::vector<PageSpan>{{15, 2033}}));
  clear_pages(window, {0, 2048});
  EXPECT_TRUE(window.empty());
  EXPECT_TRUE(window.segments.empty());
}

// Against an array of which write each page shows.
TEST(PageWindow, IsAnArrayOfPages) {
  SeededRandom random(11);
  const auto below = [&random](std::uint64_t bound) { return static_cast<std::uint32_t>(random.u64() % bound); };
  PageWindow window;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> model(kPagesPerWindow);  // segment, page in it
  for (std::uint64_t step = 1; step < 400; ++step) {
    const auto first = below(kPagesPerWindow);
    const auto count = 1 + below(std::min<std::uint64_t>(200, kPagesPerWindow - first));
    if (below(3) == 0) {
      clear_pages(window, {first, count});
      for (auto page = first; page < first + count; ++page) model[page] = {};
    } else {
      put_pages(window, first, segment(step, count), step);
      for (auto page = first; page < first + count; ++page) model[page] = {step, page - first};
    }
    const auto back = decode_page_window(encode_page_window(window));
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(*back, window);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> seen(kPagesPerWindow);
    for (const auto& piece : window.pieces) {
      for (std::uint32_t i = 0; i < piece.count; ++i) {
        seen[piece.first + i] = {window.segments[piece.segment].id.random, piece.from + i};
      }
    }
    ASSERT_EQ(seen, model) << step;
  }
}

TEST(PageWindow, CrumblesByNumberAndByDeadWeight) {
  PageWindow many;
  for (std::uint32_t i = 0; i < 128; ++i) put_pages(many, i, segment(i + 1, 1), 1);
  EXPECT_FALSE(is_crumbled(many));
  put_pages(many, 128, segment(500, 1), 1);
  EXPECT_TRUE(is_crumbled(many));
  PageWindow heavy;
  for (std::uint32_t i = 0; i < 5; ++i) put_pages(heavy, i, segment(i + 1, kPagesPerWindow - i), 1);
  EXPECT_TRUE(is_crumbled(heavy));
}

TEST(PageWindow, DiffsTellWrittenAndCleared) {
  PageWindow before;
  put_pages(before, 0, segment(1, 100), 1);
  auto now = before;
  clear_pages(now, {10, 20});
  put_pages(now, 50, segment(2, 10), 2);
  put_pages(now, 200, segment(3, 1), 2);
  const auto diff = diff_windows(now, before, 1);
  EXPECT_EQ(diff.written, (std::vector<PageSpan>{{50, 10}, {200, 1}}));
  EXPECT_EQ(diff.cleared, (std::vector<PageSpan>{{10, 20}}));
}

TEST(PageWindow, DamagedRowsAreRefused) {
  PageWindow window;
  put_pages(window, 0, segment(1, 4), 1);
  const auto good = encode_page_window(window);
  auto overlapping = window;
  overlapping.pieces.push_back({3, 1, 0, 0, 1});
  EXPECT_FALSE(decode_page_window(encode_page_window(overlapping)).has_value());
  auto outside = window;
  outside.pieces[0].from = 1;
  EXPECT_FALSE(decode_page_window(encode_page_window(outside)).has_value());
  auto unnamed = window;
  unnamed.segments.push_back(segment(2, 1));
  EXPECT_FALSE(decode_page_window(encode_page_window(unnamed)).has_value());
  EXPECT_FALSE(decode_page_window(BytesView(good).substr(0, good.size() - 1)).has_value());
}

TEST(PageRules, RangesAreWholePages) {
  const auto range = parse_page_range(headers({{"x-ms-range", "bytes=512-1535"}}));
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->offset, 512u);
  EXPECT_EQ(range->length, 1024u);
  for (const char* text : {"bytes=0-510", "bytes=1-512", "bytes=0-", "bytes=0-8796093022208511"}) {
    EXPECT_EQ(parse_page_range(headers({{"range", text}})).error().code, "InvalidPageRange") << text;
  }
  EXPECT_EQ(parse_page_range(headers({{"range", "pages=0-511"}})).error().code, "InvalidHeaderValue");
  EXPECT_EQ(parse_page_range(headers({})).error().code, "MissingRequiredHeader");
}

TEST(PageRules, SequenceNumbers) {
  const auto conditions =
      parse_sequence_conditions(headers({{"x-ms-if-sequence-number-le", "5"}, {"x-ms-if-sequence-number-lt", "6"}}));
  ASSERT_TRUE(conditions.has_value());
  EXPECT_TRUE(check_sequence(*conditions, 5).has_value());
  EXPECT_EQ(check_sequence(*conditions, 6).error().status, 412);
  EXPECT_FALSE(parse_sequence_conditions(headers({{"x-ms-if-sequence-number-eq", "-1"}})).has_value());
  const auto after = [](std::vector<std::pair<std::string, std::string>> fields, std::uint64_t number) {
    const auto asked = parse_page_blob_properties(headers(fields));
    EXPECT_TRUE(asked.has_value());
    return next_sequence_number(*asked, number).value_or(0);
  };
  EXPECT_EQ(after({{"x-ms-sequence-number-action", "max"}, {"x-ms-blob-sequence-number", "7"}}, 9), 9u);
  EXPECT_EQ(after({{"x-ms-sequence-number-action", "update"}, {"x-ms-blob-sequence-number", "7"}}, 9), 7u);
  EXPECT_EQ(after({{"x-ms-sequence-number-action", "increment"}}, 9), 10u);
  EXPECT_FALSE(parse_page_blob_properties(headers({{"x-ms-blob-sequence-number", "7"}})).has_value());
  EXPECT_FALSE(parse_page_blob_properties(
                   headers({{"x-ms-sequence-number-action", "increment"}, {"x-ms-blob-sequence-number", "7"}}))
                   .has_value());
  const auto increment = parse_page_blob_properties(headers({{"x-ms-sequence-number-action", "increment"}}));
  EXPECT_EQ(next_sequence_number(*increment, kMostSequenceNumber).error().code, "SequenceNumberIncrementTooLarge");
}

TEST(PageRules, Lengths) {
  EXPECT_EQ(parse_page_blob_length(headers({{"x-ms-blob-content-length", "8796093022208"}})).value(),
            kMostPageBlobBytes);
  for (const char* text : {"8796093022720", "513", "-512", "many"}) {
    EXPECT_EQ(parse_page_blob_length(headers({{"x-ms-blob-content-length", text}})).error().code, "InvalidHeaderValue");
  }
}

TEST(PageList, JoinsAcrossWindowsAndCutsAtTheRange) {
  PageWindow whole;
  put_pages(whole, 0, segment(1, kPagesPerWindow), 1);
  PageList list({512, 2 * kWindowBytes}, 10);
  for (std::uint32_t window = 0; window < 3; ++window) list.add({window, whole, {}}, std::nullopt);
  EXPECT_EQ(list.xml(std::nullopt, false),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><PageList><PageRange><Start>512</Start><End>2097663</End>"
            "</PageRange></PageList>");
}

}  // namespace
}  // namespace freehold::blob
