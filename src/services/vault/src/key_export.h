// Keys that may be released: what a request says of it, what may follow on what, and where a version keeps it. Pure but
// for policy_in_force().
//
// The policy is the key's, not a version's: the newest version's holds for all of them.
//
// Sources: "Secure key release" of Key Vault; the errors AKV.SKR.1001, 1003, 1004, 1005, 1006, 1016 and 1020 as
// recorded tests and issues of Azure's SDKs show them.
#pragma once

#include "src/key_rules.h"

namespace freehold::vault {

using gate::Task;

inline constexpr auto kReleasePolicyMember = "release_policy";

struct ReleaseTerms {
  crypto::Leaving leaving = crypto::Leaving::kNever;
  Json policy = nullptr;  // {"contentType", "data", "immutable"} of a key that may leave
};

// "attributes": {"exportable"}.
[[nodiscard]] ApiResult<crypto::Leaving> asked_leaving(const Json& body);
// What the body of a create or an import says: an exportable key is in an HSM and has a release policy, any other has
// none. 400.
[[nodiscard]] ApiResult<ReleaseTerms> read_release_terms(const Json& body, crypto::Leaving leaving, const KeyKind& kind,
                                                         const Vault& vault);
// May a version of these terms follow on that one? 400: exportable or not is for all versions of a key, and a policy
// that is immutable stays.
[[nodiscard]] ApiResult<> check_follows(const ItemVersion& newest, const ReleaseTerms& terms);

// What the body of an update says of it; null: nothing.
struct ReleaseChange {
  std::optional<bool> exportable = {};
  Json policy = nullptr;
};
[[nodiscard]] ApiResult<ReleaseChange> read_release_change(const Json& body, bool of_a_version);
[[nodiscard]] ApiResult<> alter_release(ItemVersion& version, const ReleaseChange& change);

[[nodiscard]] crypto::Leaving leaving_of(const ItemVersion& version);
// Null: none.
[[nodiscard]] Json release_policy_of(const ItemVersion& version);
void set_release_policy(ItemVersion& version, const Json& policy);
// Of the newest version. 404.
[[nodiscard]] Task<ApiResult<Json>> policy_in_force(VaultParts& parts, const VaultCall& call, std::string name);

}  // namespace freehold::vault
