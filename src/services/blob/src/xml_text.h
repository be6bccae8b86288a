// XML as text: what answers are made of.
#pragma once

#include <string>
#include <string_view>

namespace freehold::blob {

inline constexpr std::string_view kXmlDeclaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

// Escapes for text and attribute values. Characters that XML 1.0 can't carry at all become U+FFFD.
void append_escaped(std::string& out, std::string_view text);
// <name>text</name>
void append_element(std::string& out, std::string_view name, std::string_view text);
// Can XML 1.0 carry this text (section 2.2)? `text` is valid UTF-8.
[[nodiscard]] bool fits_xml(std::string_view text);

}  // namespace freehold::blob
