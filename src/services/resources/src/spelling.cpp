#include "src/spelling.h"

#include <map>
#include <memory>
#include <vector>

#include "base/encoding.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

using gate::resource::Json;

constexpr std::string_view kFrame[] = {"id",   "name",       "type",          "location", "tags",
                                       "kind", "properties", "identity.type", "sku.name", "sku.tier",
                                       "plan", "managedBy",  "zones",         "etag",     "extendedLocation"};

// The names below one place. As deep as the longest alias.
struct Names {
  struct Member;
  std::map<std::string, Member> members;  // by the name in lower case
  std::unique_ptr<Names> elements;        // of an array
};
struct Names::Member {
  std::string name;
  std::unique_ptr<Names> below = std::make_unique<Names>();
};

// "properties.networkAcls.ipRules[*].value"
void add(Names& to, std::string_view path) {
  Names* at = &to;
  while (!path.empty()) {
    auto step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), step.size() + 1));
    const auto name = step.substr(0, step.find('['));
    auto& member = at->members[to_lower(name)];
    if (member.name.empty()) member.name = name;
    at = member.below.get();
    for (step.remove_prefix(name.size()); step.starts_with("[*]"); step.remove_prefix(3)) {
      if (at->elements == nullptr) at->elements = std::make_unique<Names>();
      at = at->elements.get();
    }
  }
}

gate::ApiResult<> spell(Json& value, const Names& names) {
  if (value.is_array() && names.elements != nullptr) {
    for (Json& element : value) {
      FH_CHECK_OK(spell(element, *names.elements));
    }
  }
  if (!value.is_object() || names.members.empty()) return {};
  std::vector<std::pair<std::string, const Names::Member*>> found;
  for (const auto& [name, inner] : value.items()) {
    const auto known = names.members.find(to_lower(name));
    if (known != names.members.end()) found.emplace_back(name, &known->second);
  }
  for (const auto& [name, member] : found) {
    if (name != member->name) {
      if (value.contains(member->name)) {
        return std::unexpected(arm_errors::invalid_content("the member '" + member->name + "' stands there twice."));
      }
      value[member->name] = std::move(value[name]);
      value.erase(name);
    }
    FH_CHECK_OK(spell(value[member->name], *member->below));
  }
  return {};
}

}  // namespace

gate::ApiResult<Json> spelled(Json body, const gate::resource::ResourceType& type) {
  Names names;
  for (const auto path : kFrame) add(names, path);
  for (const auto& alias : type.aliases) add(names, alias.path);
  FH_CHECK_OK(spell(body, names));
  return body;
}

}  // namespace freehold::resources
