#include "src/append_rules.h"

#include "base/encoding.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

ApiResult<std::optional<std::uint64_t>> parse_number(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  const auto number = parse_u64(headers.get(name));
  if (!number) return refuse(errors::invalid_header(name, headers.get(name)));
  return number;
}

}  // namespace

// "Scalability and performance targets for Blob storage", limits by version.
std::uint64_t append_block_limit(int api_version) { return (api_version >= 20221102 ? 100 : 4) * kMiB; }

ApiResult<AppendConditions> parse_append_conditions(const http::Headers& headers) {
  AppendConditions conditions;
  FH_TRY(conditions.max_size, parse_number(headers, "x-ms-blob-condition-maxsize"));
  FH_TRY(conditions.position, parse_number(headers, "x-ms-blob-condition-appendpos"));
  return conditions;
}

ApiResult<> check_append_blob(const BlobRow& row) {
  if (row.type != BlobType::kAppend || !row.append) return refuse(errors::invalid_blob_type());
  return {};
}

ApiResult<> check_append_conditions(const AppendConditions& conditions, std::uint64_t length, std::uint64_t appended) {
  if (conditions.position && *conditions.position != length) return refuse(errors::append_position_not_met());
  if (conditions.max_size && (length > *conditions.max_size || appended > *conditions.max_size - length)) {
    return refuse(errors::max_blob_size_not_met());
  }
  return {};
}

ApiResult<> check_append(const AppendConditions& conditions, const BlobRow& row, std::uint64_t appended) {
  FH_CHECK_OK(check_append_blob(row));
  if (row.append->sealed) return refuse(errors::blob_is_sealed());
  FH_CHECK_OK(check_append_conditions(conditions, row.length, appended));
  if (row.append->committed_blocks >= kBlocksPerAppendBlob) return refuse(errors::too_many_blocks());
  return {};
}

}  // namespace freehold::blob
