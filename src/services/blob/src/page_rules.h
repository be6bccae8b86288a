// Rules of page blobs: "Put Blob" (page blobs), "Put Page", "Get Page Ranges", "Set Blob Properties". Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "src/blob_row.h"
#include "src/range_rules.h"

namespace freehold::blob {

inline constexpr std::uint64_t kMostPageBlobBytes = 8ULL * 1024 * 1024 * 1024 * 1024;
inline constexpr std::uint64_t kMostSequenceNumber = 0x7FFF'FFFF'FFFF'FFFF;

// x-ms-blob-content-length; nullopt without one. 400 InvalidHeaderValue if it isn't a multiple of 512 up to 8 TiB.
[[nodiscard]] ApiResult<std::optional<std::uint64_t>> parse_page_blob_length(const http::Headers& headers);
// x-ms-blob-sequence-number, 0 to 2^63 - 1.
[[nodiscard]] ApiResult<std::optional<std::uint64_t>> parse_sequence_number(const http::Headers& headers);

// 409 InvalidBlobType.
[[nodiscard]] ApiResult<> check_page_blob(const BlobRow& row);

// The range of Put Page, from x-ms-range or Range: both ends, whole pages. 400 without one, 416 InvalidPageRange.
[[nodiscard]] ApiResult<ByteRange> parse_page_range(const http::Headers& headers);
// 416 InvalidPageRange past the end.
[[nodiscard]] ApiResult<> check_page_range(ByteRange range, std::uint64_t blob_length);

// x-ms-if-sequence-number-le, -lt, -eq: all that are sent must hold.
struct SequenceConditions {
  std::optional<std::uint64_t> at_most;
  std::optional<std::uint64_t> below;
  std::optional<std::uint64_t> equal;
};
[[nodiscard]] ApiResult<SequenceConditions> parse_sequence_conditions(const http::Headers& headers);
// 412 SequenceNumberConditionNotMet.
[[nodiscard]] ApiResult<> check_sequence(const SequenceConditions& conditions, std::uint64_t number);

// What Set Blob Properties asks of a page blob.
enum class SequenceAction { kNone, kMax, kUpdate, kIncrement };
struct PageBlobProperties {
  std::optional<std::uint64_t> length;
  SequenceAction action = SequenceAction::kNone;
  std::uint64_t number = 0;
  [[nodiscard]] bool empty() const { return !length && action == SequenceAction::kNone; }
};
// 400 for a number without an action, or an action without the number it needs or with one it doesn't take.
[[nodiscard]] ApiResult<PageBlobProperties> parse_page_blob_properties(const http::Headers& headers);
// The number after the action; 409 SequenceNumberIncrementTooLarge.
[[nodiscard]] ApiResult<std::uint64_t> next_sequence_number(const PageBlobProperties& asked, std::uint64_t number);

}  // namespace freehold::blob
