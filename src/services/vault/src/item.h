// What secrets, keys and certificates have in common: a name with versions, which can be deleted and recovered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "keys/erasure_tree.h"

namespace freehold::vault {

// The first byte of a kind's rows.
enum class ItemKind : char { kSecret = 's', kKey = 'k', kCertificate = 'c' };
// A pool's keys, where they are in the second of their two places (PoolSettings::second_place).
inline constexpr ItemKind kSecondKeys{'K'};

inline constexpr std::size_t kMaxItemNameBytes = 127;
inline constexpr std::size_t kMaxItemTags = 15;
inline constexpr std::size_t kVersionDigits = 32;

// Times in seconds since 1970, as the API has them.
struct ItemAttributes {
  bool enabled = true;
  bool exportable = false;  // of keys
  std::optional<std::int64_t> not_before = {};
  std::optional<std::int64_t> expires = {};
  std::int64_t created = 0;
  std::int64_t updated = 0;
};

// How the secret half of a version is protected, besides the row's own seal.
enum class Protection : std::uint8_t {
  kVaultKey = 0,  // nothing else: the row is sealed under the vault's key
  kToken = 2,     // it is in the clear in a token alone; `handle` says more
};

// One version without its secret half: what lists and most answers need.
struct ItemVersion {
  std::string version = {};  // 32 hex digits
  ItemAttributes attributes = {};
  std::map<std::string, std::string> tags = {};
  std::string content_type = {};  // of secrets
  bool managed = false;           // belongs to a certificate
  Bytes open = {};                // what else the kind shows: JSON of a key's public half
};

// With the secret half. Moves only: it holds a Secret.
struct ItemContent {
  ItemVersion shown = {};
  Protection protection = Protection::kVaultKey;
  Bytes handle = {};
  Secret material = {};
  // What the material is sealed under where it rests, so that a purge destroys it; zero: nothing yet.
  keys::ErasureId erasure = {};
  [[nodiscard]] ItemContent clone() const { return {shown, protection, handle, material.clone(), erasure}; }
};

// Of all versions, and of the deletion.
struct ItemHead {
  std::string name = {};     // as it was first written; rows have it in lower case
  ItemVersion current = {};  // the newest version, again
  Bytes policy = {};         // JSON: a key's rotation policy
  std::int64_t deleted = 0;  // of a deleted one
  std::int64_t purge_at = 0;
  bool purging = false;  // its versions are being removed: no way back
};

// Letters, digits and hyphens, 127 at most.
[[nodiscard]] bool is_item_name(std::string_view name);
[[nodiscard]] bool is_item_version(std::string_view version);
[[nodiscard]] std::int64_t unix_seconds(WallTime time);

}  // namespace freehold::vault
