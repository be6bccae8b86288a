// BlobService: the Blob service of a region, as app/ wires it. Keeps: E1, E2a, A1, A6 (its part).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "blob/account_store.h"
#include "blob/allowed_sources.h"
#include "http/client.h"
#include "pipeline/pipeline.h"
#include "resource/managed_identities.h"
#include "resource/registry.h"
#include "runtime/pool.h"
#include "store/chunk_store.h"

namespace freehold::blob {

// All borrowed things outlive the service.
struct BlobServiceOptions {
  store::PartitionStore& rows;
  store::ChunkStore& chunks;
  store::Epoch epoch;  // of this front end's lease on its partitions
  store::HybridClock& hybrid;
  crypto::KeyWrapper& wrapper;
  RowKeySource& row_keys;
  Random& random;
  const Clock& clock;
  runtime::Pool& pool;  // digests and sealing of what is too long for a loop
  // Hosts are ACCOUNT.<suffix>: {"blob.core.freehold.localhost", "blob.freehold.localhost"}.
  std::vector<std::string> host_suffixes;
  std::string sku = "Standard_LRS";  // what Get Account Information says
  std::string location = "local";    // the region's name, as resources have it
  // Copies may read from these servers besides this cloud's own blobs, by this client (null: from none).
  AllowedSources allowed_sources = {};
  http::Client* outside = nullptr;
  // Keys of vaults under which owners of accounts put these; null: there are none.
  keys::CustomerKeys* customer_keys = nullptr;
  std::string vault_suffix = {};         // of the vaults' host names
  std::string pool_suffix = {};          // of those of Managed HSM pools
  keys::ErasureTree* erasure = nullptr;  // what the service's wrapping of keys depends on; null: nothing
  // Who may act for accounts; null: nobody.
  gate::resource::ManagedIdentities* identities = nullptr;
  const gate::resource::UserIdentities* user_identities = nullptr;
};

// Owned by app/. load() once before gate() is used; start() and close_and_wait() from outside the loops; the rest
// thread-safe. Requests must have ended before it is destroyed.
class BlobService {
 public:
  explicit BlobService(BlobServiceOptions options);
  ~BlobService();
  BlobService(const BlobService&) = delete;
  BlobService& operator=(const BlobService&) = delete;

  // Reads the accounts. kCorrupt, kUnavailable or kDenied as AccountStore::load.
  [[nodiscard]] Task<Result<>> load();
  [[nodiscard]] AccountStore& accounts();
  [[nodiscard]] gate::ServiceGate& gate();
  // Microsoft.Storage; the registry's rows point to this service.
  void add_resource_types(gate::resource::Registry& registry);

  // Background work (garbage, purges, sweeps) on this loop until close_and_wait(). All of it goes through the door,
  // which outlives it and has been given gate().
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();

  // Every partition that may hold audit rows attached to writes: what audit recovery must look through.
  [[nodiscard]] Task<Result<std::vector<store::PartitionId>>> partitions();

  // Looks for garbage that an earlier process left; start() does it by itself.
  [[nodiscard]] Task<Result<>> find_left_over(gate::Pipeline& door);
  // One round of the background work at once; the same as start() does by and by. Not while that runs.
  [[nodiscard]] Task<Result<std::size_t>> collect_garbage(gate::Pipeline& door);
  [[nodiscard]] Task<Result<std::size_t>> sweep_orphans(gate::Pipeline& door);
  // The same for copies: finds those that an earlier process began; one try at each that waits now.
  [[nodiscard]] Task<Result<>> find_pending_copies(gate::Pipeline& door);
  [[nodiscard]] Task<> continue_copies(gate::Pipeline& door);
  [[nodiscard]] std::size_t copies_waiting() const;
  // Garbage that waits to be collected.
  [[nodiscard]] std::size_t garbage_waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::blob
