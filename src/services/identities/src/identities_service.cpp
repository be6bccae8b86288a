#include "identities/identities_service.h"

#include "src/identities_provider.h"

namespace freehold::identities {

struct IdentitiesService::State {
  explicit State(const IdentitiesServiceOptions& options)
      : store(options.store),
        provider(store, options.principals, options.directory, options.assignments, options.tree) {}
  IdentityStore store;
  IdentitiesProvider provider;
};

IdentitiesService::IdentitiesService(IdentitiesServiceOptions options) : state_(std::make_unique<State>(options)) {}
IdentitiesService::~IdentitiesService() = default;

Task<Result<>> IdentitiesService::load(TenantId tenant) { return state_->store.load(tenant); }
void IdentitiesService::add_resource_types(gate::resource::Registry& registry) { state_->provider.add_types(registry); }
void IdentitiesService::keep_while(std::function<bool(TenantId, PrincipalId)> needed) {
  state_->provider.keep_while(std::move(needed));
}
const gate::resource::UserIdentities& IdentitiesService::identities() const { return state_->provider; }

}  // namespace freehold::identities
