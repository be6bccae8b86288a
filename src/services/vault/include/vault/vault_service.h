// VaultService: vaults with what is in them, as app/ wires them. Keeps: K1, K3, E1, E2b (in part).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "authz/scope.h"
#include "authz/storage_access.h"
#include "base/clock.h"
#include "crypto/hsm.h"
#include "crypto/key_wrapper.h"
#include "crypto/token_keys.h"
#include "crypto/x509.h"
#include "keys/customer_keys.h"
#include "keys/erasure_tree.h"
#include "keys/sealed_rows.h"
#include "pipeline/pipeline.h"
#include "resource/data_policy.h"
#include "resource/registry.h"
#include "vault/attestation_issuers.h"
#include "vault/vault_limits.h"

namespace freehold::vault {

using runtime::Task;

// All borrowed things outlive the service.
struct VaultServiceOptions {
  keys::SealedStore store;
  crypto::KeyWrapper& wrapper;  // of the vaults' keys
  keys::ErasureTree& erasure;   // what a purge destroys
  const Clock& clock;
  std::string domain;    // vaults are at NAME.vault.<domain>
  std::string location;  // the one location
  const gate::authz::SnapshotSource& assignments;
  const gate::authz::ManagementTree& tree;
  const gate::IdentityDirectory& identities;
  crypto::TokenKeys* token_keys = nullptr;  // of premium vaults' keys in an HSM; null: they are answered with 503
  crypto::Hsm* hsm = nullptr;               // where Managed HSM pools have a token each; null: none can be activated
  VaultLimits limits = {};
  std::vector<AttestationIssuer> attestation_issuers = {};  // on whose word keys are released
  const crypto::CertificateAndKey* authority = nullptr;     // certifies what signs released keys; null: none is
};

// Owned by app/. load() first; the rest is thread-safe.
class VaultService {
 public:
  explicit VaultService(VaultServiceOptions options);
  ~VaultService();
  VaultService(const VaultService&) = delete;
  VaultService& operator=(const VaultService&) = delete;

  // Reads the vaults, and ends purges that an earlier process began.
  [[nodiscard]] Task<Result<>> load();
  void add_resource_types(gate::resource::Registry& registry);
  [[nodiscard]] gate::ServiceGate& gate();
  // Of Managed HSM pools, at POOL.managedhsm.<domain>.
  [[nodiscard]] gate::ServiceGate& pool_gate();
  // For services that keep their keys under those of vaults; each use goes on record by the door of serve().
  [[nodiscard]] keys::CustomerKeys& customer_keys();
  void serve(gate::Pipeline& door);
  // The objects in vaults that policies speak of, and the policies that each is held against from then on: before the
  // first request.
  [[nodiscard]] static std::span<const gate::resource::DataType> object_types();
  void obey(const gate::resource::DataPolicy& policy);
  // All of them, for scans.
  [[nodiscard]] gate::resource::DataObjects& objects();
  // Rotates keys and purges what was deleted long ago, on this loop until close_and_wait(). From outside the
  // loops.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();
  // One round of that.
  [[nodiscard]] Task<> look_after(gate::Pipeline& door);
  // Where audit rows may be attached to changes.
  [[nodiscard]] std::vector<store::PartitionId> partitions() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::vault
