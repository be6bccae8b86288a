// What Find Blobs by Tags is asked, and the document it answers.
#pragma once

#include <optional>
#include <string>

#include "http/message.h"
#include "src/blob_errors.h"
#include "src/listing_rules.h"
#include "src/tag_index.h"

namespace freehold::blob {

// Where a search goes on.
struct FindPlace {
  std::string container;
  Bytes key;  // of its index; empty: its beginning
};
[[nodiscard]] std::string make_find_marker(const FindPlace& place);
[[nodiscard]] std::optional<FindPlace> open_find_marker(std::string_view marker);

struct FindQuery {
  std::string where;
  FindPlace place;
  std::uint32_t max_results = kMostResults;
};
// 400 MissingRequiredQueryParameter without `where`; InvalidQueryParameterValue: a version before the operation was
// there, or a marker that isn't one of ours; OutOfRangeQueryParameterValue as in listings.
[[nodiscard]] ApiResult<FindQuery> parse_find(const http::Request& request, int api_version, int since);

// EnumerationResults, written as the search goes along.
class TaggedXml {
 public:
  TaggedXml(std::string_view endpoint, std::string_view where, int api_version);
  // With those of its tags that the query asks about.
  void add_blob(std::string_view container, const TaggedBlob& blob, const TagQuery& query);
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] std::string finish(std::string_view next_marker);

 private:
  std::string out_;
  bool only_value_;  // before 2020-04-08 the value alone was shown
};

}  // namespace freehold::blob
