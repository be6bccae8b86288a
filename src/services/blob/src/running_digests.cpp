#include "src/running_digests.h"

#include "src/crc64.h"

namespace freehold::blob {

RunningDigests::RunningDigests(Digest digest) : with_crc64_(wants(digest, Digest::kCrc64)) {
  if (wants(digest, Digest::kMd5)) md5_.emplace();
}

void RunningDigests::update(BytesView data) {
  if (md5_) md5_->update(data);
  if (with_crc64_) crc64_ = crc64(crc64_, data);
}

void RunningDigests::finish(Ingested& result) {
  if (md5_) {
    const auto digest = md5_->finish();
    result.md5 = Bytes(crypto::view(digest));
  }
  result.crc64 = crc64_;
}

Ingested digests_of(BytesView body, Digest digest) {
  RunningDigests digests(digest);
  digests.update(body);
  Ingested result;
  digests.finish(result);
  return result;
}

}  // namespace freehold::blob
