// The pure rules, as tables.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/random.h"
#include "src/block_list_rules.h"
#include "src/block_list_xml.h"
#include "src/conditional_rules.h"
#include "src/crc64.h"
#include "src/header_rules.h"
#include "src/ingest_room.h"
#include "src/listing_rules.h"
#include "src/name_rules.h"
#include "src/range_rules.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

http::Headers headers(std::initializer_list<std::pair<std::string, std::string>> fields) {
  http::Headers result;
  for (const auto& [name, value] : fields) result.add(name, value);
  return result;
}

template <class T>
std::string code_of(const ApiResult<T>& result) {
  return result ? "ok" : result.error().code;
}

TEST(NameRules, Containers) {
  const std::pair<std::string, std::string> cases[] = {{"abc", "ok"},
                                                       {"a-b-c", "ok"},
                                                       {"123", "ok"},
                                                       {"$root", "ok"},
                                                       {"$web", "ok"},
                                                       {"$logs", "ok"},
                                                       {"ab", "OutOfRangeInput"},
                                                       {std::string(63, 'a'), "ok"},
                                                       {std::string(64, 'a'), "OutOfRangeInput"},
                                                       {"-abc", "InvalidResourceName"},
                                                       {"abc-", "InvalidResourceName"},
                                                       {"a--b", "InvalidResourceName"},
                                                       {"Abc", "InvalidResourceName"},
                                                       {"a_b", "InvalidResourceName"},
                                                       {"$other", "InvalidResourceName"}};
  for (const auto& [name, expected] : cases) EXPECT_EQ(code_of(check_container_name(name)), expected) << name;
}

TEST(NameRules, Blobs) {
  std::string deep;
  for (int i = 0; i < 254; ++i) deep += "a/";
  std::string wide;
  for (int i = 0; i < 1024; ++i) wide += "ä";
  const std::pair<std::string, std::string> cases[] = {{"a", "ok"},
                                                       {wide, "ok"},
                                                       {wide + "a", "OutOfRangeInput"},
                                                       {"", "InvalidResourceName"},
                                                       {std::string("a\0b", 3), "InvalidResourceName"},
                                                       {"\xff", "InvalidResourceName"},
                                                       {deep, "InvalidResourceName"},
                                                       {deep.substr(4) + "b", "ok"}};
  for (const auto& [name, expected] : cases) EXPECT_EQ(code_of(check_blob_name(name)), expected) << name.size();
}

TEST(NameRules, BlockIds) {
  EXPECT_EQ(*parse_block_id("AAAA"), Bytes(3, '\0'));
  EXPECT_EQ(*parse_block_id("+/ /"), *from_base64("+/+/"));  // a '+' left unescaped in the query arrives as a space
  EXPECT_EQ(code_of(parse_block_id("")), "MissingRequiredQueryParameter");
  EXPECT_EQ(code_of(parse_block_id("not base64!")), "InvalidQueryParameterValue");
  EXPECT_EQ(code_of(parse_block_id(to_base64(Bytes(64, 'x')))), "ok");
  EXPECT_EQ(code_of(parse_block_id(to_base64(Bytes(65, 'x')))), "OutOfRangeQueryParameterValue");
}

TEST(ConditionalRules, ReadsAndWrites) {
  const Existing there{0x123, WallTime(std::chrono::seconds(1'000'000'000))};
  const auto tag = quoted_etag(there.etag);
  const std::string at = http_date(there.last_modified);
  const std::string before = http_date(there.last_modified - std::chrono::seconds(1));
  struct Case {
    std::string name, value, read, write, write_absent;
  };
  const Case cases[] = {
      {"if-match", tag, "ok", "ok", "412"},
      {"if-match", etag_text(there.etag), "ok", "ok", "412"},
      {"if-match", "\"0x8other\"", "412", "412", "412"},
      {"if-match", "\"0x8other\", " + tag, "ok", "ok", "412"},
      {"if-match", "*", "ok", "ok", "412"},
      {"if-none-match", tag, "304", "412", "ok"},
      {"if-none-match", "\"0x8other\"", "ok", "ok", "ok"},
      {"if-none-match", "*", "400", "409", "ok"},
      {"if-modified-since", at, "304", "412", "ok"},
      {"if-modified-since", before, "ok", "ok", "ok"},
      {"if-unmodified-since", at, "ok", "ok", "ok"},
      {"if-unmodified-since", before, "412", "412", "ok"},
  };
  const auto said = [](const ApiResult<>& result) { return result ? "ok" : std::to_string(result.error().status); };
  for (const auto& c : cases) {
    const auto conditions = parse_conditions(headers({{c.name, c.value}}));
    ASSERT_TRUE(conditions.has_value());
    EXPECT_EQ(said(check_read(*conditions, there)), c.read) << c.name << ' ' << c.value;
    EXPECT_EQ(said(check_write(*conditions, there)), c.write) << c.name << ' ' << c.value;
    EXPECT_EQ(said(check_write(*conditions, std::nullopt)), c.write_absent) << c.name << ' ' << c.value;
  }
}

TEST(ConditionalRules, OfAWritesPairTheTagDecidesAndOtherPairsAreRefused) {
  const Existing there{0x123, WallTime(std::chrono::seconds(1'000'000'000))};
  const std::string before = http_date(there.last_modified - std::chrono::seconds(1));
  const auto pair = parse_conditions(headers({{"if-match", quoted_etag(0x123)}, {"if-unmodified-since", before}}));
  ASSERT_TRUE(pair.has_value());
  EXPECT_TRUE(check_write(*pair, there).has_value());
  EXPECT_EQ(code_of(parse_conditions(headers({{"if-match", "a"}, {"if-none-match", "b"}}))),
            "MultipleConditionHeadersNotSupported");
  EXPECT_EQ(code_of(parse_conditions(headers({{"if-modified-since", "yesterday"}}))), "InvalidHeaderValue");
}

TEST(ConditionalRules, AReadTakesThemAllTogether) {
  const Existing there{0x123, WallTime(std::chrono::seconds(1'000'000'000))};
  const auto same = quoted_etag(there.etag);
  const std::string other = "\"0x8other\"";
  const std::string at = http_date(there.last_modified);
  const std::string before = http_date(there.last_modified - std::chrono::seconds(1));
  struct Case {
    std::string match, unmodified_since, none_match, modified_since, expected;
  };
  const Case cases[] = {
      {same, at, "", "", "ok"},       {same, before, "", "", "412"},    {other, at, "", "", "412"},
      {same, "", same, "", "304"},    {same, "", other, "", "ok"},      {other, "", other, "", "412"},
      {"", "", same, at, "304"},      {"", "", same, before, "ok"},     {"", "", other, at, "ok"},
      {same, at, same, before, "ok"}, {same, before, other, at, "412"}, {"", at, "", at, "304"},
  };
  for (const auto& c : cases) {
    http::Headers sent;
    if (!c.match.empty()) sent.add("if-match", c.match);
    if (!c.unmodified_since.empty()) sent.add("if-unmodified-since", c.unmodified_since);
    if (!c.none_match.empty()) sent.add("if-none-match", c.none_match);
    if (!c.modified_since.empty()) sent.add("if-modified-since", c.modified_since);
    const auto conditions = parse_read_conditions(sent);
    ASSERT_TRUE(conditions.has_value());
    const auto held = check_read(*conditions, there);
    EXPECT_EQ(held ? "ok" : std::to_string(held.error().status), c.expected)
        << c.match << '|' << c.unmodified_since << '|' << c.none_match << '|' << c.modified_since;
  }
}

TEST(RangeRules, Resolve) {
  struct Case {
    std::string name, value;
    std::uint64_t length;
    std::string expected;
  };
  const Case cases[] = {{"range", "bytes=0-9", 100, "bytes 0-9/100"},
                        {"range", "bytes=90-", 100, "bytes 90-99/100"},
                        {"range", "bytes=90-200", 100, "bytes 90-99/100"},
                        {"range", "bytes=100-", 100, "InvalidRange"},
                        {"range", "bytes=0-", 0, "InvalidRange"},
                        {"range", "bytes=-5", 100, "whole"},
                        {"range", "bytes=5-1", 100, "whole"},
                        {"range", "pages=0-1", 100, "whole"},
                        {"range", "bytes=0-1,3-4", 100, "whole"},
                        {"x-ms-range", "bytes=0-1,3-4", 100, "InvalidHeaderValue"},
                        {"x-ms-range", "bytes=-5", 100, "InvalidHeaderValue"},
                        {"range", "bytes=18446744073709551615-", 100, "InvalidRange"},
                        {"x-ms-range", "bytes=0-18446744073709551616", 100, "InvalidHeaderValue"}};
  for (const auto& c : cases) {
    const auto header = requested_range(headers({{c.name, c.value}}));
    std::string got;
    if (!header) {
      got = header.error().code;
    } else if (!*header) {
      got = "whole";
    } else {
      const auto range = resolve_range(*header, c.length);
      got = range ? content_range(*range, c.length) : range.error().code;
    }
    EXPECT_EQ(got, c.expected) << c.name << ": " << c.value;
  }
}

TEST(HeaderRules, Metadata) {
  const auto good = parse_metadata(headers({{"x-ms-meta-b", "2"}, {"x-ms-meta-a_1", "x y"}, {"x-ms-meta-b", "3"}}));
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good, (Metadata{{"a_1", "x y"}, {"b", "2,3"}}));
  http::Headers cased;
  cased.add_as_sent("X-Ms-Meta-CamelCase", "1");
  cased.add_as_sent("x-ms-meta-camelcase", "2");
  cased.add_as_sent("x-ms-meta-ABC", "3");
  EXPECT_EQ(parse_metadata(cased).value_or(Metadata()), (Metadata{{"ABC", "3"}, {"CamelCase", "1,2"}}));
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-", "x"}}))), "EmptyMetadataKey");
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-1a", "x"}}))), "InvalidMetadata");
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-a-b", "x"}}))), "InvalidMetadata");
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-a", "\xc3\xa4"}}))), "InvalidMetadata");
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-a", std::string(8191, 'x')}}))), "ok");
  EXPECT_EQ(code_of(parse_metadata(headers({{"x-ms-meta-a", std::string(8192, 'x')}}))), "MetadataTooLarge");
}

TEST(HeaderRules, WhatIsNotHereYetIsRefused) {
  const std::pair<std::pair<std::string, std::string>, std::string> cases[] = {
      {{"x-ms-encryption-key", "abc"}, "NotImplemented"},  // where an operation doesn't take it
      {{"x-ms-legal-hold", "true"}, "NotImplemented"},
      {{"x-ms-legal-hold", "false"}, "ok"},
      {{"x-ms-encryption-scope", "mine"}, "NotImplemented"}};
  for (const auto& [header, expected] : cases) {
    EXPECT_EQ(code_of(refuse_unsupported_for_blob(headers({header}))), expected) << header.first;
  }
}

Segment segment(std::uint64_t id, std::uint32_t length = 1) { return {Segment::Place::kChunk, {id, 0}, length}; }

TEST(BlockListRules, LatestPrefersStagedBlocks) {
  const Layout committed = {{"a", {segment(1)}}, {"b", {segment(2)}}};
  const std::vector<Block> staged = {{"a", {segment(3)}}, {"c", {segment(4)}}};
  const auto layout = resolve_block_list({{BlockSource::kLatest, "a"},
                                          {BlockSource::kCommitted, "a"},
                                          {BlockSource::kLatest, "b"},
                                          {BlockSource::kUncommitted, "c"}},
                                         committed, staged);
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(*layout, (Layout{{"a", {segment(3)}}, {"a", {segment(1)}}, {"b", {segment(2)}}, {"c", {segment(4)}}}));
  EXPECT_EQ(code_of(resolve_block_list({{BlockSource::kCommitted, "c"}}, committed, staged)), "InvalidBlockList");
  EXPECT_EQ(code_of(resolve_block_list({{BlockSource::kUncommitted, "b"}}, committed, staged)), "InvalidBlockList");
  // Content that was put whole has no id, and none can name it.
  EXPECT_EQ(code_of(resolve_block_list({{BlockSource::kLatest, ""}}, {{"", {segment(9)}}}, {})), "InvalidBlockList");
}

TEST(BlockListRules, LeftOverIsWhatNobodyNames) {
  const Layout committed = {{"a", {segment(1), segment(2)}}, {"b", {segment(3)}}, {"b2", {segment(3)}}};
  const std::vector<Block> staged = {{"c", {segment(4)}}};
  EXPECT_EQ(left_over({{"a", {segment(1), segment(2)}}}, committed, staged),
            (Layout{{"", {segment(3)}}, {"", {segment(4)}}}));
  EXPECT_TRUE(left_over({committed[0], committed[1], staged[0]}, committed, staged).empty());
}

TEST(BlockListXml, Parses) {
  const auto list = parse_block_list(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>\n  <Latest>YQ==</Latest>\n"
      "  <Committed>Yg==</Committed><Uncommitted>Yw==</Uncommitted></BlockList>");
  ASSERT_TRUE(list.has_value()) << list.error().code;
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ((*list)[0].id, "a");
  EXPECT_EQ((*list)[0].source, BlockSource::kLatest);
  EXPECT_EQ((*list)[1].source, BlockSource::kCommitted);
  EXPECT_EQ((*list)[2].source, BlockSource::kUncommitted);
  EXPECT_TRUE(parse_block_list("<BlockList/>")->empty());
}

TEST(BlockListXml, Refuses) {
  std::string many = "<BlockList>";
  for (int i = 0; i < 50'001; ++i) many += "<Latest>YQ==</Latest>";
  many += "</BlockList>";
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  // Megabytes of tags that never end: told from good ones in one pass, or this test would take minutes.
  std::string open_ended;
  for (int i = 0; i < 2'000'000; ++i) open_ended += "<!";
  const std::pair<std::string, std::string> cases[] = {
      {"", "InvalidXmlDocument"},
      {open_ended, "InvalidXmlDocument"},
      {"<>", "InvalidXmlDocument"},
      {"<BlockList>", "InvalidXmlDocument"},
      {"<Other/>", "InvalidXmlDocument"},
      {"<BlockList><Else>YQ==</Else></BlockList>", "InvalidXmlDocument"},
      {"<!DOCTYPE x [<!ENTITY a \"b\">]><BlockList/>", "InvalidXmlDocument"},
      {"<BlockList><Latest>***</Latest></BlockList>", "InvalidBlockList"},
      {"<BlockList><Latest></Latest></BlockList>", "InvalidBlockList"},
      {many, "BlockListTooLong"},
      {deep, "InvalidXmlDocument"}};
  for (const auto& [body, expected] : cases) EXPECT_EQ(code_of(parse_block_list(body)), expected) << body.substr(0, 60);
}

TEST(Crc64, KnownValueAndPieces) {
  EXPECT_EQ(crc64(0, "123456789"), 0xAE8B14860A799888ULL);
  const Bytes data(1000, 'x');
  EXPECT_EQ(crc64(crc64(0, BytesView(data).substr(0, 333)), BytesView(data).substr(333)), crc64(0, data));
}

TEST(Crc64, LongAndShortPiecesAgree) {
  SeededRandom random(64);
  const Bytes data = random.bytes(2000);
  for (std::size_t length = 0; length < 1000; length += 7) {
    const auto piece = BytesView(data).substr(length, length);
    std::uint64_t byte_by_byte = length;
    for (const char& c : piece) byte_by_byte = crc64(byte_by_byte, {&c, 1});
    EXPECT_EQ(crc64(length, piece), byte_by_byte) << length;
  }
}

TEST(ListingRules, MarkersOpenToWhatTheyWere) {
  const Bytes from("ba\0\x01\xF0z", 6);
  EXPECT_EQ(open_marker(make_marker(from)), from);
  for (const auto* bad : {"x", "1.", "2.YQ", "1.***"}) EXPECT_FALSE(open_marker(bad).has_value()) << bad;
}

TEST(ListingRules, RefusesWhatWouldOverrunAKey) {
  EXPECT_TRUE(open_marker(make_marker(Bytes(4'200, 'a'))).has_value());
  EXPECT_FALSE(open_marker(make_marker(Bytes(8'190, 'a'))).has_value());
  http::Request request;
  request.query = {{"prefix", std::string(4'096, 'a'), "prefix"}};
  EXPECT_EQ(code_of(parse_listing(request, ListingKind::kBlobs, 20211202)), "ok");
  request.query[0].value += 'a';
  EXPECT_EQ(code_of(parse_listing(request, ListingKind::kBlobs, 20211202)), "InvalidQueryParameterValue");
  request.query = {{"showonly", "deleted", "showonly"}};
  EXPECT_EQ(code_of(parse_listing(request, ListingKind::kBlobs, 20211202)), "NotImplemented");
}

TEST(HeaderRules, ContentHeadersThatWouldSpoilAListingAreRefused) {
  const std::pair<std::string, std::string> cases[] = {{"text/plain", "ok"},
                                                       {"text/\xC3\xA9", "ok"},
                                                       {std::string(4'096, 't'), "ok"},
                                                       {std::string(4'097, 't'), "InvalidHeaderValue"},
                                                       {"text/\xff", "InvalidHeaderValue"},
                                                       {"text/\xEF\xBF\xBF", "InvalidHeaderValue"}};
  for (const auto& [value, expected] : cases) {
    EXPECT_EQ(code_of(parse_put_blob_headers(headers({{"content-type", value}}))), expected) << value.size();
    EXPECT_EQ(code_of(parse_blob_content_headers(headers({{"x-ms-blob-cache-control", value}}))), expected);
  }
}

TEST(IngestRoom, OneTenantLeavesRoomForAnother) {
  IngestRoom room(100);
  TenantId one, other;
  one.bytes.fill(1);
  other.bytes.fill(2);
  auto large = room.take(one, 70);
  ASSERT_TRUE(large.has_value());
  EXPECT_FALSE(room.take(one, 10).has_value());
  EXPECT_TRUE(room.take(other, 20).has_value());  // and given back at once
  EXPECT_FALSE(room.take(other, 40).has_value());
  large.reset();
  EXPECT_TRUE(room.take(one, 75).has_value());
  EXPECT_FALSE(room.take(one, 76).has_value());
  EXPECT_GE(IngestRoom::default_limit(), 2 * limits::kChunkContentBytes);
}

TEST(XmlText, BytesThatAreNoUtf8DontSpoilTheDocument) {
  std::string out;
  append_escaped(out, "a\xff<");
  EXPECT_EQ(out, "a\xEF\xBF\xBD&lt;");
}

TEST(ListingRules, FoldsAtTheFirstDelimiterBehindThePrefix) {
  ListingQuery query;
  query.prefix = "a/";
  query.delimiter = "/";
  EXPECT_EQ(folded("a/b/c", query), "a/b/");
  EXPECT_EQ(folded("a/b", query), std::nullopt);
  query.delimiter = "--";
  EXPECT_EQ(folded("a/b--c--d", query), "a/b--");
}

}  // namespace
}  // namespace freehold::blob
