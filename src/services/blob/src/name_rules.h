// Which names Azure allows: "Naming and Referencing Containers, Blobs, and Metadata", and block ids ("Put Block").
#pragma once

#include <string>
#include <string_view>

#include "src/blob_errors.h"

namespace freehold::blob {

inline constexpr std::size_t kBlobNameChars = 1'024;
inline constexpr std::size_t kBlockIdBytes = 64;

// 3-63 of lower-case letters, digits and single hyphens, beginning and ending with a letter or digit; or $root, $web,
// $logs.
[[nodiscard]] ApiResult<> check_container_name(std::string_view name);
// 1-1,024 characters of valid UTF-8 without NUL; at most 254 path segments.
[[nodiscard]] ApiResult<> check_blob_name(std::string_view name);
// The decoded id of ?blockid=: base64 of 1-64 bytes.
[[nodiscard]] ApiResult<Bytes> parse_block_id(std::string_view text);

}  // namespace freehold::blob
