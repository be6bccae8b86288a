// StorageFacts: what conditions may ask about a request to a storage account. Internal to gate/authz.
#pragma once

#include "authn/account.h"
#include "authn/asked_for.h"
#include "authz/condition.h"
#include "route/route.h"

namespace freehold::gate::authz {

// Borrows everything, for one decision. What stands in a body, or is copied from elsewhere, isn't known at the gate.
class StorageFacts final : public Facts {
 public:
  StorageFacts(const StorageAccount& account, const Target& target, const AskedFor& asked)
      : account_(account), target_(target), asked_(asked) {}
  [[nodiscard]] Fact of(Attribute attribute, std::string_view key) const override;

 private:
  [[nodiscard]] Fact of_request(Attribute attribute, std::string_view key) const;
  [[nodiscard]] Fact stored_tags(Attribute attribute, std::string_view key) const;
  [[nodiscard]] Fact tags(Attribute attribute, std::string_view key) const;
  [[nodiscard]] Fact sub_operations() const;

  const StorageAccount& account_;
  const Target& target_;
  const AskedFor& asked_;
};

}  // namespace freehold::gate::authz
