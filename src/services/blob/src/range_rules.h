// Ranges of a read: "Specifying the range header for Blob service operations".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

// Bytes [offset, offset + length); length > 0 unless the blob is empty and the whole of it is asked for.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  [[nodiscard]] std::uint64_t end() const { return offset + length; }
};

// "bytes=a-" or "bytes=a-b" before the blob's length is known.
struct RangeHeader {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};

// nullopt: not of the two forms that Azure knows.
[[nodiscard]] std::optional<RangeHeader> parse_range(std::string_view text);

// x-ms-range decides over Range. A malformed x-ms-range is 400; a malformed or suffix Range is passed over, as RFC 9110
// section 14.2 lets a server do and Azure does. nullopt: the whole blob.
[[nodiscard]] ApiResult<std::optional<RangeHeader>> requested_range(const http::Headers& headers);

// Clips to the blob; 416 InvalidRange where it begins past the last byte.
[[nodiscard]] ApiResult<ByteRange> resolve_range(const std::optional<RangeHeader>& range, std::uint64_t blob_length);

[[nodiscard]] std::string content_range(ByteRange range, std::uint64_t blob_length);

}  // namespace freehold::blob
