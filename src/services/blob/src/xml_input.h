// XML that clients send, read within bounds.
#pragma once

#include <string_view>

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace freehold::blob {

// Parses a body whose size the caller has bounded. False: not well formed, a document type (whose entities could
// multiply), or elements nested deeper than `depth`. White space between elements is dropped, and kept where it is all
// that an element holds.
[[nodiscard]] bool load_xml(pugi::xml_document& document, std::string_view body, int depth);
// Is this node such white space? Where elements are expected it means nothing.
[[nodiscard]] bool is_blank(const pugi::xml_node& node);

}  // namespace freehold::blob
