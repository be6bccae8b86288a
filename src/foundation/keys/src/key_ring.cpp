#include "keys/key_ring.h"

#include <array>

#include "crypto/aead.h"
#include "crypto/digest.h"

namespace freehold::keys {

namespace {

constexpr std::array kPurposes = {Purpose::kRows, Purpose::kAccountKeys, Purpose::kAuditBatches,
                                  Purpose::kAuditPseudonyms};

std::string_view info_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::kRows:
      return "freehold tenant rows";
    case Purpose::kAccountKeys:
      return "freehold tenant account keys";
    case Purpose::kAuditBatches:
      return "freehold tenant audit batches";
    case Purpose::kAuditPseudonyms:
      return "freehold tenant audit pseudonyms";
  }
  return {};
}

// Tenant keys stand in a partition of the region's own (the zero tenant), a row a tenant.
store::PartitionId key_partition() { return store::make_partition_id(TenantId{}, "tenant-keys"); }

Bytes context_of(TenantId tenant) { return "freehold tenant key " + to_string(tenant); }

}  // namespace

KeyRing::KeyRing(crypto::Hsm& hsm, store::PartitionStore& partitions, store::HybridClock& clock, store::Epoch epoch,
                 Random& random)
    : hsm_(hsm), partitions_(partitions), clock_(clock), epoch_(epoch), random_(random) {}

Task<Result<>> KeyRing::ensure_tenant(TenantId tenant) {
  FH_CO_TRY(const Secret key, co_await load_or_make(tenant));
  remember(tenant, key);
  co_return Result<>{};
}

Task<Result<Secret>> KeyRing::load_or_make(TenantId tenant) {
  const Bytes row_key = "t" + Bytes(tenant.view());  // a key may not begin with 0xff, and an id may
  for (int attempt = 0; attempt < 3; ++attempt) {
    FH_CO_TRY(const auto stored, co_await partitions_.get(key_partition(), row_key));
    if (stored) co_return co_await hsm_.unwrap_root(*stored, context_of(tenant));

    Secret fresh(crypto::kAeadKeyBytes);
    random_.fill(fresh.span());
    FH_CO_TRY(Bytes wrapped, co_await hsm_.wrap_root(fresh.clone(), context_of(tenant)));
    store::Commit commit{.partition = key_partition(),
                         .epoch = epoch_,
                         .transaction = clock_.next_transaction(),
                         .expect = {store::absent(row_key)},
                         .puts = {{row_key, std::move(wrapped)}},
                         .deletes = {}};
    const store::CommitResult result = co_await store::commit_settled(partitions_, std::move(commit));
    if (result.outcome == store::CommitOutcome::kOk) co_return fresh;
    if (result.outcome != store::CommitOutcome::kConflict) {
      co_return fail(ErrorCode::kUnavailable, "the tenant's key could not be stored", result.error.message);
    }
  }
  co_return fail(ErrorCode::kConflict, "the tenant's key keeps changing");
}

void KeyRing::remember(TenantId tenant, const Secret& tenant_key) {
  const std::lock_guard lock(mutex_);
  for (const Purpose purpose : kPurposes) {
    derived_[tenant][static_cast<int>(purpose)] =
        crypto::hkdf_expand(tenant_key.view(), info_of(purpose), crypto::kAeadKeyBytes);
  }
}

Result<Secret> KeyRing::derived(TenantId tenant, Purpose purpose) const {
  const std::lock_guard lock(mutex_);
  const auto at = derived_.find(tenant);
  if (at == derived_.end()) return fail(ErrorCode::kUnavailable, "the tenant's key is not loaded", to_string(tenant));
  return at->second.at(static_cast<int>(purpose)).clone();
}

Task<Result<Bytes>> ServiceManagedKeyWrapper::wrap(TenantId tenant, Secret key, Bytes context) {
  FH_CO_TRY(const Secret wrapping_key, ring_.derived(tenant, Purpose::kAccountKeys));
  co_return crypto::seal(wrapping_key, context, key.view(), random_);
}

Task<Result<Secret>> ServiceManagedKeyWrapper::unwrap(TenantId tenant, Bytes wrapped, Bytes context) {
  FH_CO_TRY(const Secret wrapping_key, ring_.derived(tenant, Purpose::kAccountKeys));
  co_return crypto::open_secret(wrapping_key, context, wrapped);
}

}  // namespace freehold::keys
