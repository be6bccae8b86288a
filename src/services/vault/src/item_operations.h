// What can be done to any kind of object in the same way: list, update, delete, recover, purge, back up, restore.
#pragma once

#include "src/item_rules.h"

namespace freehold::vault {

using gate::Task;

[[nodiscard]] Task<Reply> list_items(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> list_item_versions(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> delete_item(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> list_deleted_items(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> get_deleted_item(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> recover_item(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> purge_item(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> backup_item(const KindApi& api, VaultParts& parts, VaultCall& call);
[[nodiscard]] Task<Reply> restore_item(const KindApi& api, VaultParts& parts, VaultCall& call);

// As a handler of one kind's row.
template <const KindApi& api, auto operation>
Task<Reply> of_kind(VaultParts& parts, VaultCall& call) {
  return operation(api, parts, call);
}

// Puts a version that is the newest from then on, beside those that there are. 409 for a deleted item's name. Answers
// with how it is shown. `follows` may refuse it for what the newest so far is.
using FollowCheck = std::function<ApiResult<>(const ItemVersion& newest)>;
[[nodiscard]] Task<ApiResult<Json>> put_version(const KindApi& api, VaultParts& parts, VaultCall& call,
                                                std::string name, ItemContent content, FollowCheck follows = {});
// Alters one version's attributes, tags and what `edit` alters besides. 404 if there is none.
using ContentEdit = std::function<ApiResult<>(ItemContent& content)>;
[[nodiscard]] Task<Reply> update_version(const KindApi& api, VaultParts& parts, VaultCall& call, ContentEdit edit);

// Carries out a change, and says of what came of it as the API does.
[[nodiscard]] Task<ApiResult<>> change_item(const KindApi& api, VaultParts& parts, VaultCall& call, std::string name,
                                            VersionWanted wanted, ItemStore::Edit edit);

// 32 random hex digits.
[[nodiscard]] std::string new_version(Random& random);

}  // namespace freehold::vault
