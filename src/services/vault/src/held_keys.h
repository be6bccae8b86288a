// HeldKeys: keys of vaults and Managed HSM pools under which other services keep their own (keys::CustomerKeys). Keeps:
// E2b, E2c, E4.
//
// Whether a key may be used is read from its rows, its vault and the roles each time it is asked, and never
// remembered: what is taken away is gone with the next look.
#pragma once

#include <atomic>

#include "keys/customer_keys.h"
#include "pipeline/pipeline.h"
#include "src/holder_rules.h"
#include "src/vault_call.h"

namespace freehold::vault {

struct WrapAccountKey {
  static constexpr std::string_view kName = "WrapAccountKey";
};
struct UnwrapAccountKey {
  static constexpr std::string_view kName = "UnwrapAccountKey";
};

// A pool's records have names of their own: they aren't the log's of a vault that is called the same.
struct WrapAccountKeyInPool {
  static constexpr std::string_view kName = "WrapAccountKeyInPool";
};
struct UnwrapAccountKeyInPool {
  static constexpr std::string_view kName = "UnwrapAccountKeyInPool";
};

// Vaults, or pools, as one works with their keys.
struct KeyHolders {
  VaultParts& parts;
  const HolderRules& rules;
};

// Owned by VaultService; what it borrows outlives it. Thread-safe. Before serve() nothing is wrapped or opened
// (kUnavailable): each of both is a job with a record of its own in the log of the vault's tenant.
class HeldKeys final : public keys::CustomerKeys {
 public:
  HeldKeys(KeyHolders vaults, KeyHolders pools) : vaults_(vaults), pools_(pools) {}
  void serve(gate::Pipeline& door) { door_ = &door; }

  [[nodiscard]] Task<Result<std::string>> look(keys::CustomerKey key, std::string used) override;
  [[nodiscard]] Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey key, Secret secret,
                                                           Bytes context) override;
  [[nodiscard]] Task<Result<Secret>> unwrap(keys::CustomerKey key, keys::WrappedByCustomer wrapped,
                                            Bytes context) override;

 private:
  // A version that may be used now, in a vault that lets the identity in.
  struct Found {
    VaultParts* parts;
    VaultPtr vault;
    std::shared_ptr<const ItemContent> content;
    std::string name = {};
    std::uint64_t purges = 0;   // that the cache knew of before
    std::uint64_t forgets = 0;  // ... and the token of the vaults' keys
  };
  [[nodiscard]] const KeyHolders& holders_of(const keys::CustomerKey& key) const {
    return key.home == keys::KeyHome::kVault ? vaults_ : pools_;
  }
  [[nodiscard]] Task<Result<VaultPtr>> vault_for(keys::CustomerKey key) const;
  [[nodiscard]] Task<Result<Found>> find(keys::CustomerKey key, std::string version) const;
  template <class Work>
  [[nodiscard]] static auto with_key(Found found, Work work)
      -> Task<std::invoke_result_t<Work, const crypto::JoseKey&>>;
  // Jobs. The borrowed ones outlive the task.
  [[nodiscard]] static Task<Result<>> wrap_now(Found found, const Secret* secret, const Bytes* context, Bytes* wrapped);
  [[nodiscard]] static Task<Result<>> unwrap_now(Found found, const Bytes* wrapped, const Bytes* context,
                                                 Secret* secret);
  template <class OfVault, class OfPool, class Work>
  [[nodiscard]] Task<Result<>> on_record(const Found& found, const keys::CustomerKey& key, Work work) const;

  const KeyHolders vaults_;
  const KeyHolders pools_;
  std::atomic<gate::Pipeline*> door_ = nullptr;
};

}  // namespace freehold::vault
