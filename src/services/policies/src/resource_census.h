// ResourceCensus: every resource of a subscription, read from its providers once, for a scan.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/compiled_set.h"
#include "resource/registry.h"
#include "resource/scopes.h"
#include "src/entry.h"

namespace freehold::policies {

struct CountedResource {
  ResourceId id;
  const gate::resource::ResourceType* type = nullptr;  // null: a group or a subscription
  Json json;
};

// One coroutine's. Also what auditIfNotExists and deployIfNotExists look for.
class ResourceCensus final : public gate::policy::RelatedResources {
 public:
  explicit ResourceCensus(const gate::resource::Registry& registry) : registry_(registry) {}
  // Adds the subscription, its groups, and what stands in them. kExhausted: there are too many.
  [[nodiscard]] runtime::Task<Result<>> count(TenantId tenant, SubscriptionId subscription, WallTime now,
                                              const gate::resource::Scopes& scopes);
  // Adds what of one type stands in a group (empty: in the whole subscription), and what that stands in; below one
  // resource alone, if it is given.
  [[nodiscard]] runtime::Task<Result<>> gather(TenantId tenant, SubscriptionId subscription, std::string group,
                                               std::string type, std::optional<ResourceId> below, WallTime now,
                                               const gate::resource::Scopes& scopes);
  [[nodiscard]] const std::vector<CountedResource>& all() const { return all_; }
  Result<std::vector<gate::policy::Json>> find(const Query& query) override;

 private:
  [[nodiscard]] Result<> add(CountedResource resource);
  [[nodiscard]] runtime::Task<Result<>> list(const gate::resource::ResourceType& type, gate::resource::ListScope where,
                                             WallTime now);
  // Of a nested type: below each of its parents that are here already.
  [[nodiscard]] runtime::Task<Result<>> list_below(const gate::resource::ResourceType& type,
                                                   gate::resource::ListScope where, WallTime now);
  // What extends resources, of that type or (empty) of every one.
  [[nodiscard]] runtime::Task<Result<>> list_extensions(std::string type, gate::resource::ListScope where,
                                                        WallTime now);

  const gate::resource::Registry& registry_;
  std::vector<CountedResource> all_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_type_;  // in lower case
};

}  // namespace freehold::policies
