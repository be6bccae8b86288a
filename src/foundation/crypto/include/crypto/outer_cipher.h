// OuterCipher: a second layer over sealed pages, by another cipher than AES (docs/formats/content-page.md).
//
// ChaCha20 (RFC 8439), which leaves a page as long as it is. It conceals and doesn't authenticate: the seal within
// does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/secret.h"

namespace freehold::crypto {

// key = HKDF-Expand(outer key, "freehold outer chunk" || chunk id); nonce = page index, 96 bits big-endian; the block
// counter begins at 0. A chunk id is never reused and a page of it is written once, so no key meets a nonce twice but
// with the same bytes.
//
// Thread-safe after construction.
class OuterCipher {
 public:
  // outer_key: 32 bytes; chunk_id: 1..kMaxChunkIdBytes.
  OuterCipher(const Secret& outer_key, BytesView chunk_id);
  // Puts the layer on, or takes it off. At most kPageBytes and a tag.
  void apply(std::uint32_t index, std::span<char> bytes) const;

 private:
  Secret key_;
};

}  // namespace freehold::crypto
