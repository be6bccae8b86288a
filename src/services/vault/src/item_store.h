// ItemStore: what is in the vaults, sealed row by row. Persistence only; the rules are the operations'. Keeps: E1, K3.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "route/api_error.h"
#include "src/item_row.h"
#include "src/vault_store.h"

namespace freehold::vault {

// One item as it is: live, or deleted, or not there at all.
struct ItemState {
  std::optional<ItemHead> live;
  std::optional<ItemHead> deleted;
  // The version that the change named, or the newest one; null: there is none, or none was asked for.
  std::shared_ptr<const ItemContent> version;
};

// What is to be of it, in one commit. What isn't named stays.
struct ItemChange {
  std::optional<ItemHead> live = {};
  std::optional<ItemHead> deleted = {};
  bool remove_live = false;
  bool remove_deleted = false;
  std::vector<std::shared_ptr<const ItemContent>> versions = {};  // put
  bool only_if_new = false;  // of restores: none of the versions' rows may be there yet
};

// Which version a change needs to see.
struct VersionWanted {
  enum class Which { kNone, kNewest, kNamed } which = Which::kNone;
  std::string version = {};
};

// The audit row of a change, made for the partition that it is given.
using AuditRow = std::function<store::KeyValue(const store::PartitionId&)>;

struct ListedItems {
  std::vector<ItemHead> items;
  std::string next;  // where to go on; empty: that was all
};
struct ListedVersions {
  std::vector<ItemVersion> versions;
  std::string next;
};

// Owned by VaultService. Thread-safe; changes are optimistic: one that was overtaken is worked out anew. Errors are
// kUnavailable, kExhausted, kCorrupt; kConflict if others come first time and again.
class ItemStore {
 public:
  ItemStore(keys::SealedStore store, keys::ErasureTree& erasure) : store_(store), erasure_(erasure) {}

  [[nodiscard]] Task<Result<std::optional<ItemHead>>> head(VaultPtr vault, ItemKind kind, Life life, std::string name);
  // Null: there is no such item or version. An empty `version` is the newest one. Nothing of a deleted item is found.
  [[nodiscard]] Task<Result<std::shared_ptr<const ItemContent>>> find(VaultPtr vault, ItemKind kind, std::string name,
                                                                      std::string version);
  // In order of names, at most `limit`, beginning behind `from` (empty: from the first).
  [[nodiscard]] Task<Result<ListedItems>> list(VaultPtr vault, ItemKind kind, Life life, std::string from,
                                               std::uint32_t limit);
  [[nodiscard]] Task<Result<ListedVersions>> versions(VaultPtr vault, ItemKind kind, std::string name, std::string from,
                                                      std::uint32_t limit);
  // Every version, for a backup; kInvalidArgument: there are more than a backup holds, or they are longer.
  [[nodiscard]] Task<Result<std::vector<ItemContent>>> contents(VaultPtr vault, ItemKind kind, std::string name);
  // Some of them, beginning behind the version `from` (empty: from the first).
  struct ContentPage {
    std::vector<ItemContent> versions;
    std::string next;  // empty: that was all
  };
  [[nodiscard]] Task<Result<ContentPage>> contents_page(VaultPtr vault, ItemKind kind, std::string name,
                                                        std::string from);

  // What `edit` makes of the item as it is; called again if somebody else's change came between. Its refusal is the
  // answer, and then nothing changes. The audit row rides in the commit.
  // kInvalidArgument: something is longer than a row may be.
  using Edit = std::function<gate::ApiResult<ItemChange>(const ItemState& state)>;
  [[nodiscard]] Task<Result<gate::ApiResult<>>> change(VaultPtr vault, ItemKind kind, std::string name,
                                                       VersionWanted wanted, Edit edit, AuditRow audit);
  // The same of the items of one name in several kinds, in one commit: a certificate with its key and its secret.
  using States = std::map<ItemKind, ItemState>;
  using Changes = std::map<ItemKind, ItemChange>;
  using EditTogether = std::function<gate::ApiResult<Changes>(const States& states)>;
  [[nodiscard]] Task<Result<gate::ApiResult<>>> change_together(VaultPtr vault, std::vector<ItemKind> kinds,
                                                                std::string name, VersionWanted wanted,
                                                                EditTogether edit, AuditRow audit);
  // Destroys the secrets of deleted items that are marked as `purging`, of one name in several kinds, so that no copy
  // of the disks gives their material back (keys::ErasureTree::erase).
  [[nodiscard]] Task<Result<>> erase(VaultPtr vault, std::vector<ItemKind> kinds, std::string name);
  // The same of one, and then removes its versions, and its head last. Done again from the beginning after a crash.
  // Whoever comes late, when it is gone or another one has its name, removes nothing.
  [[nodiscard]] Task<Result<>> purge(VaultPtr vault, ItemKind kind, std::string name);
  // Is there nothing of a kind, deleted or not?
  [[nodiscard]] Task<Result<bool>> is_empty(VaultPtr vault, ItemKind kind);
  // All of a kind, as purge() does it. `go_on` is asked now and then; its error ends it. Done again after a crash.
  using GoOn = std::function<Result<>()>;
  [[nodiscard]] Task<Result<>> clear(VaultPtr vault, ItemKind kind, GoOn go_on);

 private:
  struct Seen;
  // Under which the versions of a change are to rest.
  using Secrets = std::map<const ItemContent*, keys::Erasable>;
  // What the changes say, as rows of the commit. kInvalidArgument: a row would be longer than one may be.
  [[nodiscard]] Result<> put_changes(const Vault& vault, const std::string& name, const Changes& changes,
                                     const Secrets& secrets, store::Commit& commit) const;
  [[nodiscard]] Task<Result<Seen>> look(VaultPtr vault, ItemKind kind, std::string name, VersionWanted wanted);
  [[nodiscard]] Task<Result<std::shared_ptr<const ItemContent>>> content(VaultPtr vault, Bytes key);
  [[nodiscard]] Task<Result<>> open(ItemContent& content);
  // `fresh` has those that nothing rests under yet.
  [[nodiscard]] Task<Result<Secrets>> secrets_for(const Changes& changes, TenantId tenant,
                                                  std::vector<keys::Erasable>& fresh);
  void give_back(std::vector<keys::Erasable> fresh);
  [[nodiscard]] Task<Result<store::ScanPage>> page(VaultPtr vault, Bytes prefix, std::string from, std::uint32_t limit);

  keys::SealedStore store_;
  keys::ErasureTree& erasure_;
};

}  // namespace freehold::vault
