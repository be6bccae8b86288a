// What the resource manager's operations share.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "authn/identity.h"
#include "authz/assignment_store.h"
#include "base/clock.h"
#include "base/random.h"
#include "resource/registry.h"
#include "runtime/turn.h"
#include "src/resource_store.h"

namespace freehold::resources {

// Where this cloud is, as its answers say it.
struct Site {
  std::string domain;  // "freehold.localhost"
  std::string region;  // the one location: "local"
  std::string geo = "Freehold";
};

// Writes into one resource group come one at a time, so that a deletion of the group can't miss what is just being
// made. Groups share a bounded number of turns; who doesn't know the seed can't name a group that waits with another's.
class GroupTurns {
 public:
  explicit GroupTurns(Random& random) : seed_(random.bytes(16)) {}
  [[nodiscard]] runtime::Turn& of(std::string_view group_key) {
    return turns_[std::hash<std::string>{}(seed_ + std::string(group_key)) % turns_.size()];
  }

 private:
  const Bytes seed_;
  std::array<runtime::Turn, 1'024> turns_;
};

class GroupDeletion;

// All of it outlives the gate.
struct ArmParts {
  const Site& site;
  ResourceStore& store;
  gate::authz::AssignmentStore& assignments;
  const gate::IdentityDirectory& identities;
  const gate::resource::Registry& registry;
  Random& random;
  GroupTurns& turns;
  GroupDeletion& deletion;
};

}  // namespace freehold::resources
