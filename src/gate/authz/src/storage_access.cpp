#include "authz/storage_access.h"

#include "base/encoding.h"
#include "src/storage_facts.h"

namespace freehold::gate::authz {
namespace {

constexpr std::string_view kBlobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";

ScopeChain chain_of(const StorageAccount& account, const Target& target, const ManagementTree& tree) {
  auto chain = storage_account_chain(account.tenant, account.subscription, account.resource_group, account.name, tree);
  return target.container.empty() ? chain : with_container(std::move(chain), target.container);
}

}  // namespace

ActionKind kind_of(std::string_view storage_action) {
  return equals_ignoring_case(storage_action.substr(0, kBlobs.size()), kBlobs) ? ActionKind::kData
                                                                               : ActionKind::kControl;
}

Decision StorageAccess::decide(const Identity& who, const StorageAccount& account, const Target& target,
                               std::string_view action, const AskedFor& asked) const {
  if (who.tenant != account.tenant || !who.enabled) return {};
  const Subject subject{who.tenant, who.object, who.groups};
  const StorageFacts facts(account, target, asked);
  return assignments_.snapshot(account.tenant)
      ->decide(subject, action, kind_of(action), chain_of(account, target, tree_), &facts);
}

bool StorageAccess::may(const Delegator& who, const StorageAccount& account, const Target& target,
                        std::string_view data_action, const AskedFor& asked) const {
  const auto identity = identities_.find(who.tenant, who.object);
  return identity != nullptr && decide(*identity, account, target, data_action, asked).allowed();
}

}  // namespace freehold::gate::authz
