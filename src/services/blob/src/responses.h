// How answers look: the headers that describe a blob or container, and XML bodies.
#pragma once

#include "authn/authenticate.h"
#include "http/message.h"
#include "route/route.h"
#include "src/blob_row.h"
#include "src/container_row.h"
#include "src/range_rules.h"

namespace freehold::blob {

// ETag and Last-Modified.
void add_entity(http::Response& response, std::uint64_t etag, WallTime last_modified);
void add_metadata(http::Response& response, const Metadata& metadata);
// At hybrid time `now`, by which leases and tiers are judged. All that a read of the blob tells about it, for the whole
// blob (Content-MD5) or a part (x-ms-blob-content-md5).
enum class Part { kWhole, kRange };
void add_blob_headers(http::Response& response, const BlobRow& row, const Notes& notes, Part part, std::uint64_t now);
// x-ms-copy-* of the last copy to this blob, if there was one.
void add_copy_headers(http::Response& response, const std::optional<CopyState>& copy);
// What Get Blob Properties alone tells: the tier of a block blob.
void add_tier_headers(http::Response& response, const BlobRow& row, std::uint64_t now);
void add_container_headers(http::Response& response, const ContainerRow& row, const Notes& notes, std::uint64_t now);
void add_lease_headers(http::Response& response, const std::optional<Lease>& lease, std::uint64_t now);
// "blob" or "container"; empty for kNone.
[[nodiscard]] std::string_view public_access_text(PublicAccess access);
// x-ms-blob-public-access, where there is any.
void add_public_access(http::Response& response, const ContainerRow& row);

// What a SAS says of its answers (rscc, rscd, ...) in place of what the blob says of itself.
void apply_overrides(http::Response& response, const gate::Principal& principal);

[[nodiscard]] http::Response answer(int status);
// A refusal with its body.
[[nodiscard]] http::Response error_answer(const ApiError& error);
// 201 or 200 of a write: the blob's entity, and that its content is encrypted.
[[nodiscard]] http::Response written(int status, const BlobRow& row);
[[nodiscard]] http::Response xml_answer(Bytes body);
// The URL below which the request reached its account's service.
[[nodiscard]] std::string service_endpoint(const http::Request& request, const gate::Target& target);
// A read's refusal says what is there, so that a 304 can refresh a cache.
[[nodiscard]] ApiError with_entity(ApiError error, std::uint64_t etag, WallTime last_modified);

}  // namespace freehold::blob
