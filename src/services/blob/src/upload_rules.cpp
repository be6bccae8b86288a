#include "src/upload_rules.h"

#include "base/encoding.h"
#include "src/crc64.h"
#include "src/header_rules.h"
#include "src/running_digests.h"

namespace freehold::blob {
namespace {
constexpr std::uint64_t kMiB = 1024 * 1024;
}  // namespace

ApiResult<SentDigests> parse_sent_digests(const http::Headers& headers) {
  SentDigests sent;
  FH_TRY(sent.md5, parse_md5(headers, "content-md5"));
  if (const auto text = headers.get("x-ms-content-crc64"); !text.empty()) {
    auto crc = from_base64(text);
    if (!crc || crc->size() != 8) return refuse(errors::invalid_header("x-ms-content-crc64", text));
    if (!sent.md5.empty()) return refuse(errors::invalid_header("x-ms-content-crc64", text));
    sent.crc64 = std::move(*crc);
  }
  return sent;
}

ApiResult<> check_digests(const SentDigests& sent, BytesView stored_md5, const Ingested& ingested) {
  for (const BytesView md5 : {BytesView(sent.md5), stored_md5}) {
    if (!md5.empty() && md5 != ingested.md5) {
      return refuse(errors::md5_mismatch(to_base64(md5), to_base64(ingested.md5)));
    }
  }
  const auto crc = crc64_bytes(ingested.crc64);
  if (!sent.crc64.empty() && sent.crc64 != crc) {
    return refuse(errors::crc64_mismatch(to_base64(sent.crc64), to_base64(crc)));
  }
  return {};
}

ApiResult<> check_small_body(const SentDigests& sent, BytesView body) {
  return sent.empty() ? ApiResult<>() : check_digests(sent, {}, digests_of(body, Digest::kBoth));
}

ApiResult<std::uint64_t> body_length(const http::Request& request, std::uint64_t limit) {
  const auto length = request.body->length();
  if (!length || !request.headers.has("content-length")) return refuse(errors::length_required());
  if (*length > limit) return refuse(errors::body_too_large(limit));
  return *length;
}

// "Scalability and performance targets for Blob storage", limits by version.
std::uint64_t put_blob_limit(int api_version) { return (api_version >= 20191212 ? 5'000 : 256) * kMiB; }
std::uint64_t put_block_limit(int api_version) { return (api_version >= 20191212 ? 4'000 : 100) * kMiB; }

bool may_only_create(const gate::Principal& principal) {
  if (principal.only_creates) return true;
  return principal.sas && principal.sas->permissions.find('w') == std::string::npos;
}

}  // namespace freehold::blob
