// The digests of content that comes piece by piece, or of a body that is at hand.
#pragma once

#include <optional>

#include "crypto/digest.h"
#include "src/content_store.h"

namespace freehold::blob {

// Computes only what is wanted. Belongs to whoever reads the content.
class RunningDigests {
 public:
  explicit RunningDigests(Digest digest);
  void update(BytesView data);
  void finish(Ingested& result);  // sets its digests; once

 private:
  std::optional<crypto::Md5> md5_;
  bool with_crc64_;
  std::uint64_t crc64_ = 0;
};

[[nodiscard]] Ingested digests_of(BytesView body, Digest digest);

}  // namespace freehold::blob
