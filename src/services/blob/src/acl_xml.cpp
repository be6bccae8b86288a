#include "src/acl_xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "src/row_parts.h"
#include "src/xml_input.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

using gate::StoredPolicy;

constexpr int kDepth = 4;
constexpr std::size_t kIdCharacters = 64;
constexpr std::size_t kMostPermissions = 16;
constexpr std::string_view kPermissions = "racwdxyltmeopif";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::size_t characters(std::string_view text) {
  const auto leads = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, leads));
}

// The element children of a node; false: text stands between them.
template <class Each>
ApiResult<> for_each_element(const pugi::xml_node& node, Each each) {
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_comment) continue;
    if (child.type() == pugi::node_pcdata &&
        std::string_view(child.value()).find_first_not_of(" \t\r\n") == std::string_view::npos)
      continue;
    if (child.type() != pugi::node_element) return refuse(errors::invalid_xml());
    FH_CHECK_OK(each(child, std::string_view(child.name())));
  }
  return {};
}

ApiResult<> read_time(std::string_view text, std::optional<WallTime>& time) {
  if (text.empty()) return {};
  if (time) return refuse(errors::invalid_xml());
  time = parse_iso8601(text);
  if (!time) return refuse(errors::invalid_xml_value());
  return {};
}

ApiResult<> read_permissions(std::string_view text, std::string& permissions) {
  if (!permissions.empty()) return refuse(errors::invalid_xml());
  if (text.size() > kMostPermissions || text.find_first_not_of(kPermissions) != text.npos) {
    return refuse(errors::invalid_xml_value());
  }
  permissions = text;
  return {};
}

ApiResult<> read_policy(const pugi::xml_node& node, StoredPolicy& policy) {
  return for_each_element(node, [&](const pugi::xml_node& child, std::string_view name) -> ApiResult<> {
    const std::string_view text = child.text().get();
    if (name == "Start") return read_time(text, policy.start);
    if (name == "Expiry") return read_time(text, policy.expiry);
    if (name == "Permission") return read_permissions(text, policy.permissions);
    return refuse(errors::invalid_xml());
  });
}

ApiResult<StoredPolicy> read_identifier(const pugi::xml_node& node) {
  StoredPolicy policy;
  FH_CHECK_OK(for_each_element(node, [&](const pugi::xml_node& child, std::string_view name) -> ApiResult<> {
    if (name == "AccessPolicy") return read_policy(child, policy);
    if (name != "Id" || !policy.id.empty()) return refuse(errors::invalid_xml());
    policy.id = child.text().get();
    return {};
  }));
  if (policy.id.empty()) return refuse(errors::invalid_xml_value());
  if (characters(policy.id) > kIdCharacters) return refuse(errors::invalid_xml());
  return policy;
}

void append_time(std::string& out, std::string_view name, const std::optional<WallTime>& time) {
  if (time) append_element(out, name, rfc3339_ticks(*time));
}

}  // namespace

ApiResult<std::vector<StoredPolicy>> parse_acl(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  std::vector<StoredPolicy> policies;
  if (body.empty()) return policies;
  pugi::xml_document document;
  if (!load_xml(document, body, kDepth)) return refuse(errors::invalid_xml());
  const auto root = document.document_element();
  if (std::string_view(root.name()) != "SignedIdentifiers") return refuse(errors::invalid_xml());
  FH_CHECK_OK(for_each_element(root, [&](const pugi::xml_node& child, std::string_view name) -> ApiResult<> {
    if (name != "SignedIdentifier" || policies.size() == kPoliciesPerContainer) return refuse(errors::invalid_xml());
    FH_TRY(auto policy, read_identifier(child));
    if (std::ranges::find(policies, policy.id, &StoredPolicy::id) != policies.end())
      return refuse(errors::invalid_xml_value());
    policies.push_back(std::move(policy));
    return {};
  }));
  return policies;
}

std::string acl_xml(const std::vector<StoredPolicy>& policies) {
  std::string out(kXmlDeclaration);
  out += "<SignedIdentifiers>";
  for (const auto& policy : policies) {
    out += "<SignedIdentifier>";
    append_element(out, "Id", policy.id);
    out += "<AccessPolicy>";
    append_time(out, "Start", policy.start);
    append_time(out, "Expiry", policy.expiry);
    if (!policy.permissions.empty()) append_element(out, "Permission", policy.permissions);
    out += "</AccessPolicy></SignedIdentifier>";
  }
  out += "</SignedIdentifiers>";
  return out;
}

}  // namespace freehold::blob
