// Blob keys: 32 random bytes a blob, wrapped by the account key (DESIGN section 5).
#pragma once

#include <memory>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/aead.h"

namespace freehold::blob {

// Shared by the readers and writers of one blob that are under way at a time.
using BlobKey = std::shared_ptr<const Secret>;

struct WrappedBlobKey {
  BlobKey key;
  Bytes wrapped;
};

[[nodiscard]] inline WrappedBlobKey make_blob_key(const Secret& account_key, Random& random) {
  Secret key(crypto::kAeadKeyBytes);
  random.fill(key.span());
  auto wrapped = crypto::wrap_key(account_key, key);
  return {std::make_shared<const Secret>(std::move(key)), std::move(wrapped)};
}

[[nodiscard]] inline Result<BlobKey> open_blob_key(const Secret& account_key, BytesView wrapped) {
  FH_TRY(auto key, crypto::unwrap_key(account_key, wrapped));
  return std::make_shared<const Secret>(std::move(key));
}

}  // namespace freehold::blob
