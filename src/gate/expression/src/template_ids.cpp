#include "src/template_ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

constexpr std::string_view kManagementGroups = "Microsoft.Management/managementGroups/";

}  // namespace

std::vector<std::string_view> split_path(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = text.find('/');
    parts.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    text.remove_prefix(slash + 1);
  }
}

std::string group_scope(std::string_view subscription, std::string_view group) {
  if (group.empty()) return fmt::format("/subscriptions/{}", subscription);
  return fmt::format("/subscriptions/{}/resourceGroups/{}", subscription, group);
}

std::string management_group_scope(std::string_view name) {
  return fmt::format("/providers/{}{}", kManagementGroups, name);
}

std::string scope_id(const TemplateFrame& frame) {
  switch (frame.scope) {
    case TemplateScope::kTenant:
      return {};
    case TemplateScope::kManagementGroup:
      return management_group_scope(frame.management_group);
    case TemplateScope::kSubscription:
      return group_scope(frame.subscription, {});
    case TemplateScope::kResourceGroup:
      return group_scope(frame.subscription, frame.resource_group);
  }
  return {};
}

bool segments_match(std::string_view type, std::string_view name) {
  const auto types = split_path(type);
  const auto names = split_path(name);
  const auto is_empty = [](std::string_view part) { return part.empty(); };
  return types.size() == names.size() + 1 && std::none_of(types.begin(), types.end(), is_empty) &&
         std::none_of(names.begin(), names.end(), is_empty);
}

std::string resource_id_text(std::string_view scope, std::string_view type, std::string_view name) {
  if (equals_ignoring_case(type, "Microsoft.Resources/resourceGroups")) {
    return fmt::format("{}/resourceGroups/{}", scope, name);
  }
  if (equals_ignoring_case(type, "Microsoft.Resources/subscriptions")) return fmt::format("/subscriptions/{}", name);
  const auto types = split_path(type);
  const auto names = split_path(name);
  std::string id = fmt::format("{}/providers/{}", scope, types.front());
  for (std::size_t i = 0; i < names.size(); ++i) id += fmt::format("/{}/{}", types[i + 1], names[i]);
  return id;
}

std::string scope_of_text(std::string_view text, std::string_view own_scope) {
  if (text.starts_with('/')) {
    while (text.ends_with('/')) text.remove_suffix(1);
    return std::string(text);
  }
  const bool group = equals_ignoring_case(text.substr(0, kManagementGroups.size()), kManagementGroups);
  return fmt::format("{}/providers/{}", group ? std::string_view() : own_scope, text);
}

bool is_guid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(),
                    [&](char c, char form) { return form == '-' ? c == '-' : kHex.find(c) != std::string_view::npos; });
}

}  // namespace freehold::gate::expression
