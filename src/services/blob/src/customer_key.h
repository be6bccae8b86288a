// Customer-provided keys: a key that comes with each request that needs it and that nobody here keeps. "Provide an
// encryption key on a request to Blob storage". Keeps: E2a.
#pragma once

#include <memory>
#include <optional>

#include "authn/account.h"
#include "http/message.h"
#include "src/blob_errors.h"
#include "src/content_key.h"

namespace freehold::blob {

// Shared by the readers and writers of one request; wiped with the last of them.
struct CustomerKey {
  std::shared_ptr<const Secret> key;  // 32 bytes
  Bytes sha256;                       // of the key: what a blob's row keeps
};

// x-ms-encryption-key, -key-sha256 and -algorithm; nullopt without any. 400 where one of them is missing, isn't what it
// should be or doesn't fit the others, and for a key that came over plain http (the emulator's account aside).
[[nodiscard]] ApiResult<std::optional<CustomerKey>> parse_customer_key(const http::Request& request,
                                                                       const gate::StorageAccount& account);

// Is this the key under which the content is (empty: none)? 409 if it isn't, is missing or isn't wanted.
[[nodiscard]] ApiResult<> check_customer_key(BytesView stored_sha256, const std::optional<CustomerKey>& sent);

// What seals content: the blob key, or a key that only who has both the blob key and the customer's can derive
// (docs/formats/content-page.md). What tells where content lies stays under the blob key, so that it can be freed.
[[nodiscard]] BlobKey content_key(const BlobKey& blob_key, const std::optional<CustomerKey>& customer);

// The answers' x-ms-encryption-key-sha256, where there is a key.
void add_customer_key(http::Response& response, BytesView sha256);

}  // namespace freehold::blob
