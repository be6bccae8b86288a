// XML that clients send, read within bounds.
#pragma once

#include <string_view>

namespace pugi {
class xml_document;
}

namespace freehold::blob {

// Parses a body whose size the caller has bounded. False: not well formed, a document type (whose entities could
// multiply), or elements nested deeper than `depth`. White space between elements is dropped, and inside them kept.
[[nodiscard]] bool load_xml(pugi::xml_document& document, std::string_view body, int depth);

}  // namespace freehold::blob
