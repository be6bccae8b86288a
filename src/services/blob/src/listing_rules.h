// What a listing asks for, and how it folds names at a delimiter: "List Blobs", "List Containers". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "src/blob_errors.h"

namespace freehold::blob {

inline constexpr std::uint32_t kMostResults = 5'000;

struct ListingQuery {
  std::string prefix;
  std::string delimiter;   // empty: flat
  std::string marker;      // as sent
  Bytes from;              // the marker opened: where to go on; empty: at the beginning
  std::string start_from;  // the first name that may be listed
  std::string end_before;  // the first that may not; empty: no end
  std::uint32_t max_results = kMostResults;
  bool max_given = false;
  bool metadata = false;
  bool uncommitted = false;
  bool snapshots = false;
  bool tags = false;
  bool copy = false;
};

enum class ListingKind { kContainers, kBlobs };

// 400 OutOfRangeQueryParameterValue for maxresults outside 1..5000 (more is cut to 5000, as Azure does), 400
// InvalidQueryParameterValue for an unknown include or a marker that isn't one of ours; 501 for includes that would
// have to show what isn't kept yet (versions, deleted, permissions, ...). 400 for parameters that the version asked for
// doesn't know and that would change the answer.
[[nodiscard]] ApiResult<ListingQuery> parse_listing(const http::Request& request, ListingKind kind, int api_version);

// maxresults, or 5,000.
[[nodiscard]] ApiResult<std::uint32_t> parse_max_results(const http::Request& request);

// Markers are opaque to clients: a version and the key to go on from.
[[nodiscard]] std::string make_marker(BytesView from);
[[nodiscard]] std::optional<Bytes> open_marker(std::string_view marker);

// The part of the name up to and with the first delimiter behind the prefix; nullopt if there is none.
[[nodiscard]] std::optional<std::string> folded(std::string_view name, const ListingQuery& query);

}  // namespace freehold::blob
