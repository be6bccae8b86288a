// ResourcesService: the resource manager, as app/ wires it. Keeps: H1, H4, C2 (in part).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "authz/assignment_store.h"
#include "authz/scope.h"
#include "keys/sealed_rows.h"
#include "pipeline/activity.h"
#include "pipeline/pipeline.h"
#include "resource/registry.h"
#include "resource/scopes.h"

namespace freehold::resources {

using runtime::Task;

// All borrowed things outlive the service.
struct ResourcesServiceOptions {
  keys::SealedStore store;
  const Clock& clock;
  std::string domain;                        // the resource manager is at management.<domain>
  std::string region;                        // the one location
  gate::ActivityJournal* journal = nullptr;  // keeps what is done; null: nobody does
};

// Owned by app/. In this order: open(); whoever has resources adds its types to registry(); serve(), once; gate();
// start(). The rest thread-safe.
class ResourcesService {
 public:
  explicit ResourcesService(ResourcesServiceOptions options);
  ~ResourcesService();
  ResourcesService(const ResourcesService&) = delete;
  ResourcesService& operator=(const ResourcesService&) = delete;

  // Reads the tenant's rows. One that has none gets its first subscription, with a resource group `group`.
  [[nodiscard]] Task<Result<>> open(TenantId tenant, SubscriptionId subscription, std::string group);
  // Which management groups stand above what; from open() on.
  [[nodiscard]] const gate::authz::ManagementTree& tree() const;
  [[nodiscard]] const gate::resource::Scopes& scopes() const;
  [[nodiscard]] gate::resource::Registry& registry();
  // Makes the rows; the registry is complete now.
  void serve(gate::authz::AssignmentStore& assignments, const gate::IdentityDirectory& identities);
  [[nodiscard]] gate::ServiceGate& gate();

  // Goes on with group deletions that an earlier process began, and with later ones, on this loop until
  // close_and_wait(). From outside the loops.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::resources
