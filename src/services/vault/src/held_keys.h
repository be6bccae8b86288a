// HeldKeys: keys of vaults under which other services keep their own (keys::CustomerKeys). Keeps: E2b, E4.
//
// Whether a key may be used is read from its rows, its vault and the roles each time it is asked, and never
// remembered: what is taken away is gone with the next look.
#pragma once

#include <atomic>

#include "keys/customer_keys.h"
#include "pipeline/pipeline.h"
#include "src/vault_access.h"
#include "src/vault_call.h"

namespace freehold::vault {

struct WrapAccountKey {
  static constexpr std::string_view kName = "WrapAccountKey";
};
struct UnwrapAccountKey {
  static constexpr std::string_view kName = "UnwrapAccountKey";
};

// Owned by VaultService; what it borrows outlives it. Thread-safe. Before serve() nothing is wrapped or opened
// (kUnavailable): each of both is a job with a record of its own in the log of the vault's tenant.
class HeldKeys final : public keys::CustomerKeys {
 public:
  HeldKeys(VaultParts& parts, const VaultAccess& access) : parts_(parts), access_(access) {}
  void serve(gate::Pipeline& door) { door_ = &door; }

  [[nodiscard]] Task<Result<std::string>> look(keys::CustomerKey key, std::string used) override;
  [[nodiscard]] Task<Result<keys::WrappedByCustomer>> wrap(keys::CustomerKey key, Secret secret,
                                                           Bytes context) override;
  [[nodiscard]] Task<Result<Secret>> unwrap(keys::CustomerKey key, keys::WrappedByCustomer wrapped,
                                            Bytes context) override;

 private:
  // A version that may be used now, in a vault that lets the identity in.
  struct Found {
    VaultPtr vault;
    std::shared_ptr<const ItemContent> content;
    std::string name = {};
    std::uint64_t purges = 0;   // that the cache knew of before
    std::uint64_t forgets = 0;  // ... and the token of the vaults' keys
  };
  [[nodiscard]] Result<VaultPtr> vault_for(const keys::CustomerKey& key) const;
  [[nodiscard]] Task<Result<Found>> find(keys::CustomerKey key, std::string version) const;
  template <class Work>
  [[nodiscard]] static auto with_key(VaultParts* parts, Found found, Work work)
      -> Task<std::invoke_result_t<Work, const crypto::JoseKey&>>;
  // Jobs. The borrowed ones outlive the task.
  [[nodiscard]] static Task<Result<>> wrap_now(VaultParts* parts, Found found, const Secret* secret,
                                               const Bytes* context, Bytes* wrapped);
  [[nodiscard]] static Task<Result<>> unwrap_now(VaultParts* parts, Found found, const Bytes* wrapped,
                                                 const Bytes* context, Secret* secret);
  template <class Operation, class Work>
  [[nodiscard]] Task<Result<>> on_record(const Found& found, const keys::CustomerKey& key, Work work) const;

  VaultParts& parts_;
  const VaultAccess& access_;
  std::atomic<gate::Pipeline*> door_ = nullptr;
};

}  // namespace freehold::vault
