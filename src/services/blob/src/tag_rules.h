// Blob index tags: what they may be and how they are written ("Set Blob Tags", the x-ms-tags header). Pure.
#pragma once

#include <string>
#include <string_view>

#include "src/blob_errors.h"
#include "src/row_parts.h"

namespace freehold::blob {

inline constexpr std::size_t kTagKeyBytes = 128;
inline constexpr std::size_t kTagValueBytes = 256;
// A body of Set Blob Tags: ten tags of the greatest length, escaped, and room for the clients' layout.
inline constexpr std::size_t kTagsBodyBytes = 64 * 1024;

// Letters, digits and " +-.:=_/".
[[nodiscard]] bool is_tag_text(std::string_view text);

// The query-string form of x-ms-tags: key=value&..., percent-encoded. 400 TagsTooLarge beyond ten tags or the lengths,
// EmptyTagName, DuplicateTagNames, InvalidTag. In order of key.
[[nodiscard]] ApiResult<Tags> parse_tags_header(std::string_view value);
// <Tags><TagSet><Tag><Key/><Value/></Tag>...: the same errors, and 400 InvalidXmlDocument.
[[nodiscard]] ApiResult<Tags> parse_tags_xml(std::string_view body);
// The <Tags> element, as Get Blob Tags and listings have it.
void append_tags_xml(std::string& out, const Tags& tags);

}  // namespace freehold::blob
