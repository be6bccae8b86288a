#include "src/extensions.h"

namespace freehold::resources {
namespace {

using gate::ApiResult;
using gate::resource::ResourceId;
using gate::resource::ResourceType;

bool is_removable(const ResourceType& type) {
  constexpr auto kNeeded = gate::resource::kListInGroup | gate::resource::kDelete;
  return type.at == gate::resource::ScopeKind::kResource && (type.verbs & kNeeded) == kNeeded &&
         !type.type.contains('/');
}

runtime::Task<ApiResult<>> remove_one(const gate::resource::Registry& registry, const ResourceType& type,
                                      gate::resource::Caller caller, gate::resource::Json resource, ResourceId id) {
  FH_CO_TRY(auto approved, registry.checks().approve({.kind = gate::resource::ChangeKind::kDelete,
                                                      .id = std::move(id),
                                                      .type = &type,
                                                      .api_version = type.api_versions.front(),
                                                      .before = std::move(resource),
                                                      .caller = std::move(caller)}));
  FH_CO_CHECK_OK(co_await type.behind->remove(std::move(approved)));
  co_return ApiResult<>();
}

}  // namespace

runtime::Task<ApiResult<>> remove_extensions(const gate::resource::Registry& registry, gate::resource::Caller caller,
                                             ResourceId scope) {
  const std::string below = gate::resource::key_of(scope) + "/";
  for (const auto& type : registry.types()) {
    if (!is_removable(type)) continue;
    gate::resource::ListScope where{.tenant = caller.tenant, .subscription = {}, .group = scope.group, .at = scope};
    if (scope.subscription) where.subscription = *scope.subscription;
    // Not as a caller's list, which of some types has what is at the scope alone.
    gate::resource::Reading reading{.api_version = type.api_versions.front(), .caller = caller};
    reading.caller.origin.clear();
    FH_CO_TRY(auto found, co_await type.behind->list(type, where, std::move(reading)));
    for (auto& resource : found) {
      auto id = gate::resource::parse_resource_id(resource.value("id", ""));
      if (!resource.value("managedBy", "").empty()) continue;  // goes with what manages it
      if (!id || !gate::resource::key_of(*id).starts_with(below)) continue;
      FH_CO_CHECK_OK(co_await remove_one(registry, type, caller, std::move(resource), std::move(*id)));
    }
  }
  co_return ApiResult<>();
}

}  // namespace freehold::resources
