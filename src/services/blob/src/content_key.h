// Blob keys: 32 random bytes a blob, wrapped by the account key or by that of an encryption scope (DESIGN section 5).
//
// A wrapped one is 40 bytes of RFC 3394; in a scope its name stands before them, after its length (u8). So whatever
// carries a wrapped key says what opens it.
#pragma once

#include <memory>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "src/account_key.h"

namespace freehold::blob {

// What seals a blob's content: a key of its own, and, where its account or encryption scope has infrastructure
// encryption, the key of a second layer over what that has sealed (content_cipher.h).
struct ContentKey {
  Secret key;                                     // 32 bytes
  std::shared_ptr<const Secret> outer = nullptr;  // 32 bytes; null: there is one layer
};

// Shared by the readers and writers of one blob that are under way at a time.
using BlobKey = std::shared_ptr<const ContentKey>;

struct WrappedBlobKey {
  BlobKey key;
  Bytes wrapped;
};

inline constexpr std::size_t kWrappedBlobKeyBytes = crypto::kAeadKeyBytes + 8;

// The encryption scope that a wrapped key is of; empty: the account's own key has wrapped it. Borrows.
[[nodiscard]] inline std::string_view scope_of(BytesView wrapped) {
  if (wrapped.size() <= kWrappedBlobKeyBytes) return {};
  const auto length = static_cast<unsigned char>(wrapped.front());
  return wrapped.size() == 1 + length + kWrappedBlobKeyBytes ? wrapped.substr(1, length) : std::string_view();
}

// `by`: of the account, or of the scope that the blob is to be in.
[[nodiscard]] inline WrappedBlobKey make_blob_key(const AccountKey& by, Random& random) {
  Secret key(crypto::kAeadKeyBytes);
  random.fill(key.span());
  Bytes wrapped;
  if (!by.scope.empty()) {
    append_u8(wrapped, static_cast<std::uint8_t>(by.scope.size()));
    wrapped += by.scope;
  }
  wrapped += crypto::wrap_key(*by, key);
  return {std::make_shared<const ContentKey>(ContentKey{std::move(key), by.outer}), std::move(wrapped)};
}

// `by`: of what scope_of() says. kCorrupt.
[[nodiscard]] inline Result<BlobKey> open_blob_key(const AccountKey& by, BytesView wrapped) {
  if (const auto scope = scope_of(wrapped); !scope.empty()) wrapped.remove_prefix(1 + scope.size());
  FH_TRY(auto key, crypto::unwrap_key(*by, wrapped));
  return std::make_shared<const ContentKey>(ContentKey{std::move(key), by.outer});
}

}  // namespace freehold::blob
