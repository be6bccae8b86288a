#include "src/block_list_xml.h"

#include <pugixml.hpp>

#include "base/encoding.h"
#include "src/name_rules.h"
#include "src/xml_input.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

std::optional<BlockSource> source_of(std::string_view element) {
  if (element == "Committed") return BlockSource::kCommitted;
  if (element == "Uncommitted") return BlockSource::kUncommitted;
  if (element == "Latest") return BlockSource::kLatest;
  return std::nullopt;
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
  constexpr int kDepth = 4;
  pugi::xml_document document;
  if (!load_xml(document, body, kDepth)) return refuse(errors::invalid_xml());
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "BlockList") return refuse(errors::invalid_xml());
  std::vector<NamedBlock> list;
  for (const auto& node : root.children()) {
    if (is_blank(node)) continue;
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
