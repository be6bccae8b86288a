#include "src/hsm_children.h"

#include "src/hsm_errors.h"
#include "src/provider_errors.h"

namespace freehold::vault {

using gate::resource::ApprovedChange;
using gate::resource::Written;

void PoolChildren::add_types(gate::resource::Registry& registry) {
  using namespace gate::resource;
  registry.add({.provider = "Microsoft.KeyVault",
                .type = "managedHSMs/keys",
                .api_versions = registry.find("Microsoft.KeyVault/managedHSMs")->api_versions,
                .verbs = kGet | kPut | kListInGroup,
                .tracked = false,
                .data = {gate::DataClass::kCustomerContent},
                .pages = true,
                .behind = this});
}

// Of a pool that isn't there the provider of keys tells.
ApiResult<std::optional<PoolJobs::Use>> PoolChildren::use(const ResourceId& id) {
  const auto pool =
      id.parts.empty() || id.parts.front().names.empty() ? nullptr : pools_.find(id.parts.front().names.front());
  if (pool == nullptr) return std::nullopt;
  if (!pool->pool->activated || !pool->pool->keys_by_arm) return hsm_errors::keys_not_by_arm(pool->name);
  auto use = jobs_.use(pool->id);
  if (!use) return hsm_errors::restoring(pool->name);
  return use;
}

Task<ApiResult<Json>> PoolChildren::get(ResourceId id, gate::resource::Reading reading) {
  FH_CO_TRY(const auto use, this->use(id));
  co_return co_await keys_.get(std::move(id), std::move(reading));
}

Task<ApiResult<std::vector<Json>>> PoolChildren::list(const gate::resource::ResourceType& type,
                                                      gate::resource::ListScope scope,
                                                      gate::resource::Reading reading) {
  std::optional<PoolJobs::Use> used;
  if (scope.parent) {
    FH_CO_TRY(auto use, this->use(*scope.parent));
    if (use) used.emplace(std::move(*use));
  }
  co_return co_await keys_.list(type, std::move(scope), std::move(reading));
}

Task<ApiResult<Written>> PoolChildren::put(ApprovedChange change) {
  FH_CO_TRY(const auto use, this->use(change->id));
  const auto kty = text_member(member(change->after, "properties"), "kty", 16);
  const auto kind = key_kind(kty ? kty->value_or("") : "");
  if (kind && !kind->hsm) co_return provider_errors::bad_request("'kty' of a Managed HSM's key must end in -HSM.");
  co_return co_await keys_.put(std::move(change));
}

Task<ApiResult<Written>> PoolChildren::remove(ApprovedChange change) { return keys_.remove(std::move(change)); }

Task<ApiResult<gate::resource::ActionAnswer>> PoolChildren::act(gate::resource::ActionCall call) {
  return keys_.act(std::move(call));
}

}  // namespace freehold::vault
