#include "src/page_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/page_window.h"

namespace freehold::blob {
namespace {

ApiResult<std::optional<std::uint64_t>> parse_number(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return std::nullopt;
  const auto number = parse_u64(headers.get(name));
  if (!number || *number > kMostSequenceNumber) return refuse(errors::invalid_header(name, headers.get(name)));
  return number;
}

ApiResult<SequenceAction> parse_action(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-sequence-number-action";
  if (!headers.has(kName)) return SequenceAction::kNone;
  const auto text = headers.get(kName);
  if (equals_ignoring_case(text, "max")) return SequenceAction::kMax;
  if (equals_ignoring_case(text, "update")) return SequenceAction::kUpdate;
  if (equals_ignoring_case(text, "increment")) return SequenceAction::kIncrement;
  return refuse(errors::invalid_header(kName, text));
}

}  // namespace

ApiResult<std::optional<std::uint64_t>> parse_page_blob_length(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-blob-content-length";
  FH_TRY(const auto length, parse_number(headers, kName));
  if (length && (*length % kBlobPageBytes != 0 || *length > kMostPageBlobBytes)) {
    return refuse(errors::invalid_header(kName, headers.get(kName)));
  }
  return length;
}

ApiResult<std::optional<std::uint64_t>> parse_sequence_number(const http::Headers& headers) {
  return parse_number(headers, "x-ms-blob-sequence-number");
}

ApiResult<> check_page_blob(const BlobRow& row) {
  if (row.type != BlobType::kPage || !row.page) return refuse(errors::invalid_blob_type());
  return {};
}

ApiResult<ByteRange> parse_page_range(const http::Headers& headers) {
  const std::string_view name = headers.has("x-ms-range") ? "x-ms-range" : "range";
  if (!headers.has(name)) return refuse(errors::missing_header("x-ms-range"));
  const auto range = parse_range(headers.get(name));
  if (!range) return refuse(errors::invalid_header(name, headers.get(name)));
  if (!range->last || *range->last >= kMostPageBlobBytes) return refuse(errors::invalid_page_range());
  const ByteRange result{range->first, *range->last - range->first + 1};
  if (result.offset % kBlobPageBytes != 0 || result.length % kBlobPageBytes != 0) {
    return refuse(errors::invalid_page_range());
  }
  return result;
}

ApiResult<> check_page_range(ByteRange range, std::uint64_t blob_length) {
  if (range.end() > blob_length) return refuse(errors::invalid_page_range());
  return {};
}

ApiResult<SequenceConditions> parse_sequence_conditions(const http::Headers& headers) {
  SequenceConditions conditions;
  FH_TRY(conditions.at_most, parse_number(headers, "x-ms-if-sequence-number-le"));
  FH_TRY(conditions.below, parse_number(headers, "x-ms-if-sequence-number-lt"));
  FH_TRY(conditions.equal, parse_number(headers, "x-ms-if-sequence-number-eq"));
  return conditions;
}

ApiResult<> check_sequence(const SequenceConditions& conditions, std::uint64_t number) {
  const bool held = (!conditions.at_most || number <= *conditions.at_most) &&
                    (!conditions.below || number < *conditions.below) &&
                    (!conditions.equal || number == *conditions.equal);
  if (!held) return refuse(errors::sequence_number_not_met());
  return {};
}

ApiResult<PageBlobProperties> parse_page_blob_properties(const http::Headers& headers) {
  PageBlobProperties asked;
  FH_TRY(asked.length, parse_page_blob_length(headers));
  FH_TRY(asked.action, parse_action(headers));
  FH_TRY(const auto number, parse_sequence_number(headers));
  const bool wants_number = asked.action == SequenceAction::kMax || asked.action == SequenceAction::kUpdate;
  if (wants_number && !number) return refuse(errors::missing_header("x-ms-blob-sequence-number"));
  if (!wants_number && number) {
    if (asked.action == SequenceAction::kNone) return refuse(errors::missing_header("x-ms-sequence-number-action"));
    return refuse(errors::invalid_header("x-ms-blob-sequence-number", headers.get("x-ms-blob-sequence-number")));
  }
  asked.number = number.value_or(0);
  return asked;
}

ApiResult<std::uint64_t> next_sequence_number(const PageBlobProperties& asked, std::uint64_t number) {
  switch (asked.action) {
    case SequenceAction::kNone:
      return number;
    case SequenceAction::kMax:
      return std::max(number, asked.number);
    case SequenceAction::kUpdate:
      return asked.number;
    case SequenceAction::kIncrement:
      if (number >= kMostSequenceNumber) return refuse(errors::sequence_number_too_large());
      return number + 1;
  }
  return number;
}

}  // namespace freehold::blob
