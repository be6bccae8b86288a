#include "src/source_plan.h"

#include "base/encoding.h"
#include "src/append_rules.h"
#include "src/page_rules.h"

namespace freehold::blob {
namespace {

ApiResult<SentDigests> parse_source_digests(const http::Headers& headers) {
  SentDigests sent;
  FH_TRY(sent.md5, parse_md5(headers, "x-ms-source-content-md5"));
  constexpr std::string_view kCrc64 = "x-ms-source-content-crc64";
  if (const auto text = headers.get(kCrc64); !text.empty()) {
    auto crc = from_base64(text);
    if (!crc || crc->size() != 8 || !sent.md5.empty()) return refuse(errors::invalid_header(kCrc64, text));
    sent.crc64 = std::move(*crc);
  }
  return sent;
}

// The version that the request is read by; the source is read by the same.
std::string version_of(const http::Request& request) {
  if (request.headers.has("x-ms-version")) return std::string(request.headers.get("x-ms-version"));
  return std::string(request.parameter("sv"));
}

BlobType type_of(std::string_view text) {
  if (text == "AppendBlob") return BlobType::kAppend;
  return text == "PageBlob" ? BlobType::kPage : BlobType::kBlock;
}

}  // namespace

ApiResult<SourcePlan> plan_source(const BlobParts& parts, const http::Request& request, SourceRanges ranges) {
  const auto length = request.body->length();
  if (!length || *length != 0) {
    return refuse(errors::invalid_header("Content-Length", request.headers.get("content-length")));
  }
  SourcePlan plan;
  FH_TRY(plan.source, parts.sources.parse(request));
  FH_TRY(plan.question.headers, read_headers_for_source(request.headers));
  if (auto version = version_of(request); !version.empty()) plan.question.headers.add("x-ms-version", version);
  FH_TRY(plan.question.range, parse_source_range(request.headers));
  if (plan.question.range && ranges == SourceRanges::kRefused) {
    return refuse(errors::unsupported_header("x-ms-source-range"));
  }
  FH_TRY(plan.sent, parse_source_digests(request.headers));
  return plan;
}

ApiError blame(const SourceBody& body, ApiError error) {
  if (!body.broke_off()) return error;
  auto blamed = errors::cannot_verify_copy_source(500, "");
  blamed.detail = std::move(error.detail);
  return blamed;
}

ApiResult<SourceProperties> properties_of(const http::Headers& answer) {
  SourceProperties out;
  out.type = type_of(answer.get("x-ms-blob-type"));
  out.length = parse_u64(answer.get("content-length")).value_or(0);
  out.etag = answer.get("etag");
  const auto blocks = parse_u64(answer.get("x-ms-blob-committed-block-count")).value_or(0);
  out.committed_blocks = static_cast<std::uint32_t>(std::min<std::uint64_t>(blocks, kBlocksPerAppendBlob));
  out.sealed = out.type == BlobType::kAppend && equals_ignoring_case(answer.get("x-ms-blob-sealed"), "true");
  out.sequence_number = std::min(parse_u64(answer.get("x-ms-blob-sequence-number")).value_or(0), kMostSequenceNumber);
  out.content.type = answer.get("content-type");
  out.content.encoding = answer.get("content-encoding");
  out.content.language = answer.get("content-language");
  out.content.disposition = answer.get("content-disposition");
  out.content.cache_control = answer.get("cache-control");
  // Of a range, the header without a prefix is the range's.
  const auto whole_md5 = answer.get(answer.has("x-ms-blob-content-md5") ? "x-ms-blob-content-md5" : "content-md5");
  if (const auto md5 = from_base64(whole_md5); md5 && md5->size() == 16) out.content.md5 = *md5;
  auto metadata = parse_metadata(answer);
  if (!metadata || !check_content_headers(out.content)) return refuse(errors::cannot_verify_copy_source(400, ""));
  out.metadata = std::move(*metadata);
  return out;
}

}  // namespace freehold::blob
