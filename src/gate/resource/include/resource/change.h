// Changes of resources as values, and the checks that each passes before the resource's provider gets it.
//
// DESIGN section 2: where a decision needs the stored resource and the parsed body, the handler builds a
// ProposedChange; only what passed every check becomes an ApprovedChange, which alone a provider takes.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authn/identity.h"
#include "base/clock.h"
#include "base/ids.h"
#include "resource/resource_id.h"
#include "route/api_error.h"

namespace freehold::gate::resource {

using Json = nlohmann::json;
struct ResourceType;

// Who asks, and by which door: for what an answer says of times, people and URLs.
struct Caller {
  TenantId tenant;
  PrincipalId object;
  PrincipalId application = {};
  WallTime now;
  std::string origin = {};  // "https://management.D:8443", as the caller came
};

enum class ChangeKind : std::uint8_t {
  kPut,     // made, or replaced
  kPatch,   // altered in part
  kDelete,  // taken away
  kAction,  // POST .../{action}: what it alters only the provider knows
  kMove,    // to another resource group
};

struct ProposedChange {
  ChangeKind kind = ChangeKind::kPut;
  ResourceId id = {};
  const ResourceType* type = nullptr;  // outlives it
  std::string api_version = {};        // as asked for
  // As the provider has it; null if there is none.
  Json before = nullptr;
  // As it is to be, in the API's own form: the body of a PUT; for a PATCH `before` with the body laid over it
  // (overlay()). Null for a deletion. A check may alter it (policy: modify, append).
  Json after = nullptr;
  std::string action = {};  // of kAction: "listKeys"
  std::string if_match = {};
  std::string if_none_match = {};
  std::optional<ResourceId> destination = {};  // of kMove: the group
  Caller caller = {};
  // What the checks decided by, kept as long as the change is: who alters the rules waits until nothing holds the old
  // ones any more, so that no change decided by them is written after the answer to whoever altered them.
  std::vector<std::shared_ptr<const void>> decided_by = {};
};

// What stands between a request and a provider: locks, a group that is being deleted, policy. Thread-safe, answers from
// memory; outlives the registry that it is put into.
class ChangeCheck {
 public:
  virtual ~ChangeCheck() = default;
  [[nodiscard]] virtual ApiResult<> check(ProposedChange& change) const = 0;
};

// Told what there is now of a resource, after its provider wrote it (null: it is gone). Thread-safe; answers at once.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  virtual void changed(const ProposedChange& change, const Json& now) noexcept = 0;
};

class ChangeChecks;

// Proof that a change passed every check. Only ChangeChecks makes one; a provider's writing functions take nothing
// else.
class ApprovedChange {
 public:
  [[nodiscard]] const ProposedChange& operator*() const { return change_; }
  [[nodiscard]] const ProposedChange* operator->() const { return &change_; }

 private:
  friend class ChangeChecks;
  explicit ApprovedChange(ProposedChange change) : change_(std::move(change)) {}
  ProposedChange change_;
};

// The checks in the order in which they were added. Complete before the server starts; thread-safe afterwards.
class ChangeChecks {
 public:
  void add(const ChangeCheck& check) { checks_.push_back(&check); }
  [[nodiscard]] ApiResult<ApprovedChange> approve(ProposedChange change) const {
    for (const ChangeCheck* check : checks_) {
      FH_CHECK_OK(check->check(change));
    }
    return ApprovedChange(std::move(change));
  }

 private:
  std::vector<const ChangeCheck*> checks_;
};

// `patch` laid over `base` as RFC 7396 has it, but that "tags" is replaced as a whole, as the resource manager does.
[[nodiscard]] Json overlay(Json base, const Json& patch);

}  // namespace freehold::gate::resource
