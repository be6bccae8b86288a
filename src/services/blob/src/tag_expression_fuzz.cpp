// x-ms-if-tags and `where`, x-ms-tags and the body of Set Blob Tags: nothing breaks, and what is taken is within
// bounds.
#include <cstdint>

#include "base/check.h"
#include "src/tag_expression.h"
#include "src/tag_rules.h"

namespace {

void check(const freehold::blob::Tags& tags) {
  using namespace freehold::blob;
  FH_CHECK(tags.size() <= kTagsPerBlob);
  for (const auto& [key, value] : tags) {
    FH_CHECK(!key.empty() && key.size() <= kTagKeyBytes && value.size() <= kTagValueBytes);
    FH_CHECK(is_tag_text(key) && is_tag_text(value));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold::blob;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Tags tags = {{"a", "1"}, {"b", ""}, {"state", "done"}};
  if (const auto expression = TagExpression::parse(text)) static_cast<void>(expression->holds(tags));
  if (const auto query = parse_tag_query(text)) {
    // Every query is a condition too, unless it names a container.
    const auto same = TagExpression::parse(text);
    FH_CHECK(query->container || (same && same->holds(tags) == query->holds(tags)));
  }
  if (const auto parsed = parse_tags_header(text)) check(*parsed);
  if (const auto parsed = parse_tags_xml(text)) {
    check(*parsed);
    std::string xml;
    append_tags_xml(xml, *parsed);
    const auto again = parse_tags_xml(xml);
    FH_CHECK(again && *again == *parsed);
  }
  return 0;
}
