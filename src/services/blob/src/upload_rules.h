// What a request that brings content says about it: its length, its digests, and what must hold afterwards.
#pragma once

#include <cstdint>
#include <optional>

#include "http/message.h"
#include "pipeline/permit.h"
#include "src/blob_errors.h"
#include "src/content_store.h"

namespace freehold::blob {

// Digests that the client sent for the body in transit; empty where it sent none.
struct SentDigests {
  Bytes md5;    // Content-MD5
  Bytes crc64;  // x-ms-content-crc64
  [[nodiscard]] bool empty() const { return md5.empty() && crc64.empty(); }
};
[[nodiscard]] ApiResult<SentDigests> parse_sent_digests(const http::Headers& headers);

// 400 Md5Mismatch / Crc64Mismatch. `stored_md5` is x-ms-blob-content-md5 where the operation verifies that too.
[[nodiscard]] ApiResult<> check_digests(const SentDigests& sent, BytesView stored_md5, const Ingested& ingested);

// The same for a body that was read whole (XML).
[[nodiscard]] ApiResult<> check_small_body(const SentDigests& sent, BytesView body);

// The announced length of the body: 411 without one, 413 over the limit.
[[nodiscard]] ApiResult<std::uint64_t> body_length(const http::Request& request, std::uint64_t limit);
[[nodiscard]] std::uint64_t put_blob_limit(int api_version);
[[nodiscard]] std::uint64_t put_block_limit(int api_version);

// A SAS that may create but not write must not overwrite.
[[nodiscard]] bool may_only_create(const gate::Principal& principal);

}  // namespace freehold::blob
