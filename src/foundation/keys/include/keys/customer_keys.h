// CustomerKeys: keys in a vault, or in a Managed HSM pool, under which a service keeps what it stores, so that whoever
// holds that decides at each moment whether it can be read. Keeps: E2b, E4 (the seam).
//
// Source: "Customer-managed keys for Azure Storage encryption". The service knows nothing of vaults; app/ brings the
// two together.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "runtime/task.h"

namespace freehold::keys {

// What has a key. A vault and a pool may be called the same.
enum class KeyHome : std::uint8_t { kVault, kManagedHsm };

// Which key, and in whose name it is used.
struct CustomerKey {
  TenantId tenant;
  PrincipalId identity;      // of the resource, in the tenant's directory
  std::string vault;         // or the pool: by its name, in any case
  std::string name;          // of the key, in any case
  std::string version = {};  // empty: always the newest one
  KeyHome home = KeyHome::kVault;
  friend bool operator==(const CustomerKey&, const CustomerKey&) = default;
};

// What a key has wrapped, and which version of it.
struct WrappedByCustomer {
  std::string version;
  Bytes wrapped;
  friend bool operator==(const WrappedByCustomer&, const WrappedByCustomer&) = default;
};

// Thread-safe; outlives the services. Errors of all three: kDenied, the key may not be used now (it is gone, disabled,
// the vault is gone or shut, the identity is gone or has no right to it), the message says why; kUnavailable, that
// can't be known now.
class CustomerKeys {
 public:
  virtual ~CustomerKeys() = default;
  // May what `used` wrapped be opened now? The version that wraps now is the answer: another one than `used` where the
  // key was rotated. A few reads, nothing is computed.
  [[nodiscard]] virtual runtime::Task<Result<std::string>> look(CustomerKey key, std::string used) = 0;
  // By the key's version, or the newest. `context` is bound to what is wrapped. kInvalidArgument: the key isn't fit for
  // it (its kind, its size, a vault without purge protection). On record in the vault's log.
  [[nodiscard]] virtual runtime::Task<Result<WrappedByCustomer>> wrap(CustomerKey key, Secret secret,
                                                                      Bytes context) = 0;
  // On record, as wrap() is. kCorrupt: it isn't what the key wrapped for this context.
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap(CustomerKey key, WrappedByCustomer wrapped,
                                                             Bytes context) = 0;
};

}  // namespace freehold::keys
