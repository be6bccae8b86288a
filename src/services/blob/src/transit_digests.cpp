#include "src/transit_digests.h"

#include "base/encoding.h"
#include "src/crc64.h"

namespace freehold::blob {
namespace {
constexpr int kCrc64Since = 20190202;
}  // namespace

bool tells_crc64(int api_version) { return api_version >= kCrc64Since; }

Digest transit_digest(const SentDigests& sent, int api_version) {
  const bool tells_md5 = !sent.md5.empty() || !tells_crc64(api_version);
  if (!tells_md5) return Digest::kCrc64;
  return sent.crc64.empty() ? Digest::kMd5 : Digest::kBoth;
}

void add_transit_digest(http::Response& response, const SentDigests& sent, int api_version, const Ingested& ingested) {
  if (wants(transit_digest(sent, api_version), Digest::kMd5)) {
    response.headers.add("Content-MD5", to_base64(ingested.md5));
  } else {
    response.headers.add("x-ms-content-crc64", to_base64(crc64_bytes(ingested.crc64)));
  }
}

}  // namespace freehold::blob
