#include "blob/blob_service.h"

#include "src/blob_gate.h"
#include "src/copier.h"
#include "src/key_rounds.h"
#include "src/row_keys.h"
#include "src/storage_provider.h"

namespace freehold::blob {
struct BlobService::State {
  explicit State(BlobServiceOptions options)
      : suffixes(std::move(options.host_suffixes)),
        accounts({options.rows, options.epoch, options.hybrid, options.wrapper, options.row_keys, options.random,
                  options.clock, options.customer_keys, options.identities, options.erasure}),
        notes(accounts, options.clock, options.random),
        containers(options.rows, options.epoch, options.hybrid, RowSealer(options.row_keys, options.random), notes),
        properties(options.rows, options.epoch, options.hybrid, RowSealer(options.row_keys, options.random)),
        blobs(options.rows, options.epoch, options.hybrid, notes),
        claims(options.hybrid),
        reads(options.hybrid),
        content(options.rows, options.chunks, claims, options.pool),
        collector(accounts, containers, blobs, content, reads),
        sources(std::move(options.allowed_sources), suffixes, options.outside, scope),
        parts{accounts,       containers,
              properties,     blobs,
              content,        collector,
              reads,          scope,
              options.hybrid, options.random,
              sources,        copier,
              options.sku,    suffixes.empty() ? std::string() : suffixes.front()},
        copier(parts),
        gate(parts, suffixes),
        provider(parts, {options.identities, options.user_identities}, place_of(options, suffixes)) {}

  // What keeps each copy in a zone of its own keeps it in a fault domain of its own too.
  static AccountPlace place_of(const BlobServiceOptions& options, const std::vector<std::string>& suffixes) {
    AccountPlace place{.location = options.location,
                       .skus = {options.sku},
                       .endpoint_suffix = suffixes.front(),
                       .vault_suffix = options.vault_suffix,
                       .pool_suffix = options.pool_suffix};
    if (options.sku != "Standard_LRS") place.skus.emplace_back("Standard_LRS");
    return place;
  }

  std::vector<std::string> suffixes;
  AccountStore accounts;
  NoteSealer notes;
  ContainerStore containers;
  ServicePropertiesStore properties;
  BlobStore blobs;
  ChunkClaims claims;
  ActiveReads reads;
  ContentStore content;
  Collector collector;
  runtime::TaskScope scope;
  CopySources sources;
  BlobParts parts;
  Copier copier;
  BlobGate gate;
  StorageProvider provider;
  KeyRounds key_rounds{accounts, scope};
};

BlobService::BlobService(BlobServiceOptions options) : state_(std::make_unique<State>(std::move(options))) {}
BlobService::~BlobService() = default;

Task<Result<>> BlobService::load() {
  FH_CO_CHECK_OK(co_await state_->accounts.load());
  for (const auto& account : state_->accounts.all()) {
    FH_CO_CHECK_OK(co_await state_->properties.load(ref_of(*account)));
  }
  co_return Result<>();
}
AccountStore& BlobService::accounts() { return state_->accounts; }
gate::ServiceGate& BlobService::gate() { return state_->gate; }
void BlobService::add_resource_types(gate::resource::Registry& registry) { state_->provider.add_types(registry); }

void BlobService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  state_->scope.spawn(loop, state_->collector.run(state_->scope, door));
  state_->scope.spawn(loop, state_->copier.run(state_->scope, door));
  state_->scope.spawn(loop, state_->key_rounds.run(loop));
}
void BlobService::close_and_wait() { state_->scope.close_and_wait(); }

Task<Result<std::vector<store::PartitionId>>> BlobService::partitions() {
  std::vector<store::PartitionId> result;
  for (const auto& account : state_->accounts.all()) {
    result.push_back(row_keys::account_partition(account->tenant, account->id));
  }
  FH_CO_TRY(const auto containers, co_await state_->collector.partitions());
  for (const auto& [account, partition] : containers) result.push_back(partition);
  co_return result;
}

Task<Result<>> BlobService::find_left_over(gate::Pipeline& door) { return state_->collector.find_left_over(door); }
Task<Result<std::size_t>> BlobService::collect_garbage(gate::Pipeline& door) {
  return state_->collector.collect(door, Collector::Which::kAll);
}
Task<Result<std::size_t>> BlobService::sweep_orphans(gate::Pipeline& door) { return state_->collector.sweep(door); }
std::size_t BlobService::garbage_waiting() const { return state_->collector.waiting(); }

Task<Result<>> BlobService::find_pending_copies(gate::Pipeline& door) { return state_->copier.find_left_over(door); }
Task<> BlobService::continue_copies(gate::Pipeline& door) { return state_->copier.run_waiting(door); }
std::size_t BlobService::copies_waiting() const { return state_->copier.waiting(); }

}  // namespace freehold::blob
