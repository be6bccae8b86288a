#include "src/xml_text.h"

#include "base/encoding.h"

namespace freehold::blob {
namespace {

constexpr bool is_forbidden_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

}  // namespace

// Bytes that are no UTF-8 (a header's value that an error repeats, cut or as a client sent it) would make the whole
// document unreadable.
void append_escaped(std::string& out, std::string_view text) {
  const bool readable = is_valid_utf8(text);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      case '\t':
        out += "&#x9;";
        break;
      default:
        if (is_forbidden_control(c) || (!readable && static_cast<unsigned char>(c) >= 0x80)) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
  out += '<';
  out += name;
  if (text.empty()) {
    out += " />";
    return;
  }
  out += '>';
  append_escaped(out, text);
  out += "</";
  out += name;
  out += '>';
}

bool fits_xml(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_forbidden_control(text[i])) return false;
    // U+FFFE and U+FFFF: EF BF BE, EF BF BF.
    if (text.substr(i, 3) == "\xEF\xBF\xBE" || text.substr(i, 3) == "\xEF\xBF\xBF") return false;
  }
  return true;
}

}  // namespace freehold::blob
