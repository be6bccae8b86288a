// Delete Blob: a blob, with its snapshots or only those, or one snapshot. There are no versions and no deleted state
// yet.
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

enum class Snapshots { kRefuse, kInclude, kOnly };

struct DeletePlan {
  Snapshots snapshots = Snapshots::kRefuse;
  Conditions conditions;
};

ApiResult<DeletePlan> plan_delete(const http::Request& request) {
  DeletePlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  if (request.has_parameter("deletetype")) return refuse(errors::not_implemented("deletetype"));
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

// A commit holds so many; more snapshots take several, the blob itself goes in the last.
constexpr std::uint32_t kSnapshotsAtOnce = 400;
constexpr std::size_t kGarbageBytes = 512 * 1024;

struct DoomedSnapshots {
  std::vector<Bytes> keys;
  std::vector<GarbageRow> garbage;
  bool all = true;
};

// The next snapshots to go, the oldest first. Neighbours often share all their content, which is garbage once.
Task<ApiResult<DoomedSnapshots>> next_snapshots(BlobParts& parts, BlobTarget target) {
  FH_CO_TRY(const auto snapshots,
            api(co_await parts.blobs.list_snapshots(target.partition(), target.name, kSnapshotsAtOnce)));
  DoomedSnapshots doomed;
  doomed.all = snapshots.size() < kSnapshotsAtOnce;
  std::size_t bytes = 0;
  Bytes last;
  for (const auto& snapshot : snapshots) {
    BlobChange retired;
    retire_content(snapshot.row, target.name, retired);
    auto garbage = encode_garbage_row(retired.garbage);
    if (garbage != last) {
      bytes += garbage.size();
      if (bytes > kGarbageBytes) {
        doomed.all = false;
        break;
      }
      last = std::move(garbage);
      doomed.garbage.push_back(std::move(retired.garbage));
    }
    doomed.keys.push_back(row_keys::blob(target.name, snapshot.row.snapshot));
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
  if (plan.snapshots == Snapshots::kOnly) return check_unguarded_write(plan.conditions, existing);
  return check_write(plan.conditions, existing);
}

// The commits that delete snapshots expect the blob's own row, which every new snapshot changes: none is passed by.
Task<ApiResult<>> delete_base(BlobParts& parts, BlobTarget target, DeletePlan plan, AuditRow audit) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int failed = 0; failed < kAttempts;) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    FH_CO_CHECK_OK(check_may_delete(plan, current, parts.hybrid.next()));
    DoomedSnapshots doomed;
    if (current->row.has_snapshots) {
      FH_CO_TRY(doomed, co_await next_snapshots(parts, target));
    }
    if (plan.snapshots == Snapshots::kRefuse && !doomed.keys.empty()) co_return refuse(errors::snapshots_present());
    BlobChange change;
    change.fate = RowFate::kLeave;
    if (doomed.all) change = last_change(current->row, plan, target.name);
    change.deletes.insert(change.deletes.end(), doomed.keys.begin(), doomed.keys.end());
    change.more_garbage = std::move(doomed.garbage);
    change.frees_space = true;
    const bool all = doomed.all;
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), all ? audit : AuditRow(), nullptr));
    if (applied && all) co_return ApiResult<>();
    if (!applied) ++failed;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

Task<ApiResult<>> delete_snapshot(BlobParts& parts, BlobTarget target, DeletePlan plan, AuditRow audit) {
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current) return refuse(errors::blob_not_found());
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
