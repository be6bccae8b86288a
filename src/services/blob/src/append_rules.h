// Rules of append blobs: "Append Block", "Append Blob Seal". Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "src/blob_row.h"

namespace freehold::blob {

inline constexpr std::uint32_t kBlocksPerAppendBlob = 50'000;
[[nodiscard]] std::uint64_t append_block_limit(int api_version);  // bytes of one block

// x-ms-blob-condition-...
struct AppendConditions {
  std::optional<std::uint64_t> max_size;
  std::optional<std::uint64_t> position;
};
// 400 InvalidHeaderValue for what is no number.
[[nodiscard]] ApiResult<AppendConditions> parse_append_conditions(const http::Headers& headers);

// 409 InvalidBlobType.
[[nodiscard]] ApiResult<> check_append_blob(const BlobRow& row);
// 412 AppendPositionConditionNotMet, MaxBlobSizeConditionNotMet.
[[nodiscard]] ApiResult<> check_append_conditions(const AppendConditions& conditions, std::uint64_t length,
                                                  std::uint64_t appended);
// May these bytes be appended as one block? 409 InvalidBlobType, BlobIsSealed, BlockCountExceedsLimit, and 412.
[[nodiscard]] ApiResult<> check_append(const AppendConditions& conditions, const BlobRow& row, std::uint64_t appended);

}  // namespace freehold::blob
