// What locks forbid. Pure, over one state of a tenant.
//
// Source: "Lock your resources to protect your infrastructure": CanNotDelete forbids deleting, ReadOnly also writing
// and what needs POST; a lock reaches what is below it, and nothing below a locked thing may be lost with what is
// above.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resource/change.h"
#include "src/resource_store.h"

namespace freehold::resources {

enum class LockedVerb { kWrite, kDelete };

// The scope of a lock that forbids it, as it was written; nullopt: none does. `scope` is an id.
[[nodiscard]] std::optional<std::string> locked_by(const TenantState& state, std::string_view scope, LockedVerb verb);
// 409 ScopeLocked, if so.
[[nodiscard]] gate::ApiResult<> check_locks(const TenantState& state, std::string_view scope, LockedVerb verb);

// The same for what providers are asked to do. Borrows the store.
class LockCheck final : public gate::resource::ChangeCheck {
 public:
  explicit LockCheck(const ResourceStore& store) : store_(store) {}
  [[nodiscard]] gate::ApiResult<> check(gate::resource::ProposedChange& change) const override;

 private:
  const ResourceStore& store_;
};

}  // namespace freehold::resources
