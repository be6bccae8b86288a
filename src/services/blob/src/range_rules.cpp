#include "src/range_rules.h"

#include "base/encoding.h"

namespace freehold::blob {

std::optional<RangeHeader> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto first = parse_u64(text.substr(0, dash));
  if (!first) return std::nullopt;
  RangeHeader range{*first, std::nullopt};
  if (const auto rest = text.substr(dash + 1); !rest.empty()) {
    range.last = parse_u64(rest);
    if (!range.last || *range.last < *first) return std::nullopt;
  }
  return range;
}

ApiResult<std::optional<RangeHeader>> requested_range(const http::Headers& headers) {
  if (headers.has("x-ms-range")) {
    auto range = parse_range(headers.get("x-ms-range"));
    if (!range) return refuse(errors::invalid_header("x-ms-range", headers.get("x-ms-range")));
    return range;
  }
  return parse_range(headers.get("range"));
}

ApiResult<ByteRange> resolve_range(const std::optional<RangeHeader>& range, std::uint64_t blob_length) {
  if (!range) return ByteRange{0, blob_length};
  if (range->first >= blob_length) return refuse(errors::invalid_range(blob_length));
  const auto last = std::min(range->last.value_or(blob_length - 1), blob_length - 1);
  return ByteRange{range->first, last - range->first + 1};
}

std::string content_range(ByteRange range, std::uint64_t blob_length) {
  return "bytes " + std::to_string(range.offset) + '-' + std::to_string(range.end() - 1) + '/' +
         std::to_string(blob_length);
}

}  // namespace freehold::blob
