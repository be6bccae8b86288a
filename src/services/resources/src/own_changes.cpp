#include "src/own_changes.h"

namespace freehold::resources {

ApiResult<gate::resource::ApprovedChange> approve_own(const ArmParts& parts, const ArmCall& call,
                                                      gate::resource::ChangeKind kind, ResourceId id, Json before,
                                                      Json after) {
  return parts.registry.checks().approve({.kind = kind,
                                          .id = std::move(id),
                                          .api_version = call.api_version,
                                          .before = std::move(before),
                                          .after = std::move(after),
                                          .caller = call.caller});
}

}  // namespace freehold::resources
