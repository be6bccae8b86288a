// Conditional headers: "Specifying conditional headers for Blob service operations". Pure decisions over values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"
#include "src/blob_errors.h"
#include "src/notes.h"
#include "src/row_parts.h"
#include "src/tag_expression.h"

namespace freehold::blob {

// One side of If-Match or If-None-Match: "*" or a list of tags without quotes.
struct TagCondition {
  bool any = false;
  std::vector<std::string> tags;
};

// All that a request's headers say of when it is to go ahead.
struct Conditions {
  std::optional<TagCondition> match;
  std::optional<TagCondition> none_match;
  std::optional<WallTime> modified_since;
  std::optional<WallTime> unmodified_since;
  std::optional<TagExpression> tags;  // x-ms-if-tags
  std::optional<Bytes> lease_id;      // x-ms-lease-id
  [[nodiscard]] bool empty() const {
    return !match && !none_match && !modified_since && !unmodified_since && !tags && !lease_id;
  }
};

// What is there, as far as conditions care. Borrows from the row that it describes.
struct Existing {
  std::uint64_t etag = 0;
  WallTime last_modified;  // conditions compare whole seconds
  // Of a blob; null for what has neither (containers, whose leases have rules of their own).
  const std::optional<Lease>* lease = nullptr;
  const RowNotes* notes = nullptr;  // closed ones are an error where a condition asks for tags
  WallTime now = {};                // what the lease is judged by
};

// "0x8" and 15 upper-case hex digits, without quotes: unique for each change, since the number is a hybrid timestamp.
[[nodiscard]] std::string etag_text(std::uint64_t etag);
[[nodiscard]] std::string quoted_etag(std::uint64_t etag);

// Of a write: 400 for a date that is none, a lease id that is no GUID, an expression over tags that is none, and for
// any two conditions besides If-Match + If-Unmodified-Since and If-None-Match + If-Modified-Since (of each pair the tag
// decides).
[[nodiscard]] ApiResult<Conditions> parse_conditions(const http::Headers& headers);
// Of a read, which takes any of them together.
[[nodiscard]] ApiResult<Conditions> parse_read_conditions(const http::Headers& headers);
// x-ms-source-if-* and x-ms-source-lease-id, for copies: those of a read of something that has to exist.
[[nodiscard]] ApiResult<Conditions> parse_source_conditions(const http::Headers& headers);

// A read of something that exists goes ahead if If-Match and If-Unmodified-Since hold, and one of If-None-Match and
// If-Modified-Since: 412 for the former, 304 for the latter, 400 for If-None-Match: *, which nothing that exists can
// satisfy. A lease that is named has to be there.
[[nodiscard]] ApiResult<> check_read(const Conditions& conditions, const Existing& existing);
// If-Range (RFC 9110 section 13.1.5): is what the client has a part of still the same? Otherwise it needs the whole.
[[nodiscard]] bool range_is_current(std::string_view validator, const Existing& existing);
// A write over what is there, or (nullopt) over nothing: 412, and 409 BlobAlreadyExists for If-None-Match: *. A lease
// that is there has to be named. Every write to a blob calls it.
[[nodiscard]] ApiResult<> check_write(const Conditions& conditions, const std::optional<Existing>& existing);
// A write that Azure lets through whether the lease is named or not (snapshots, tiers): one that is named has to be
// there.
[[nodiscard]] ApiResult<> check_unguarded_write(const Conditions& conditions, Existing existing);

}  // namespace freehold::blob
