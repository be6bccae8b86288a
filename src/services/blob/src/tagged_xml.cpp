#include "src/tagged_xml.h"

#include <algorithm>

#include "src/listing_xml.h"
#include "src/tag_rules.h"
#include "src/xml_text.h"

namespace freehold::blob {

// No name of a container holds a zero byte.
std::string make_find_marker(const FindPlace& place) { return make_marker(place.container + '\0' + place.key); }

std::optional<FindPlace> open_find_marker(std::string_view marker) {
  const auto opened = open_marker(marker);
  if (!opened) return std::nullopt;
  const auto end = opened->find('\0');
  if (end == opened->npos) return std::nullopt;
  return FindPlace{opened->substr(0, end), opened->substr(end + 1)};
}

ApiResult<FindQuery> parse_find(const http::Request& request, int api_version, int since) {
  if (api_version < since) return refuse(errors::invalid_parameter("comp", "blobs", "Not in this version"));
  FindQuery query;
  query.where = request.parameter("where");
  if (query.where.empty()) return refuse(errors::missing_parameter("where"));
  FH_TRY(query.max_results, parse_max_results(request));
  if (const auto marker = request.parameter("marker"); !marker.empty()) {
    auto place = open_find_marker(marker);
    if (!place) return refuse(errors::invalid_parameter("marker", marker, "Invalid marker"));
    query.place = std::move(*place);
  }
  return query;
}

TaggedXml::TaggedXml(std::string_view endpoint, std::string_view where, int api_version)
    : out_(kXmlDeclaration), only_value_(api_version < 2020'04'08) {
  out_ += "<EnumerationResults ServiceEndpoint=\"";
  append_escaped(out_, endpoint);
  out_ += "\">";
  append_element(out_, "Where", where);
  out_ += "<Blobs>";
}

void TaggedXml::add_blob(std::string_view container, const TaggedBlob& blob, const TagQuery& query) {
  Tags asked;
  const auto names = [&](const Tags::value_type& tag) {
    return std::ranges::find(query.comparisons, tag.first, &TagComparison::key) != query.comparisons.end();
  };
  std::ranges::copy_if(blob.tags, std::back_inserter(asked), names);
  out_ += "<Blob>";
  append_name(out_, blob.name);
  append_element(out_, "ContainerName", container);
  if (only_value_) {
    append_element(out_, "TagValue", asked.empty() ? std::string() : asked.front().second);
  } else {
    append_tags_xml(out_, asked);
  }
  out_ += "</Blob>";
}

std::string TaggedXml::finish(std::string_view next_marker) {
  out_ += "</Blobs>";
  append_element(out_, "NextMarker", next_marker);
  out_ += "</EnumerationResults>";
  return std::move(out_);
}

}  // namespace freehold::blob
