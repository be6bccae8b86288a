#include "src/operation.h"

#include "base/limits.h"
#include "src/block_list_rules.h"
#include "src/encryption_scopes.h"
#include "src/lease_rules.h"
#include "src/name_rules.h"
#include "src/row_keys.h"
#include "src/snapshot_time.h"
#include "src/tag_index.h"
#include "src/tier_rules.h"

namespace freehold::blob {

Task<ApiResult<BlobTarget>> find_target(BlobParts& parts, AccountRef account, std::string container, std::string blob) {
  FH_CO_CHECK_OK(check_container_name(container));
  FH_CO_CHECK_OK(check_blob_name(blob));
  FH_CO_TRY(auto open, api(co_await parts.containers.open(account, container)));
  if (!open) co_return refuse(errors::container_not_found());
  co_return BlobTarget{account, std::move(container), std::move(open), std::move(blob), 0};
}

Task<ApiResult<BlobTarget>> find_target_or_snapshot(BlobParts& parts, AccountRef account, const http::Request& request,
                                                    const gate::Target& target) {
  if (request.has_parameter("versionid")) co_return refuse(errors::blob_not_found());
  FH_CO_TRY(const auto snapshot, parse_snapshot(request));
  FH_CO_TRY(auto found, co_await find_target(parts, account, target.container, target.blob));
  found.snapshot = snapshot;
  co_return found;
}

Task<ApiResult<StoredBlob>> read_committed(BlobParts& parts, BlobTarget target) {
  FH_CO_TRY(auto stored, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
  if (!stored || !stored->row.committed()) co_return refuse(errors::blob_not_found());
  co_return std::move(*stored);
}

ApiResult<> refuse_snapshot(const http::Request& request) {
  if (request.has_parameter("snapshot") || request.has_parameter("versionid")) {
    return refuse(errors::invalid_snapshot_operation());
  }
  return {};
}

Task<ApiResult<std::vector<Block>>> list_staged(BlobParts& parts, BlobTarget target, Staging staging) {
  FH_CO_TRY(auto blocks,
            api(co_await parts.blobs.list_staged(target.partition(), target.name, staging.generation, kStagedPerBlob)));
  if (blocks.size() > kStagedPerBlob) co_return refuse(errors::too_many_staged_blocks());
  co_return blocks;
}

namespace {

ApiResult<> check_enabled(const BlobParts& parts, AccountRef account, std::string_view scope) {
  if (scope.empty()) return {};
  const auto record = parts.accounts.scopes().find(account.account, scope);
  if (record != nullptr && !record->enabled) return refuse(errors::scope_disabled(record->name));
  return {};
}

}  // namespace

Task<ApiResult<ContentPlace>> place_of(BlobParts& parts, BlobTarget target, Bytes wrapped_key,
                                       std::optional<CustomerKey> customer) {
  FH_CO_CHECK_OK(check_enabled(parts, target.account, scope_of(wrapped_key)));
  FH_CO_TRY(const auto wrapping, api(co_await parts.accounts.key_of(target.account.account, wrapped_key)));
  FH_CO_TRY(auto key, api(open_blob_key(wrapping, wrapped_key)));
  co_return ContentPlace{target.account.tenant, target.partition(), content_key(key, customer), key, wrapping.hold};
}

Task<ApiResult<AccountKey>> key_for_new(BlobParts& parts, BlobTarget target, WantedScope wanted) {
  const auto account = target.account.account;
  if (wanted.name.empty()) co_return api(co_await parts.accounts.account_key(account));
  const auto scope = parts.accounts.scopes().find(account, wanted.name);
  if (scope == nullptr) co_return refuse(errors::scope_not_found(wanted.name));
  FH_CO_CHECK_OK(check_enabled(parts, target.account, scope->name));
  co_return api(co_await parts.accounts.scope_key(account, scope->name));
}

Task<ApiResult<>> check_key_of(BlobParts& parts, AccountRef account, Bytes wrapped_key) {
  const auto scope = scope_of(wrapped_key);
  if (scope.empty()) co_return ApiResult<>();
  FH_CO_CHECK_OK(check_enabled(parts, account, scope));
  FH_CO_TRY([[maybe_unused]] const auto key, api(co_await parts.accounts.key_of(account.account, wrapped_key)));
  co_return ApiResult<>();
}

Task<ApiResult<>> check_scope_of(BlobParts& parts, BlobTarget target) {
  FH_CO_TRY(const auto stored, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
  if (!stored) co_return ApiResult<>();
  co_return co_await check_key_of(parts, target.account, stored->row.wrapped_key);
}

Task<ApiResult<>> check_key(BlobParts& parts, AccountRef account) {
  FH_CO_TRY(const auto key, api(co_await parts.accounts.account_key(account.account)));
  static_cast<void>(key);
  co_return ApiResult<>();
}

void retire_content(const BlobRow& old, const std::string& name, BlobChange& change) {
  if (old.page) change.garbage.add_pages(name, {old.page->generation, 0, kAllWindows, false});
  const auto& direct = old.layout.direct;
  const bool one_inline = old.layout.manifests.empty() && direct.size() == 1 && direct[0].segments.size() == 1 &&
                          direct[0].segments[0].place == Segment::Place::kInline;
  // A reader takes one inline page in one step and reads the row again if it is gone, so it needs no grace.
  if (one_inline && !old.shared_content) {
    change.deletes.push_back(row_keys::content(direct[0].segments[0].id));
  } else if (!old.layout.empty()) {
    change.garbage.expand = old.layout;
    change.garbage.wrapped_key = old.wrapped_key;
    if (old.shared_content) change.garbage.shared_name = name;
  }
}

ApiResult<> check_no_pending_copy(const std::optional<StoredBlob>& current) {
  const bool pending = current && current->row.copy && current->row.copy->status == CopyStatus::kPending;
  if (pending) return refuse(errors::pending_copy());
  return {};
}

ApiResult<> check_no_incremental_copy(const BlobRow& row) {
  if (row.copy && row.copy->incremental && !row.is_snapshot()) return refuse(errors::not_on_incremental_copy());
  return {};
}

void retire_staged(const BlobRow& old, const std::string& name, bool with_content, BlobChange& change) {
  if (!old.staging) return;
  change.garbage.staged_name = name;
  change.garbage.staged_generation = old.staging->generation;
  change.garbage.staged_content = with_content;
}

BlobChange replace_blob(BlobRow fresh, const std::optional<StoredBlob>& current, const std::string& name,
                        std::uint64_t now) {
  BlobChange change;
  change.row = std::move(fresh);
  change.row.etag = change.row.created = now;
  if (change.row.tier.named) change.row.tier.changed = now;
  if (!current) return change;
  const auto& old = current->row;
  if (old.committed()) change.row.created = old.created;
  change.row.tier = tier_over(old, change.row, store::HybridClock::wall_time(now));
  change.row.lease = lease_after_write(old.lease, store::HybridClock::wall_time(now));
  change.row.has_snapshots = old.has_snapshots;
  change.row.last_snapshot = old.last_snapshot;
  retire_content(old, name, change);
  retire_staged(old, name, true, change);
  return change;
}

BlobRow amended(BlobRow row, std::uint64_t now) {
  row.etag = now;
  row.lease = lease_after_write(row.lease, store::HybridClock::wall_time(now));
  return row;
}

namespace {

// Puts the garbage rows of a change into its commit; what a shared row gives up is checked against the others.
std::vector<Bytes> put_garbage(BlobParts& parts, const BlobTarget& target, const std::optional<StoredBlob>& current,
                               BlobChange& change, store::Commit& commit) {
  std::vector<Bytes> keys;
  change.more_garbage.push_back(std::move(change.garbage));
  for (auto& garbage : change.more_garbage) {
    if (garbage.empty()) continue;
    if (current && current->row.shared_content) garbage.shared_name = target.name;
    const auto id = parts.hybrid.next_chunk();
    const auto& shared = garbage.shared_name;
    keys.push_back(shared.empty() ? row_keys::garbage(id) : row_keys::shared_garbage(shared, id));
    commit.puts.push_back({keys.back(), encode_garbage_row(garbage)});
  }
  return keys;
}

// Tags of snapshots aren't indexed: Find Blobs by Tags finds blobs.
void follow_tags(const BlobTarget& target, const std::optional<StoredBlob>& current, const BlobChange& change,
                 store::Commit& commit) {
  if (target.snapshot != 0 || change.fate == RowFate::kLeave) return;
  static const RowNotes kNone;
  const auto& before = current ? current->row.notes : kNone;
  const auto& after = change.fate == RowFate::kPut ? change.row.notes : kNone;
  if (before.tag_count() != 0 || after.tag_count() != 0) index_tags(target.name, before, after, commit);
}

}  // namespace

Task<ApiResult<bool>> apply(BlobParts& parts, BlobTarget target, std::optional<StoredBlob> current, BlobChange change,
                            AuditRow audit, PendingChunks* pending) {
  if (!change.during_copy) {
    FH_CO_CHECK_OK(check_no_pending_copy(current));
  }
  if (current && !change.of_incremental_copy) {
    FH_CO_CHECK_OK(check_no_incremental_copy(current->row));
  }
  auto commit = parts.blobs.begin(target.partition(), target.name, current, target.snapshot);
  auto key = row_keys::blob(target.name, target.snapshot);
  for (auto& snapshot : change.snapshots) {
    FH_CO_TRY(auto value, api(co_await parts.blobs.encode(target.partition(), target.name, snapshot)));
    commit.puts.push_back({row_keys::blob(target.name, snapshot.snapshot), std::move(value)});
  }
  if (change.fate == RowFate::kPut) {
    FH_CO_TRY(auto value, api(co_await parts.blobs.encode(target.partition(), target.name, change.row)));
    if (value.size() > limits::kValueBytes) co_return refuse(errors::metadata_too_large());
    commit.puts.push_back({std::move(key), std::move(value)});
  } else if (change.fate == RowFate::kDelete) {
    commit.deletes.push_back(std::move(key));
    change.frees_space = true;
  }
  follow_tags(target, current, change, commit);
  if (change.frees_space) commit.reserve = store::DiskReserve::kMayUse;  // gives it back, if not at once
  std::move(change.puts.begin(), change.puts.end(), std::back_inserter(commit.puts));
  std::move(change.deletes.begin(), change.deletes.end(), std::back_inserter(commit.deletes));
  std::move(change.expect.begin(), change.expect.end(), std::back_inserter(commit.expect));
  auto garbage_keys = put_garbage(parts, target, current, change, commit);
  if (audit) commit.puts.push_back(audit(target.partition()));

  FH_CO_TRY(const auto done, api(co_await parts.blobs.commit(std::move(commit))));
  if (pending != nullptr && (done.applied || done.unknown)) pending->keep();
  if (done.unknown) co_return refuse(errors::busy("the outcome of a commit is not known yet"));
  if (done.applied) {
    for (auto& garbage : garbage_keys) {
      parts.collector.add_garbage(target.account, target.partition(), std::move(garbage), target.name);
    }
    co_return true;
  }
  FH_CO_TRY(const auto open, api(co_await parts.blobs.is_open(target.partition())));
  if (open) co_return false;
  parts.containers.forget(target.account, target.container_name);
  co_return refuse(errors::container_not_found());
}

Task<ApiResult<BlobRow>> change_blob(BlobParts& parts, BlobTarget target, Decide decide, AuditRow audit,
                                     PendingChunks* pending) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  co_return co_await change_locked_blob(parts, std::move(target), std::move(decide), std::move(audit), pending);
}

Task<ApiResult<BlobRow>> change_locked_blob(BlobParts& parts, BlobTarget target, Decide decide, AuditRow audit,
                                            PendingChunks* pending) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
    FH_CO_TRY(auto change, decide(current, parts.hybrid.next()));
    auto row = change.row;
    FH_CO_TRY(const bool applied, co_await apply(parts, target, std::move(current), std::move(change), audit, pending));
    if (applied) co_return row;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace freehold::blob
