// Delete Blob: a blob, with its snapshots or only those, or one snapshot. There are no versions and no deleted state
// yet.
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

enum class Snapshots { kRefuse, kInclude, kOnly };

struct DeletePlan {
  Snapshots snapshots = Snapshots::kRefuse;
  Conditions conditions;
  TierConditions tier;
};

ApiResult<DeletePlan> plan_delete(const http::Request& request) {
  DeletePlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  if (request.has_parameter("deletetype")) return refuse(errors::not_implemented("deletetype"));
  FH_TRY(plan.tier, parse_tier_conditions(request.headers));
  constexpr std::string_view kName = "x-ms-delete-snapshots";
  const auto snapshots = request.headers.get(kName);
  if (snapshots == "include") {
    plan.snapshots = Snapshots::kInclude;
  } else if (snapshots == "only") {
    plan.snapshots = Snapshots::kOnly;
  } else if (!snapshots.empty()) {
    return refuse(errors::invalid_header(kName, snapshots));
  }
  // A snapshot has none.
  if (!snapshots.empty() && request.has_parameter("snapshot")) return refuse(errors::invalid_header(kName, snapshots));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  return plan;
}

// A commit holds so much: more snapshots take several, the blob itself goes in the last. Keys count too, for those of
// long names have 4 KiB; what is left of a commit is for the blob's own row, its tags' index and the record.
constexpr std::uint32_t kSnapshotsAtOnce = 400;
constexpr std::size_t kBytesAtOnce = 512 * 1024;

struct DoomedSnapshots {
  std::vector<Bytes> keys;
  std::vector<GarbageRow> garbage;
  bool all = true;
};

// The next snapshots to go, the oldest first. Neighbours often share all their content, which is garbage once.
Task<ApiResult<DoomedSnapshots>> next_snapshots(BlobParts& parts, BlobTarget target) {
  FH_CO_TRY(const auto page,
            api(co_await parts.blobs.list_snapshots(target.partition(), target.name, kSnapshotsAtOnce)));
  DoomedSnapshots doomed;
  doomed.all = !page.more;
  // The key of a row of garbage, and the name within it.
  const auto garbage_bytes = row_keys::shared_garbage(target.name, {}).size() + target.name.size();
  std::size_t bytes = 0;
  Bytes last;
  for (const auto& snapshot : page.snapshots) {
    BlobChange retired;
    retire_content(snapshot.row, target.name, retired);
    auto garbage = encode_garbage_row(retired.garbage);
    auto key = row_keys::blob(target.name, snapshot.row.snapshot);
    bytes += key.size() + (garbage == last ? 0 : garbage_bytes + garbage.size());
    if (bytes > kBytesAtOnce && !doomed.keys.empty()) {
      doomed.all = false;
      break;
    }
    if (garbage != last) {
      last = std::move(garbage);
      doomed.garbage.push_back(std::move(retired.garbage));
    }
    doomed.keys.push_back(std::move(key));
  }
  co_return doomed;
}

// The blob itself, once no snapshot is left but those that go with it.
BlobChange last_change(const BlobRow& base, const DeletePlan& plan, const std::string& name) {
  BlobChange change;
  if (plan.snapshots == Snapshots::kOnly) {
    change.row = base;
    change.row.has_snapshots = false;
    return change;
  }
  change.fate = RowFate::kDelete;
  retire_content(base, name, change);
  retire_staged(base, name, true, change);
  return change;
}

ApiResult<> check_may_delete(const DeletePlan& plan, const std::optional<StoredBlob>& base, std::uint64_t now) {
  if (!base || !base->row.committed()) return refuse(errors::blob_not_found());
  const auto existing = base->row.existing(now);
  // The lease guards the blob, not its snapshots.
  FH_CHECK_OK(check_tier_conditions(plan.tier, base->row, store::HybridClock::wall_time(now)));
  if (plan.snapshots == Snapshots::kOnly) return check_unguarded_write(plan.conditions, existing);
  return check_write(plan.conditions, existing);
}

enum class Step { kMore, kLast, kLost };

// The commits that delete snapshots expect the blob's own row, which every new snapshot changes: none is passed by.
// That row says whether there may be some, but a deletion of snapshots looks for itself: rows were written once that
// said no too early.
Task<ApiResult<Step>> delete_step(BlobParts& parts, BlobTarget target, DeletePlan plan, std::uint64_t now,
                                  AuditRow audit) {
  FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_delete(plan, current, now));
  DoomedSnapshots doomed;
  if (current->row.has_snapshots || plan.snapshots != Snapshots::kRefuse) {
    FH_CO_TRY(doomed, co_await next_snapshots(parts, target));
  }
  if (plan.snapshots == Snapshots::kRefuse && !doomed.keys.empty()) co_return refuse(errors::snapshots_present());
  BlobChange change;
  change.fate = RowFate::kLeave;
  if (doomed.all) change = last_change(current->row, plan, target.name);
  change.deletes.insert(change.deletes.end(), doomed.keys.begin(), doomed.keys.end());
  change.more_garbage = std::move(doomed.garbage);
  change.frees_space = true;
  change.of_incremental_copy = true;
  FH_CO_TRY(const bool applied,
            co_await apply(parts, target, std::move(current), std::move(change), std::move(audit), nullptr));
  if (!applied) co_return Step::kLost;
  co_return doomed.all ? Step::kLast : Step::kMore;
}

// The container was deleted after some snapshots were, and its purge waits until no record stands in its partition:
// the log takes this one as that of a request that failed.
Task<> take_record_back(BlobParts& parts, BlobTarget target, Bytes key) {
  auto commit = parts.blobs.begin_collecting(target.partition());
  commit.deletes.push_back(std::move(key));
  static_cast<void>(co_await parts.blobs.commit(std::move(commit)));  // if it fails, the next start finds the record
}

// Every step removes something, so the record rides in each: always the same row, which the first puts there. All
// steps judge the conditions by one time, so that a lease doesn't run out halfway. Should another front end change the
// blob in between, they are held against what it is then.
Task<ApiResult<>> delete_base(BlobParts& parts, BlobTarget target, DeletePlan plan, AuditRow audit) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  const auto now = parts.hybrid.next();
  const auto record = audit(target.partition());
  const AuditRow same_record = [&record](const store::PartitionId&) { return record; };
  bool begun = false;
  for (int lost = 0; lost < kAttempts;) {
    auto step = co_await delete_step(parts, target, plan, now, same_record);
    if (!step) {
      if (begun && step.error().code == errors::container_not_found().code) {
        co_await take_record_back(parts, target, record.key);
      }
      co_return refuse(std::move(step.error()));
    }
    if (*step == Step::kLast) co_return ApiResult<>();
    if (*step == Step::kMore) begun = true;
    if (*step == Step::kLost) ++lost;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

Task<ApiResult<>> delete_snapshot(BlobParts& parts, BlobTarget target, DeletePlan plan, AuditRow audit) {
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_tier_conditions(plan.tier, current->row, store::HybridClock::wall_time(now)));
    FH_CHECK_OK(check_write(plan.conditions, current->row.existing(now)));
    BlobChange change;
    change.fate = RowFate::kDelete;
    retire_content(current->row, target.name, change);
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit, nullptr));
  static_cast<void>(row);
  co_return ApiResult<>();
}

}  // namespace

Task<Reply> delete_blob(BlobParts& parts, Permit<DeleteBlob> permit) {
  FH_CO_TRY(const auto plan, plan_delete(permit.request()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  const auto audit = audit_row(permit, 202);
  if (target.snapshot != 0) {
    FH_CO_CHECK_OK(co_await delete_snapshot(parts, target, plan, audit));
  } else {
    FH_CO_CHECK_OK(co_await delete_base(parts, target, plan, audit));
  }
  auto response = answer(202);
  response.headers.add("x-ms-delete-type-permanent", "true");
  co_return response;
}

}  // namespace freehold::blob
