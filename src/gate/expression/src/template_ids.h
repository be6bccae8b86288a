// Ids of resources as templates make them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expression/template.h"

namespace freehold::gate::expression {

[[nodiscard]] std::vector<std::string_view> split_path(std::string_view text);

// "" of the tenant; else the id of the management group, subscription or group.
[[nodiscard]] std::string scope_id(const TemplateFrame& frame);
[[nodiscard]] std::string group_scope(std::string_view subscription, std::string_view group);
[[nodiscard]] std::string management_group_scope(std::string_view name);

// Has the name as many segments as the type asks for?
[[nodiscard]] bool segments_match(std::string_view type, std::string_view name);

// The id of a resource below a scope: "Microsoft.Storage/storageAccounts/blobServices" and "a/default". Groups and
// subscriptions have ids of their own kind. The segments must match.
[[nodiscard]] std::string resource_id_text(std::string_view scope, std::string_view type, std::string_view name);

// What a resource's "scope" says: an id, "/" for the tenant, or "Microsoft.Storage/storageAccounts/a" in the
// deployment's own scope.
[[nodiscard]] std::string scope_of_text(std::string_view text, std::string_view own_scope);

// Is this the form of a subscription's id: 8-4-4-4-12 hexadecimal digits?
[[nodiscard]] bool is_guid(std::string_view text);

}  // namespace freehold::gate::expression
