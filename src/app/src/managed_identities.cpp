#include "managed_identities.h"

#include <algorithm>
#include <string_view>

#include "base/encoding.h"
#include "directory/attribute.h"

namespace freehold::app {
namespace {

// Other services' are theirs to remove. What Graph shows and takes says nothing here.
bool acts_for_assignment(const directory::ServicePrincipal& principal) {
  static constexpr std::string_view kProviders = "/providers/";
  static constexpr std::string_view kType = "microsoft.authorization/policyassignments/";
  const auto id = to_lower(directory::text_of(principal.attributes, "actsFor"));
  const auto last = id.rfind(kProviders);
  return last != std::string::npos && std::string_view(id).substr(last + kProviders.size()).starts_with(kType);
}

}  // namespace

runtime::Task<Result<gate::resource::ManagedIdentity>> DirectoryIdentities::make(TenantId tenant, std::string name,
                                                                                 std::string resource_id,
                                                                                 WallTime now) {
  std::vector<std::string> names = {"isExplicit=False", std::move(resource_id)};  // as Azure's are
  FH_CO_TRY(const auto made, co_await store_.add_managed_identity(tenant, std::move(name), std::move(names), now));
  co_return gate::resource::ManagedIdentity{made.object, made.application};
}

runtime::Task<Result<>> DirectoryIdentities::remove(TenantId tenant, PrincipalId object) {
  return store_.remove_managed_identity(tenant, object);
}

bool DirectoryIdentities::has(TenantId tenant, PrincipalId object) const {
  return store_.service_principal(tenant, object) != nullptr;
}

std::vector<PrincipalId> DirectoryIdentities::all(TenantId tenant) const {
  auto out = store_.managed_identities(tenant);
  std::erase_if(out, [&](PrincipalId id) {
    const auto principal = store_.service_principal(tenant, id);
    return principal == nullptr || !acts_for_assignment(*principal);
  });
  return out;
}

}  // namespace freehold::app
