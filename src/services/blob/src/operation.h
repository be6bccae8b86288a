// What every operation works with: the parts of the service, the blob a request points to, and the one way to change
// it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/permit.h"
#include "src/blob_errors.h"
#include "src/blob_store.h"
#include "src/collector.h"
#include "src/container_store.h"
#include "src/content_store.h"
#include "src/copy_sources.h"
#include "src/customer_key.h"
#include "src/garbage_row.h"
#include "src/scope_rules.h"
#include "src/service_properties_store.h"

namespace freehold::blob {

using gate::Permit;
using gate::Reply;

class Copier;

// Owned by BlobService; outlives every request.
struct BlobParts {
  AccountStore& accounts;
  ContainerStore& containers;
  ServicePropertiesStore& properties;
  BlobStore& blobs;
  ContentStore& content;
  Collector& collector;
  ActiveReads& reads;
  runtime::TaskScope& scope;
  store::HybridClock& hybrid;
  Random& random;
  CopySources& sources;
  Copier& copier;
  std::string sku;          // "Standard_LRS"
  std::string host_suffix;  // of accounts' host names; empty: there are none by name
};

struct BlobTarget {
  AccountRef account;
  std::string container_name;
  std::shared_ptr<const OpenContainer> container;
  std::string name;
  std::uint64_t snapshot = 0;  // 0: the blob itself
  [[nodiscard]] const store::PartitionId& partition() const { return container->partition; }
};

// Checks the names and finds the open container: 400, 404 ContainerNotFound.
[[nodiscard]] Task<ApiResult<BlobTarget>> find_target(BlobParts& parts, AccountRef account, std::string container,
                                                      std::string blob);
template <class Operation>
[[nodiscard]] Task<ApiResult<BlobTarget>> find_target(BlobParts& parts, const Permit<Operation>& permit) {
  return find_target(parts, ref_of(permit.account()), permit.target().container, permit.target().blob);
}

// The same for operations that take ?snapshot=; 404 BlobNotFound for ?versionid=, since there are no versions.
[[nodiscard]] Task<ApiResult<BlobTarget>> find_target_or_snapshot(BlobParts& parts, AccountRef account,
                                                                  const http::Request& request,
                                                                  const gate::Target& target);
template <class Operation>
[[nodiscard]] Task<ApiResult<BlobTarget>> find_target_or_snapshot(BlobParts& parts, const Permit<Operation>& permit) {
  return find_target_or_snapshot(parts, ref_of(permit.account()), permit.request(), permit.target());
}

// The committed blob or snapshot; 404 BlobNotFound.
[[nodiscard]] Task<ApiResult<StoredBlob>> read_committed(BlobParts& parts, BlobTarget target);
// For operations that take neither ?snapshot= nor ?versionid=: a write that names one must not fall upon the blob
// itself. 404 BlobNotFound.
[[nodiscard]] ApiResult<> refuse_snapshot(const http::Request& request);

// The staged blocks of a row that has staging; 409 BlockCountExceedsLimit.
[[nodiscard]] Task<ApiResult<std::vector<Block>>> list_staged(BlobParts& parts, BlobTarget target, Staging staging);

[[nodiscard]] Task<ApiResult<ContentPlace>> place_of(BlobParts& parts, BlobTarget target, Bytes wrapped_key,
                                                     std::optional<CustomerKey> customer = std::nullopt);

// What wraps the key of a new blob: that of the scope that the request or the container wants, or the account's. 400
// for a scope that isn't there, 403 for one that is disabled or whose key is withheld.
[[nodiscard]] Task<ApiResult<AccountKey>> key_for_new(BlobParts& parts, BlobTarget target, WantedScope wanted);
template <class Operation>
[[nodiscard]] ApiResult<WantedScope> wanted_scope(const Permit<Operation>& permit, const BlobTarget& target,
                                                  const std::optional<CustomerKey>& customer) {
  return wanted_scope(permit.request(), target.container->scope, customer.has_value());
}
// Of what is there: 403 if its scope is disabled, or the key that it is under is withheld.
[[nodiscard]] Task<ApiResult<>> check_key_of(BlobParts& parts, AccountRef account, Bytes wrapped_key);
// The same of the blob as it is now, if it is there.
[[nodiscard]] Task<ApiResult<>> check_scope_of(BlobParts& parts, BlobTarget target);

// May the account's key be used? Asked by operations on what Azure keeps under it besides content: properties,
// metadata, tiers. 403 KeyVaultEncryptionKeyNotFound.
[[nodiscard]] Task<ApiResult<>> check_key(BlobParts& parts, AccountRef account);

// One atomic change around one blob.
enum class RowFate { kPut, kDelete, kLeave };
struct BlobChange {
  RowFate fate = RowFate::kPut;
  BlobRow row;                     // for kPut
  std::vector<BlobRow> snapshots;  // new ones of the blob
  std::vector<store::KeyValue> puts;
  std::vector<Bytes> deletes;
  std::vector<store::Expectation> expect;
  GarbageRow garbage;
  std::vector<GarbageRow> more_garbage;
  bool frees_space = false;          // may use the disk's reserve, as every deletion may
  bool during_copy = false;          // may be done while an asynchronous copy to this blob is under way
  bool of_incremental_copy = false;  // may be done to the destination of incremental copies
};

// Marks what the old row named as garbage: content (what snapshots name too lives on), and staged blocks unless they
// live on.
void retire_content(const BlobRow& old, const std::string& name, BlobChange& change);
void retire_staged(const BlobRow& old, const std::string& name, bool with_content, BlobChange& change);

// A whole new blob in the place of whatever stands there, at hybrid time `now`: that one's content and staged blocks
// become garbage, its lease and its snapshots stay. `fresh` says all the rest.
[[nodiscard]] BlobChange replace_blob(BlobRow fresh, const std::optional<StoredBlob>& current, const std::string& name,
                                      std::uint64_t now);
// What a write that keeps the blob leaves of its row: a new etag, and no lease that is over.
[[nodiscard]] BlobRow amended(BlobRow row, std::uint64_t now);
// 409 while an asynchronous copy to this blob is under way. apply() asks it for every change but those that say
// otherwise.
[[nodiscard]] ApiResult<> check_no_pending_copy(const std::optional<StoredBlob>& current);

// 409 for the destination of incremental copies, of which only properties may be read ("Incremental Copy Blob"); its
// snapshots are like any others. apply() asks it as well.
[[nodiscard]] ApiResult<> check_no_incremental_copy(const BlobRow& row);

// The audit row of this write, made anew for each attempt. Bound to the permit, which outlives the call.
using AuditRow = std::function<store::KeyValue(const store::PartitionId&)>;
template <class Operation>
[[nodiscard]] AuditRow audit_row(const Permit<Operation>& permit, int status) {
  return [&permit, status](const store::PartitionId& partition) { return permit.audit_row(partition, status); };
}

// Commits a change against the row as it was read, and makes the index of tags follow it. False: someone else was
// faster; read again. 404 if the container was deleted meanwhile. `audit` may be empty where the operation goes on with
// another commit. `pending` (may be null) is kept if the commit happened or may have.
[[nodiscard]] Task<ApiResult<bool>> apply(BlobParts& parts, BlobTarget target, std::optional<StoredBlob> current,
                                          BlobChange change, AuditRow audit, PendingChunks* pending);

// Decides on the blob as it is (nullopt: none) at hybrid time `now`, which is to be the new etag. Called again if
// another writer came between.
using Decide = std::function<ApiResult<BlobChange>(const std::optional<StoredBlob>& current, std::uint64_t now)>;
[[nodiscard]] Task<ApiResult<BlobRow>> change_blob(BlobParts& parts, BlobTarget target, Decide decide, AuditRow audit,
                                                   PendingChunks* pending);
// The same for who holds the blob's lock already.
[[nodiscard]] Task<ApiResult<BlobRow>> change_locked_blob(BlobParts& parts, BlobTarget target, Decide decide,
                                                          AuditRow audit, PendingChunks* pending);

[[nodiscard]] inline PendingChunks pending_chunks(BlobParts& parts) {
  return {parts.content.claims(), [&collector = parts.collector](TenantId tenant, std::vector<store::ChunkId> ids) {
            collector.abandon(tenant, std::move(ids));
          }};
}

inline constexpr int kAttempts = 16;

}  // namespace freehold::blob
