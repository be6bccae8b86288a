#include "src/block_list_xml.h"

#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/name_rules.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

std::optional<BlockSource> source_of(std::string_view element) {
  if (element == "Committed") return BlockSource::kCommitted;
  if (element == "Uncommitted") return BlockSource::kUncommitted;
  if (element == "Latest") return BlockSource::kLatest;
  return std::nullopt;
}

// Deep nesting would only cost time: anything below the third level is refused by what the parser finds there, but
// pugixml builds the whole tree first, so the text is counted before. Each tag is passed over as a whole: a body of
// opening brackets alone must not be searched to its end again and again.
bool is_flat(std::string_view body) {
  constexpr int kDepth = 4;
  int depth = 0;
  for (auto at = body.find('<'); at != body.npos; at = body.find('<', at)) {
    const auto end = body.find('>', at);
    if (end == body.npos || end == at + 1) return false;
    const char next = body[at + 1];
    if (next == '/')
      --depth;
    else if (next != '?' && next != '!' && body[end - 1] != '/')
      ++depth;
    if (depth > kDepth) return false;
    at = end;
  }
  return true;
}

void append_blocks(std::string& out, std::string_view element, const std::vector<ListedBlock>& blocks) {
  out += '<' + std::string(element) + '>';
  for (const auto& block : blocks) {
    out += "<Block><Name>" + to_base64(block.id) + "</Name><Size>" + std::to_string(block.length) + "</Size></Block>";
  }
  out += "</" + std::string(element) + '>';
}

}  // namespace

ApiResult<std::vector<NamedBlock>> parse_block_list(std::string_view body) {
  if (body.find("<!DOCTYPE") != body.npos || !is_flat(body)) return refuse(errors::invalid_xml());
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
  const auto root = document.document_element();
  if (!parsed || std::string_view(root.name()) != "BlockList") return refuse(errors::invalid_xml());
  std::vector<NamedBlock> list;
  for (const auto& node : root.children()) {
    if (node.type() != pugi::node_element) return refuse(errors::invalid_xml());
    const auto source = source_of(node.name());
    if (!source) return refuse(errors::invalid_xml());
    auto id = from_base64(node.text().get());
    if (!id || id->empty() || id->size() > kBlockIdBytes) return refuse(errors::invalid_block_list());
    if (list.size() == kBlocksPerBlob) return refuse(errors::block_list_too_long());
    list.push_back({*source, std::move(*id)});
  }
  return list;
}

std::string block_list_xml(const std::vector<ListedBlock>* committed, const std::vector<ListedBlock>* uncommitted) {
  std::string out(kXmlDeclaration);
  out += "<BlockList>";
  if (committed != nullptr) append_blocks(out, "CommittedBlocks", *committed);
  if (uncommitted != nullptr) append_blocks(out, "UncommittedBlocks", *uncommitted);
  out += "</BlockList>";
  return out;
}

}  // namespace freehold::blob
