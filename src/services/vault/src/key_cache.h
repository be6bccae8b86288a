// KeyCache: keys lately used, ready to be used again: taking one apart costs as much as some of its uses.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "crypto/jose_key.h"
#include "src/vault.h"

namespace freehold::vault {

// Owned by VaultService. Thread-safe. Whether a key may be used is never decided from here: its row is read each time.
// A version's name is random and never given to another key, so that what is here is never stale.
class KeyCache {
 public:
  static constexpr std::size_t kKeys = 1'024;

  // What was put under that version, or nullopt.
  [[nodiscard]] std::optional<crypto::JoseKey> find(VaultId vault, const std::string& version);
  // Unless something was purged since there were so many `purges`: it may have been this key.
  void put(VaultId vault, const std::string& version, crypto::JoseKey key, std::uint64_t purges);
  // How often forget() was called.
  [[nodiscard]] std::uint64_t purges();
  // All keys of a vault: one of them, or all of it, was purged.
  void forget(VaultId vault);
  // Who is to be told of each forget(), after it: whatever else has something of keys. Before the first one.
  void tell(std::function<void(VaultId)> listener) { listener_ = std::move(listener); }

 private:
  using Id = std::pair<VaultId, std::string>;
  struct Entry {
    crypto::JoseKey key;
    std::list<Id>::iterator used;
  };
  std::function<void(VaultId)> listener_;
  std::mutex mutex_;
  std::uint64_t purges_ = 0;
  std::map<Id, Entry> keys_;
  std::list<Id> order_;  // the one used last is first
};

}  // namespace freehold::vault
