#include "src/key_cache.h"

namespace freehold::vault {

std::optional<crypto::JoseKey> KeyCache::find(VaultId vault, const std::string& version) {
  const std::lock_guard lock(mutex_);
  const auto at = keys_.find({vault, version});
  if (at == keys_.end()) return std::nullopt;
  order_.splice(order_.begin(), order_, at->second.used);
  return at->second.key;
}

void KeyCache::put(VaultId vault, const std::string& version, crypto::JoseKey key, std::uint64_t purges) {
  const std::lock_guard lock(mutex_);
  if (purges != purges_) return;
  const Id id(vault, version);
  if (keys_.contains(id)) return;
  if (keys_.size() == kKeys) {
    keys_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(id);
  keys_.emplace(id, Entry{std::move(key), order_.begin()});
}

std::uint64_t KeyCache::purges() {
  const std::lock_guard lock(mutex_);
  return purges_;
}

void KeyCache::forget(VaultId vault) {
  {
    const std::lock_guard lock(mutex_);
    ++purges_;
    for (auto at = keys_.begin(); at != keys_.end();) {
      if (at->first.first != vault) {
        ++at;
        continue;
      }
      order_.erase(at->second.used);
      at = keys_.erase(at);
    }
  }
  if (listener_) listener_(vault);
}

}  // namespace freehold::vault
