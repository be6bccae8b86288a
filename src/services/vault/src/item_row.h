// Rows of secrets, keys and certificates (docs/formats/vault.md): keys, encoding, and the seal that binds each to its
// vault and place. Pure.
#pragma once

#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "src/item.h"
#include "src/vault.h"

namespace freehold::vault {

enum class Life : char { kLive = 'h', kDeleted = 'x' };

// Where an item's rows are; `name` in any case.
[[nodiscard]] Bytes head_key(ItemKind kind, Life life, std::string_view name);
[[nodiscard]] Bytes heads_prefix(ItemKind kind, Life life);
[[nodiscard]] Bytes versions_prefix(ItemKind kind, std::string_view name);
[[nodiscard]] Bytes version_key(ItemKind kind, std::string_view name, std::string_view version);

// What a row may be, without its seal.
inline constexpr std::size_t kMaxPlainRow = limits::kInlineContentBytes;
// Are its parts such as can be read again? Rows and their parts have limits, and one that is longer would be lost with
// all that is listed beside it.
[[nodiscard]] bool fits(const ItemHead& head);
[[nodiscard]] bool fits(const ItemContent& content);
[[nodiscard]] Bytes encode_head(const ItemHead& head);
[[nodiscard]] Result<ItemHead> decode_head(BytesView row);  // kCorrupt, kUnsupported
// The material as it is, sealed or not.
[[nodiscard]] Secret encode_content(const ItemContent& content);
[[nodiscard]] Result<ItemContent> decode_content(BytesView row);

// The material of a version, sealed under the secret that its purge destroys.
[[nodiscard]] ItemContent seal_material(const ItemContent& content, const keys::Erasable& under, Random& random);
[[nodiscard]] Result<> open_material(ItemContent& content, const Secret& under);  // kCorrupt

// AES-256-GCM under a key of the vault's own; a row that was moved to another vault, name or version doesn't open.
class RowSeal {
 public:
  explicit RowSeal(const Vault& vault) : rows_(vault.rows) {}
  [[nodiscard]] Bytes seal(BytesView key, BytesView plain, Random& random) const;
  [[nodiscard]] Result<Secret> open(BytesView key, BytesView sealed) const;

 private:
  std::shared_ptr<const VaultRows> rows_;
};

}  // namespace freehold::vault
