#include "vault/vault_service.h"

#include "base/log.h"
#include "src/held_keys.h"
#include "src/hsm_backup.h"
#include "src/hsm_children.h"
#include "src/hsm_gate.h"
#include "src/hsm_jobs.h"
#include "src/hsm_provider.h"
#include "src/hsm_stray_tokens.h"
#include "src/object_policies.h"
#include "src/release_signer.h"
#include "src/token_material.h"
#include "src/vault_children.h"
#include "src/vault_gate.h"
#include "src/vault_keeper.h"
#include "src/vault_objects.h"
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

// The others, and what else there is, are served.
void warn_of_token(const Result<>& opened) {
  if (!opened) {
    log_error("keys of a Managed HSM pool can't be used: its token can't be opened",
              {{"error", opened.error().message}, {"detail", opened.error().detail}});
  }
}

}  // namespace

struct VaultService::State {
  explicit State(VaultServiceOptions given)
      : options(std::move(given)),
        vaults(options.store, options.wrapper, options.erasure),
        items(options.store, options.erasure),
        crypto(crypto_pool()),
        making(making_pool()),
        signer(options.authority, options.domain, options.store.random),
        release{.issuers = options.attestation_issuers, .signer = signer},
        throttle(options.clock, options.limits),
        parts{.vaults = vaults,
              .items = items,
              .row_keys = options.store.row_keys,
              .random = options.store.random,
              .crypto = crypto,
              .making = making,
              .keys = keys,
              .throttle = throttle,
              .tokens = options.token_keys,
              .release = &release,
              .policies = &object_policies},
        access(vaults, options.domain, options.assignments, options.tree, options.identities),
        gate(parts, access, options.domain, options.location),
        keeper(parts, options.clock),
        provider(vaults, keys, access, {.location = options.location, .host_suffix = "vault." + options.domain}),
        children(parts, {.location = options.location, .host_suffix = "vault." + options.domain}),
        objects(parts),
        pools(options.store, options.wrapper, options.erasure, "pools"),
        pool_rows(options.store),
        pool_roles(pool_rows),
        pool_jobs(pools, pool_rows, options.store.random, options.clock),
        pool_tokens(options.hsm, options.wrapper, making),
        pool_keys{.vaults = pools,
                  .items = items,
                  .row_keys = options.store.row_keys,
                  .random = options.store.random,
                  .crypto = crypto,
                  .making = making,
                  .keys = keys,
                  .throttle = throttle,
                  .tokens = &pool_tokens,
                  .release = &release},
        pool_parts{.vault = pool_keys,
                   .roles = pool_roles,
                   .rows = pool_rows,
                   .wrapper = options.wrapper,
                   .tokens = pool_tokens,
                   .activation = pool_activation,
                   .jobs = pool_jobs,
                   .domain = options.domain},
        pool_access(pools, pool_roles, options.domain, options.identities),
        pool_gate(pool_parts, pool_access, options.domain, options.location),
        held({.parts = parts, .rules = access}, {.parts = pool_keys, .rules = pool_access}),
        pool_keeper(pool_keys, options.clock, [this](VaultPtr pool) { return tidy(std::move(pool)); }),
        pool_provider(pools, pool_roles, keys,
                      {.location = options.location, .host_suffix = "managedhsm." + options.domain}),
        pool_children(pools, pool_jobs, pool_keys,
                      {.location = options.location, .host_suffix = "managedhsm." + options.domain}) {
    keys.tell([this](VaultId vault) {
      drop_unwrapped(parts, vault);
      drop_unwrapped(pool_keys, vault);
    });
    pools.before_removal([this](VaultPtr pool) { return let_go(std::move(pool)); });
  }

  // What is called again until it succeeds: a pool that is being purged stays one.
  Task<Result<>> let_go(VaultPtr pool) {
    FH_CO_CHECK_OK(co_await pool_jobs.until_ended(pool->id));
    pool_roles.forget(pool->id);
    if (pool->rows) {
      FH_CO_CHECK_OK(co_await remove_stray_tokens(pool_rows, pool_tokens, pool));
    }
    co_return co_await pool_tokens.remove(pool->tenant, pool->id, pool->pool->token);
  }

  // What a restore left behind: nothing is restored meanwhile.
  Task<Result<>> tidy(VaultPtr seen) {
    return pool_jobs.between(seen->id, [this, seen]() -> Task<Result<>> {
      const auto pool = pools.find(seen->name);
      if (!pool || pool->id != seen->id) return nothing();
      return clear_spare_keys(pool_parts, pool, [this, pool] { return pool_jobs.go_on(*pool); });
    });
  }
  static Task<Result<>> nothing() { co_return Result<>(); }

  // Of an activated pool, and of one whose activation broke off.
  Task<Result<>> open_pool(VaultPtr pool) {
    FH_CO_CHECK_OK(co_await pool_roles.load(pool));
    const auto tidied = co_await remove_stray_tokens(pool_rows, pool_tokens, pool);
    if (!tidied) log_warning("tokens that no pool has can't be removed now", {{"error", tidied.error().message}});
    if (!pool->pool->activated) co_return Result<>();
    warn_of_token(co_await pool_tokens.open(pool));
    // An upload that a crash broke off when it was done.
    FH_CO_TRY(const auto transfer, co_await pool_rows.find(pool, Bytes(kTransferRow)));
    if (!transfer) co_return Result<>();
    const auto gone = co_await pool_rows.change(pool, {.deletes = {Bytes(kTransferRow), Bytes(kDomainRow)}});
    if (!gone) log_warning("a pool's exchange key can't be removed now", {{"error", gone.error().message}});
    co_return Result<>();
  }

  Task<Result<>> load() {
    FH_CO_CHECK_OK(co_await vaults.load());
    FH_CO_CHECK_OK(co_await pools.load());
    for (const auto state : {VaultState::kActive, VaultState::kDeleted}) {
      for (const auto& pool : pools.vaults(state)) {
        FH_CO_CHECK_OK(co_await open_pool(pool));
      }
    }
    co_return Result<>();
  }
  std::vector<store::PartitionId> partitions() const {
    auto out = vaults.partitions();
    for (auto& partition : pools.partitions()) out.push_back(std::move(partition));
    return out;
  }

  VaultServiceOptions options;
  VaultStore vaults;
  ItemStore items;
  runtime::Pool crypto;
  runtime::Pool making;
  ObjectPolicies object_policies;
  ReleaseSigner signer;
  ReleaseParts release;
  KeyCache keys;
  Throttle throttle;
  VaultParts parts;
  VaultAccess access;
  VaultGate gate;
  VaultKeeper keeper;
  VaultProvider provider;
  VaultChildren children;
  VaultObjects objects;
  // Managed HSM pools: vaults of another kind, under names of their own.
  VaultStore pools;
  PoolRows pool_rows;
  PoolRoleStore pool_roles;
  PoolJobs pool_jobs;
  PoolTurns pool_activation;
  PoolTokens pool_tokens;
  VaultParts pool_keys;
  PoolParts pool_parts;
  PoolAccess pool_access;
  PoolGate pool_gate;
  HeldKeys held;  // of both
  VaultKeeper pool_keeper;
  PoolProvider pool_provider;
  PoolChildren pool_children;
};

VaultService::VaultService(VaultServiceOptions options) : state_(std::make_unique<State>(std::move(options))) {}
VaultService::~VaultService() = default;

Task<Result<>> VaultService::load() { return state_->load(); }
void VaultService::add_resource_types(gate::resource::Registry& registry) {
  state_->provider.add_types(registry);
  state_->children.add_types(registry);
  state_->pool_provider.add_types(registry);
  state_->pool_children.add_types(registry);
}
gate::ServiceGate& VaultService::gate() { return state_->gate; }
gate::ServiceGate& VaultService::pool_gate() { return state_->pool_gate; }
keys::CustomerKeys& VaultService::customer_keys() { return state_->held; }
std::span<const gate::resource::DataType> VaultService::object_types() { return vault::object_types(); }
gate::resource::DataObjects& VaultService::objects() { return state_->objects; }
void VaultService::obey(const gate::resource::DataPolicy& policy) { state_->object_policies.obey(policy); }
void VaultService::serve(gate::Pipeline& door) { state_->held.serve(door); }
void VaultService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  state_->keeper.start(loop, door);
  state_->pool_keeper.start(loop, door);
  state_->pool_jobs.start(loop, door);
}
void VaultService::close_and_wait() {
  state_->keeper.close_and_wait();
  state_->pool_jobs.close_and_wait();
  state_->pool_keeper.close_and_wait();
}
Task<> VaultService::look_after(gate::Pipeline& door) {
  co_await state_->keeper.look_after(door);
  co_await state_->pool_keeper.look_after(door);
}
std::vector<store::PartitionId> VaultService::partitions() const { return state_->partitions(); }

}  // namespace freehold::vault
