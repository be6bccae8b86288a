#include "src/resource_census.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/compliance.h"

namespace freehold::policies {
namespace {

using gate::resource::ListScope;
using gate::resource::ResourceType;
using gate::resource::ScopeKind;

bool is_listed(const ResourceType& type) {
  return type.at == ScopeKind::kResourceGroup && (type.verbs & gate::resource::kListInGroup) != 0;
}
// What extends resources, where policies know its properties: diagnostic settings.
bool is_extension(const ResourceType& type) {
  return type.at == ScopeKind::kResource && (type.verbs & gate::resource::kListInGroup) != 0 && !type.aliases.empty();
}

// Parents before what is nested in them.
std::vector<const ResourceType*> by_depth(const gate::resource::Registry& registry) {
  std::vector<const ResourceType*> out;
  for (const auto& type : registry.types()) {
    if (is_listed(type)) out.push_back(&type);
  }
  const auto depth = [](const ResourceType* type) { return std::ranges::count(type->type, '/'); };
  std::ranges::sort(out, [&](const auto* a, const auto* b) { return depth(a) < depth(b); });
  return out;
}

bool is_below(std::string_view type, std::string_view of) {
  return equals_ignoring_case(type, of) ||
         (type.size() > of.size() && type[of.size()] == '/' && equals_ignoring_case(type.substr(0, of.size()), of));
}

}  // namespace

Result<> ResourceCensus::add(CountedResource resource) {
  if (all_.size() >= kMaxScannedResources) return fail(ErrorCode::kExhausted, "there are too many resources to scan");
  const std::string type = resource.type != nullptr ? resource.type->full_type() : resource.id.type();
  by_type_[to_lower(type)].push_back(all_.size());
  all_.push_back(std::move(resource));
  return {};
}

runtime::Task<Result<>> ResourceCensus::list(const ResourceType& type, ListScope where, WallTime now) {
  const gate::resource::Reading reading{
      .api_version = type.api_versions.front(),
      .caller = {.tenant = where.tenant, .object = {}, .application = {}, .now = now, .origin = {}}};
  auto found = co_await type.behind->list(type, std::move(where), reading);
  if (!found) co_return fail(ErrorCode::kUnavailable, "a provider doesn't list its resources", found.error().message);
  for (auto& json : *found) {
    auto id = gate::resource::parse_resource_id(json.value("id", ""));
    if (!id) continue;
    FH_CO_CHECK_OK(add({std::move(*id), &type, std::move(json)}));
  }
  co_return Result<>();
}

runtime::Task<Result<>> ResourceCensus::count(TenantId tenant, SubscriptionId subscription, WallTime now,
                                              const gate::resource::Scopes& scopes) {
  FH_CO_CHECK_OK(add({{.subscription = subscription}, nullptr, scopes.subscription_json(tenant, subscription)}));
  for (const auto& name : scopes.group_names(tenant, subscription)) {
    FH_CO_CHECK_OK(
        add({{.subscription = subscription, .group = name}, nullptr, scopes.group_json(tenant, subscription, name)}));
  }
  const ListScope where{.tenant = tenant, .subscription = subscription};
  for (const ResourceType* type : by_depth(registry_)) {
    if (type->type.contains('/')) {
      FH_CO_CHECK_OK(co_await list_below(*type, where, now));
    } else {
      FH_CO_CHECK_OK(co_await list(*type, where, now));
    }
  }
  co_return co_await list_extensions("", where, now);
}

runtime::Task<Result<>> ResourceCensus::list_below(const ResourceType& type, ListScope where, WallTime now) {
  const auto parents = by_type_.find(to_lower(type.full_type().substr(0, type.full_type().rfind('/'))));
  if (parents == by_type_.end()) co_return Result<>();
  const auto places = parents->second;
  for (const auto place : places) {
    if (all_[place].id.subscription != where.subscription) continue;
    ListScope below = where;
    below.group = all_[place].id.group;
    below.parent = all_[place].id;
    FH_CO_CHECK_OK(co_await list(type, std::move(below), now));
  }
  co_return Result<>();
}

// Asked by nobody who came by a door: of the subscription and everything below it.
runtime::Task<Result<>> ResourceCensus::list_extensions(std::string type, ListScope where, WallTime now) {
  where.group.clear();
  where.at = ResourceId{.subscription = where.subscription};
  for (const ResourceType& each : registry_.types()) {
    if (!is_extension(each) || (!type.empty() && !equals_ignoring_case(each.full_type(), type))) continue;
    FH_CO_CHECK_OK(co_await list(each, where, now));
  }
  co_return Result<>();
}

runtime::Task<Result<>> ResourceCensus::gather(TenantId tenant, SubscriptionId subscription, std::string group,
                                               std::string type, std::optional<ResourceId> below, WallTime now,
                                               const gate::resource::Scopes& scopes) {
  if (equals_ignoring_case(type, ResourceId{.subscription = subscription, .group = "g"}.type())) {
    for (const auto& name : scopes.group_names(tenant, subscription)) {
      const ResourceId id{.subscription = subscription, .group = name};
      FH_CO_CHECK_OK(add({id, nullptr, scopes.group_json(tenant, subscription, name)}));
    }
    co_return Result<>();
  }
  if (below) {
    const auto* own = registry_.find(below->type());
    if (own != nullptr) {
      FH_CO_CHECK_OK(add({*below, own, Json::object()}));
    }
  }
  const ListScope where{.tenant = tenant, .subscription = subscription, .group = std::move(group)};
  for (const ResourceType* each : by_depth(registry_)) {
    const std::string full = each->full_type();
    const bool known = below && !is_below(full, below->type()) && is_below(below->type(), full);
    const bool given = below && equals_ignoring_case(full, below->type());
    if (known || given || !is_below(type, full)) continue;
    if (each->type.contains('/')) {
      FH_CO_CHECK_OK(co_await list_below(*each, where, now));
    } else {
      FH_CO_CHECK_OK(co_await list(*each, where, now));
    }
  }
  co_return co_await list_extensions(type, where, now);
}

Result<std::vector<gate::policy::Json>> ResourceCensus::find(const Query& query) {
  std::vector<gate::policy::Json> out;
  const auto* row = registry_.find(query.type);
  const bool extends = row != nullptr && is_extension(*row);
  // What else extends resources isn't counted: it isn't known whether there is one.
  if (row != nullptr && !is_listed(*row) && !extends) {
    return fail(ErrorCode::kUnsupported, "Resources of type '" + query.type + "' can't be looked for.");
  }
  const auto places = by_type_.find(to_lower(query.type));
  if (places == by_type_.end()) return out;
  const auto target = gate::resource::parse_resource_id(query.target->id);
  const bool own = is_below(query.type, query.target->type);
  for (const auto place : places->second) {
    const auto& one = all_[place];
    const std::string id = one.id.text();
    if (own && !gate::policy::is_within(id, query.target->id)) continue;
    // What extends a resource is the resource's own, and nothing else's in its group.
    if (extends && (!target || key_of(one.id.scope()) != key_of(*target))) continue;
    const std::string& group = query.resource_group.empty() && target ? target->group : query.resource_group;
    if (!own && !extends && !query.in_subscription && !group.empty() && !equals_ignoring_case(one.id.group, group))
      continue;
    const bool named = query.name.empty() || equals_ignoring_case(query.name, one.id.name()) ||
                       equals_ignoring_case(query.name, one.id.full_name());
    if (named) out.emplace_back(one.json);
  }
  return out;
}

}  // namespace freehold::policies
