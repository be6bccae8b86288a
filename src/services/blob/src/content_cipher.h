// ContentCipher: pages of one chunk, sealed and opened in one layer or in two (docs/formats/content-page.md).
#pragma once

#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/outer_cipher.h"
#include "src/content_key.h"
#include "store/chunk_store.h"

namespace freehold::blob {

// Thread-safe after construction. A page is as long in two layers as in one.
class ContentCipher {
 public:
  ContentCipher(const ContentKey& key, store::ChunkId chunk) : inner_(key.key, store::to_bytes(chunk)) {
    if (key.outer != nullptr) outer_.emplace(*key.outer, store::to_bytes(chunk));
  }

  // As ChunkCipher's.
  void seal_page(std::uint32_t index, BytesView plain, std::span<char> out) const {
    inner_.seal_page(index, plain, out);
    if (outer_) outer_->apply(index, out);
  }
  [[nodiscard]] bool open_page(std::uint32_t index, BytesView sealed, std::span<char> out) const {
    if (!outer_) return inner_.open_page(index, sealed, out);
    AlignedBuffer once(sealed.size());
    std::memcpy(once.data(), sealed.data(), sealed.size());
    outer_->apply(index, once.span());
    return inner_.open_page(index, once.view(), out);
  }

 private:
  crypto::ChunkCipher inner_;
  std::optional<crypto::OuterCipher> outer_;
};

}  // namespace freehold::blob
