#include "src/arm_rules.h"

#include "authn/audience.h"
#include "resource/resource_id.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

// What a path points at decides; one that is no path points at nothing but the tenant.
gate::resource::ResourceId id_of(const http::Request& request) {
  auto path = gate::resource::parse_resource_path(request.path);
  return path ? std::move(path->id) : gate::resource::ResourceId{};
}

}  // namespace

bool ArmRules::takes_audience(std::string_view audience) const {
  return gate::resource_of_audience(audience, site_.domain) == gate::TokenResource::kManagement;
}

bool ArmRules::allows(const gate::Identity& who, const http::Request& request, const gate::Target&,
                      std::string_view action) const {
  const gate::authz::Subject subject{who.tenant, who.object, who.groups};
  return assignments_.snapshot(who.tenant)
      ->decide(subject, action, gate::authz::ActionKind::kControl,
               gate::resource::chain_of(id_of(request), who.tenant, tree_))
      .allowed();
}

gate::ApiError ArmRules::refuse_action(const gate::Identity& who, const http::Request& request, const gate::Target&,
                                       std::string_view action) const {
  return arm_errors::authorization_failed(who.application, who.object, action, id_of(request).text());
}

}  // namespace freehold::resources
