// What Azure Policy says of the objects in a vault (mode "Microsoft.KeyVault.Data"), before they are written.
//
// Source: "Integrate Azure Key Vault with Azure Policy"; the names of the properties are those of the published
// definitions.
#pragma once

#include <span>

#include "resource/data_policy.h"
#include "src/item_rules.h"
#include "src/key_rules.h"

namespace freehold::vault {

// The types and their aliases, for whoever compiles policies.
[[nodiscard]] std::span<const gate::resource::DataType> object_types();

inline constexpr std::string_view kObjectMode = "Microsoft.KeyVault.Data";
[[nodiscard]] const gate::resource::DataType& object_type(ItemKind kind);

// What policies see of an object: {"properties", "tags"}. Pure.
[[nodiscard]] Json seen_key(const ItemVersion& version, std::optional<std::int64_t> rotation_due = {});
[[nodiscard]] Json seen_key(const KeySpec& spec, const ItemVersion& frame);  // of one that isn't made yet
[[nodiscard]] Json seen_secret(const ItemVersion& version);
// `issuer`: the common name of who signed it; empty: what the policy says of that.
[[nodiscard]] Json seen_certificate(const Json& policy, const ItemVersion& version, std::string_view issuer = {});
// By kind, of a key or a secret.
[[nodiscard]] Json seen_item(ItemKind kind, const ItemVersion& version);

// Which policies there are is known when every service is there. Set once, before the first request.
class ObjectPolicies {
 public:
  using Hold = gate::resource::DataPolicy::Hold;
  void obey(const gate::resource::DataPolicy& policy) { policy_ = &policy; }
  // 403 Forbidden, ForbiddenByPolicy, with the policies' names. What it gives is kept until the object is written.
  [[nodiscard]] ApiResult<Hold> check(const Vault& vault, ItemKind kind, std::string_view name, Json object,
                                      WallTime now) const;

 private:
  const gate::resource::DataPolicy* policy_ = nullptr;  // null: there are none
};
// The same for a request; of a pool nothing is asked.
[[nodiscard]] ApiResult<ObjectPolicies::Hold> check_policies(const VaultParts& parts, const VaultCall& call,
                                                             ItemKind kind, std::string_view name, Json object);

}  // namespace freehold::vault
