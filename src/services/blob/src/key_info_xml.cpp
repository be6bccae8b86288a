#include "src/key_info_xml.h"

#include <pugixml.hpp>

#include "authn/delegation_key.h"
#include "src/xml_input.h"

namespace freehold::blob {
namespace {

constexpr int kDepth = 2;

WallTime whole_seconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

// nullopt: there, and no time.
std::optional<WallTime> time_of(const pugi::xml_node& node) {
  const auto time = parse_iso8601(node.text().get());
  if (!time) return std::nullopt;
  return whole_seconds(*time);
}

}  // namespace

ApiResult<KeyInfo> parse_key_info(std::string_view body, WallTime now) {
  pugi::xml_document document;
  if (!load_xml(document, body, kDepth)) return refuse(errors::invalid_xml());
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "KeyInfo") return refuse(errors::invalid_xml());
  KeyInfo info{.start = whole_seconds(now), .expiry = {}};
  bool expires = false;
  for (const auto& node : root.children()) {
    const std::string_view name = node.name();
    if (name == "DelegatedUserTid") return refuse(errors::not_implemented("keys bound to a user"));
    const auto time = time_of(node);
    if (name != "Start" && name != "Expiry") return refuse(errors::invalid_xml());
    if (name == "Start" && node.text().empty()) continue;  // SDKs send it so where none is meant
    if (!time) return refuse(errors::invalid_xml_value());
    (name == "Start" ? info.start : info.expiry) = *time;
    expires = expires || name == "Expiry";
  }
  const WallTime last = now + gate::kLongestDelegationKey;
  if (!expires || info.expiry <= info.start || info.expiry <= now || info.expiry > last) {
    return refuse(errors::invalid_xml_value());
  }
  if (info.expiry - info.start > gate::kLongestDelegationKey) return refuse(errors::invalid_xml_value());
  return info;
}

}  // namespace freehold::blob
