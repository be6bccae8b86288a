// RelatedLookup: what one IfNotExists rule looks for about one resource, fetched when it is asked for.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "src/resource_census.h"

namespace freehold::policies {

// One coroutine's. A rule is evaluated, and again after each fetch() that found something to fetch.
class RelatedLookup final : public gate::policy::RelatedResources {
 public:
  RelatedLookup(const gate::resource::Registry& registry, const gate::resource::Scopes& scopes, TenantId tenant,
                WallTime now)
      : census_(registry), scopes_(scopes), tenant_(tenant), now_(now) {}
  // kUnavailable: fetch() it first.
  Result<std::vector<gate::policy::Json>> find(const Query& query) override;
  // False: nothing was lacking.
  [[nodiscard]] runtime::Task<Result<bool>> fetch();

 private:
  struct Wanted {
    SubscriptionId subscription;
    std::string group;
    std::string type;
    std::optional<ResourceId> below;
    [[nodiscard]] std::string key() const;
  };
  ResourceCensus census_;
  const gate::resource::Scopes& scopes_;
  const TenantId tenant_;
  const WallTime now_;
  std::optional<Wanted> wanted_;
  std::set<std::string> fetched_;
};

}  // namespace freehold::policies
