// PolicyCheck: what the policies that are assigned above a resource say of a change of it, before its provider gets it.
#pragma once

#include "authz/scope.h"
#include "resource/change.h"
#include "resource/scopes.h"
#include "src/policy_store.h"

namespace freehold::policies {

// A resource as the policies see it. `resource` is what Target::resource points to; it lives as long as this.
struct SeenResource {
  gate::policy::Json resource;
  gate::policy::Target target;
};
// Fills in everything but `caller`. `json` is the resource as it is or will be.
void see_resource(SeenResource& out, const ResourceId& id, const gate::resource::ResourceType* type, const Json& json,
                  TenantId tenant, WallTime now, const gate::authz::ManagementTree& tree,
                  const gate::resource::Scopes& scopes);

// Is the target at that scope, or below it?
[[nodiscard]] bool reaches(std::string_view scope, const gate::policy::Target& target);

// Owned by PoliciesService; borrows all three. Thread-safe, decides from memory.
class PolicyCheck final : public gate::resource::ChangeCheck {
 public:
  PolicyCheck(const PolicyStore& store, const gate::authz::ManagementTree& tree, const gate::resource::Scopes& scopes)
      : store_(store), tree_(tree), scopes_(scopes) {}
  // 403 RequestDisallowedByPolicy, with the policies in additionalInfo. Alters `after` as modify and append say.
  [[nodiscard]] gate::ApiResult<> check(gate::resource::ProposedChange& change) const override;

 private:
  [[nodiscard]] gate::ApiResult<> check_level(const TenantPolicies& state,
                                              const gate::resource::ProposedChange& change) const;
  [[nodiscard]] gate::ApiResult<> check_broken(const TenantPolicies& state, const gate::policy::Target& target) const;
  [[nodiscard]] gate::policy::Decision decide(const TenantPolicies& state, const gate::resource::ProposedChange& change,
                                              const gate::policy::Target& target) const;

  const PolicyStore& store_;
  const gate::authz::ManagementTree& tree_;
  const gate::resource::Scopes& scopes_;
};

}  // namespace freehold::policies
