// A token authority and a directory for tests: one key that nobody else has, and whoever the test puts in.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "authn/bearer.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/jwt.h"

namespace freehold::gate::testing {

class TestAuthority final : public TokenAuthority {
 public:
  [[nodiscard]] std::optional<crypto::RsaPublicKey> key(std::string_view id) const override {
    if (withdrawn_ || id != signer().public_key().thumbprint()) return std::nullopt;
    return signer().public_key();
  }
  [[nodiscard]] bool issues_as(std::string_view issuer, TenantId tenant) const override {
    return issuer == "https://login.test/" + to_string(tenant) + "/";
  }
  [[nodiscard]] std::string tenant_uri(TenantId tenant, std::string_view port) const override {
    return "https://login.test" + std::string(port) + "/" + (tenant == TenantId{} ? "common" : to_string(tenant));
  }
  // One a process: making one takes tenths of a second.
  [[nodiscard]] static const crypto::RsaSigningKey& signer() {
    static const crypto::RsaSigningKey key = std::move(*crypto::RsaSigningKey::generate());
    return key;
  }
  // From now on the key is none of ours, as after it was rolled and its overlap is over.
  void withdraw_key() { withdrawn_ = true; }

 private:
  std::atomic<bool> withdrawn_ = false;
};

class TestIdentities final : public IdentityDirectory {
 public:
  void put(Identity identity) {
    const std::pair key(identity.tenant, identity.object);
    const std::lock_guard lock(mutex_);
    all_[key] = std::make_shared<const Identity>(std::move(identity));
  }
  [[nodiscard]] std::shared_ptr<const Identity> find(TenantId tenant, PrincipalId object) const override {
    const std::lock_guard lock(mutex_);
    const auto at = all_.find({tenant, object});
    return at == all_.end() ? nullptr : at->second;
  }
  void remove(TenantId tenant, PrincipalId object) {
    const std::lock_guard lock(mutex_);
    all_.erase({tenant, object});
  }
  void put_group(PrincipalId group) { groups_.insert(group); }
  [[nodiscard]] std::optional<PrincipalKind> kind_of(TenantId tenant, PrincipalId object) const override {
    if (groups_.contains(object)) return PrincipalKind::kGroup;
    const auto identity = find(tenant, object);
    if (identity == nullptr) return std::nullopt;
    return identity->application == PrincipalId{} ? PrincipalKind::kUser : PrincipalKind::kServicePrincipal;
  }

 private:
  mutable std::mutex mutex_;  // background work looks here too
  std::set<PrincipalId> groups_;
  std::map<std::pair<TenantId, PrincipalId>, std::shared_ptr<const Identity>> all_;
};

// The claims of a good token for storage, each as JSON ("\"text\"" or "1"); change what the test is about.
using Claims = std::map<std::string, std::string>;
inline Claims good_claims(TenantId tenant, PrincipalId object, WallTime now) {
  const auto quoted = [](std::string_view text) { return "\"" + std::string(text) + "\""; };
  const auto seconds = [](WallTime time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  return {{"aud", quoted("https://storage.azure.com")},
          {"iss", quoted("https://login.test/" + to_string(tenant) + "/")},
          {"tid", quoted(to_string(tenant))},
          {"oid", quoted(to_string(object))},
          {"nbf", seconds(now)},
          {"exp", seconds(now + std::chrono::hours(1))}};
}

inline std::string token_of(const Claims& claims, const crypto::RsaSigningKey& key = TestAuthority::signer()) {
  std::string json = "{";
  for (const auto& [name, value] : claims) {
    json += (json.size() == 1 ? "\"" : ",\"") + name + "\":" + value;
  }
  return crypto::sign_jwt(key, json + "}");
}

}  // namespace freehold::gate::testing
