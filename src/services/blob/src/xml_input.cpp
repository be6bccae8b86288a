#include "src/xml_input.h"

#include <pugixml.hpp>

namespace freehold::blob {
namespace {

// pugixml builds the whole tree before anything is looked at, so the text is counted before. Each tag is passed over as
// a whole: a body of opening brackets alone must not be searched to its end again and again.
bool is_flat(std::string_view body, int most) {
  int depth = 0;
  for (auto at = body.find('<'); at != body.npos; at = body.find('<', at)) {
    const auto end = body.find('>', at);
    if (end == body.npos || end == at + 1) return false;
    const char next = body[at + 1];
    if (next == '/')
      --depth;
    else if (next != '?' && next != '!' && body[end - 1] != '/')
      ++depth;
    if (depth > most) return false;
    at = end;
  }
  return true;
}

}  // namespace

bool load_xml(pugi::xml_document& document, std::string_view body, int depth) {
  if (body.find("<!DOCTYPE") != body.npos || !is_flat(body, depth)) return false;
  constexpr auto kOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const auto parsed = document.load_buffer(body.data(), body.size(), kOptions, pugi::encoding_utf8);
  return static_cast<bool>(parsed);
}

bool is_blank(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata &&
         std::string_view(node.value()).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace freehold::blob
