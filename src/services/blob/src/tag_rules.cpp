#include "src/tag_rules.h"

#include <algorithm>
#include <pugixml.hpp>

#include "http/message.h"
#include "src/xml_input.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

bool is_tag_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view(" +-.:=_/").find(c) != std::string_view::npos;
}

ApiResult<> add_tag(Tags& tags, std::string key, std::string value) {
  if (key.empty()) return refuse(errors::empty_tag_name());
  if (tags.size() == kTagsPerBlob || key.size() > kTagKeyBytes || value.size() > kTagValueBytes) {
    return refuse(errors::tags_too_large());
  }
  if (!is_tag_text(key) || !is_tag_text(value)) return refuse(errors::invalid_tag());
  const auto place = std::ranges::lower_bound(tags, key, {}, &Tags::value_type::first);
  if (place != tags.end() && place->first == key) return refuse(errors::duplicate_tag_names());
  tags.emplace(place, std::move(key), std::move(value));
  return {};
}

}  // namespace

bool is_tag_text(std::string_view text) { return std::ranges::all_of(text, is_tag_character); }

ApiResult<Tags> parse_tags_header(std::string_view value) {
  auto parameters = http::parse_query(value);
  if (!parameters) return refuse(errors::invalid_header("x-ms-tags", value));
  Tags tags;
  for (auto& parameter : *parameters) {
    FH_CHECK_OK(add_tag(tags, std::move(parameter.raw_name), std::move(parameter.value)));
  }
  return tags;
}

ApiResult<Tags> parse_tags_xml(std::string_view body) {
  pugi::xml_document document;
  if (!load_xml(document, body, 6)) return refuse(errors::invalid_xml());
  const auto root = document.document_element();
  const auto set = root.first_child();
  if (std::string_view(root.name()) != "Tags" || std::string_view(set.name()) != "TagSet" || set.next_sibling()) {
    return refuse(errors::invalid_xml());
  }
  Tags tags;
  for (const auto& tag : set.children()) {
    if (is_blank(tag)) continue;
    const auto key = tag.child("Key");
    const auto value = tag.child("Value");
    if (std::string_view(tag.name()) != "Tag" || !key || !value) return refuse(errors::invalid_xml());
    FH_CHECK_OK(add_tag(tags, key.text().get(), value.text().get()));
  }
  return tags;
}

void append_tags_xml(std::string& out, const Tags& tags) {
  out += "<Tags><TagSet>";
  for (const auto& [key, value] : tags) {
    out += "<Tag>";
    append_element(out, "Key", key);
    append_element(out, "Value", value);
    out += "</Tag>";
  }
  out += "</TagSet></Tags>";
}

}  // namespace freehold::blob
