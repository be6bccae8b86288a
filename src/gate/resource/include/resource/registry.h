// Registry: the resource types that this cloud has, and the checks before any change.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resource/provider.h"

namespace freehold::gate::resource {

// Told of a change that passed every check, before its provider gets it. Thread-safe; outlives the registry that it is
// put into.
class ChangeWitness {
 public:
  virtual ~ChangeWitness() = default;
  // What has to be known of the change whatever becomes of it is durable when the task ends well; else the change
  // doesn't happen. Looks at `change` before it returns, and not from the task.
  [[nodiscard]] virtual Task<ApiResult<>> expect(const ProposedChange& change) = 0;
};

// Owned by app/. Filled before the server starts, read-only and thread-safe afterwards; rows never move.
class Registry {
 public:
  // Stops the process if the row is faulty: no provider behind it, no version, twice the same type.
  void add(ResourceType type);
  void add_check(const ChangeCheck& check) { checks_.add(check); }
  void add_observer(ChangeObserver& observer) { observers_.push_back(&observer); }
  void set_witness(ChangeWitness& witness) { witness_ = &witness; }

  // By "Microsoft.Storage/storageAccounts", in any case; null: none.
  [[nodiscard]] const ResourceType* find(std::string_view full_type) const;
  [[nodiscard]] const std::deque<ResourceType>& types() const { return types_; }
  // "Microsoft.Storage" as it is spelt, of a namespace in any case; null: none of ours.
  [[nodiscard]] const std::string* find_provider(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> providers() const;  // sorted
  [[nodiscard]] const ChangeChecks& checks() const { return checks_; }
  // For whoever is about to ask a provider to write. `change` needn't outlive the call.
  [[nodiscard]] Task<ApiResult<>> expect(const ProposedChange& change) const;
  // For whoever asked a provider to write, once it has.
  void tell(const ProposedChange& change, const Json& now) const {
    for (ChangeObserver* observer : observers_) observer->changed(change, now);
  }

 private:
  std::deque<ResourceType> types_;
  std::map<std::string, const ResourceType*, std::less<>> by_type_;  // keys in lower case
  std::map<std::string, std::string, std::less<>> providers_;        // lower case, as spelt
  ChangeChecks checks_;
  std::vector<ChangeObserver*> observers_;
  ChangeWitness* witness_ = nullptr;  // null: nobody
};

}  // namespace freehold::gate::resource
