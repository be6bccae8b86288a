#include "vault/vault_service.h"

#include "src/held_keys.h"
#include "src/vault_children.h"
#include "src/vault_gate.h"
#include "src/vault_keeper.h"
#include "src/vault_provider.h"

namespace freehold::vault {
namespace {

runtime::Pool::Options crypto_pool() {
  return {.name = "vault", .threads = 2, .queue_limit = 4'096, .per_key_limit = 1'024};
}

// An RSA-4096 key is seconds of work: as many at once as there are threads, and tenants take turns.
runtime::Pool::Options making_pool() {
  return {.name = "vault keys", .threads = 2, .queue_limit = 1'024, .per_key_limit = 64};
}

}  // namespace

struct VaultService::State {
  explicit State(VaultServiceOptions given)
      : options(std::move(given)),
        vaults(options.store, options.wrapper, options.erasure),
        items(options.store, options.erasure),
        crypto(crypto_pool()),
        making(making_pool()),
        parts{.vaults = vaults,
              .items = items,
              .row_keys = options.store.row_keys,
              .random = options.store.random,
              .crypto = crypto,
              .making = making,
              .keys = keys},
        access(vaults, options.domain, options.assignments, options.tree, options.identities),
        gate(parts, access, options.domain, options.location),
        held(parts, access),
        keeper(parts, options.clock),
        provider(vaults, keys, access, {.location = options.location, .host_suffix = "vault." + options.domain}),
        children(parts, {.location = options.location, .host_suffix = "vault." + options.domain}) {}

  VaultServiceOptions options;
  VaultStore vaults;
  ItemStore items;
  runtime::Pool crypto;
  runtime::Pool making;
  KeyCache keys;
  VaultParts parts;
  VaultAccess access;
  VaultGate gate;
  HeldKeys held;
  VaultKeeper keeper;
  VaultProvider provider;
  VaultChildren children;
};

VaultService::VaultService(VaultServiceOptions options) : state_(std::make_unique<State>(std::move(options))) {}
VaultService::~VaultService() = default;

Task<Result<>> VaultService::load() { return state_->vaults.load(); }
void VaultService::add_resource_types(gate::resource::Registry& registry) {
  state_->provider.add_types(registry);
  state_->children.add_types(registry);
}
gate::ServiceGate& VaultService::gate() { return state_->gate; }
keys::CustomerKeys& VaultService::customer_keys() { return state_->held; }
void VaultService::serve(gate::Pipeline& door) { state_->held.serve(door); }
void VaultService::start(boost::asio::io_context& loop, gate::Pipeline& door) { state_->keeper.start(loop, door); }
void VaultService::close_and_wait() { state_->keeper.close_and_wait(); }
Task<> VaultService::look_after(gate::Pipeline& door) { return state_->keeper.look_after(door); }
std::vector<store::PartitionId> VaultService::partitions() const { return state_->vaults.partitions(); }

}  // namespace freehold::vault
