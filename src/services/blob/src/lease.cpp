// Lease Blob and Lease Container. A lease is no change of the blob or container: ETag and Last-Modified stay.
#include "src/container_changes.h"
#include "src/lease_rules.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

http::Response lease_answer(const LeaseOutcome& outcome, std::uint64_t etag, WallTime last_modified) {
  auto response = answer(outcome.status);
  add_entity(response, etag, last_modified);
  if (outcome.remaining_s) {
    response.headers.add("x-ms-lease-time", std::to_string(*outcome.remaining_s));
  } else if (outcome.lease) {
    response.headers.add("x-ms-lease-id", guid_text(outcome.lease->id));
  }
  return response;
}

// Breaking a lease takes the right to delete or to write, everything else that to write.
ApiResult<> check_may_lease(const gate::Principal& principal, LeaseAction action) {
  if (action == LeaseAction::kBreak || !principal.sas || principal.sas->permissions.contains('w')) return {};
  return refuse(errors::permission_mismatch());
}

int status_of(LeaseAction action) {
  if (action == LeaseAction::kAcquire) return 201;
  return action == LeaseAction::kBreak ? 202 : 200;
}

// The lease id among these headers is what the action is about; what else they say are conditions.
ApiResult<> check_conditions(Conditions conditions, const BlobRow& row, std::uint64_t now) {
  conditions.lease_id.reset();
  auto existing = row.existing(now);
  existing.lease = nullptr;
  return check_write(conditions, existing);
}

}  // namespace

Task<Reply> lease_blob(BlobParts& parts, Permit<LeaseBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_TRY(const auto request, parse_lease_request(permit.request().headers));
  FH_CO_CHECK_OK(check_may_lease(permit.principal(), request.action));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  const auto fresh_id = parts.random.bytes(Lease::kIdBytes);
  LeaseOutcome outcome;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_conditions(conditions, current->row, now));
    FH_TRY(outcome, change_lease(current->row.lease, request, store::HybridClock::wall_time(now), fresh_id));
    BlobChange change;
    change.row = current->row;
    change.row.lease = outcome.lease;
    change.during_copy = true;
    return change;
  };
  const auto audit = audit_row(permit, status_of(request.action));
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit, nullptr));
  co_return lease_answer(outcome, row.etag, row.last_modified());
}

Task<Reply> lease_container(BlobParts& parts, Permit<LeaseContainer> permit) {
  const auto account = ref_of(permit.account());
  const auto name = permit.target().container;
  FH_CO_CHECK_OK(refuse_unsupported_for_container(permit.request().headers));
  FH_CO_TRY(const auto request, parse_lease_request(permit.request().headers));
  FH_CO_CHECK_OK(check_may_lease(permit.principal(), request.action));
  FH_CO_TRY(const auto conditions, container_conditions(permit.request().headers));
  const auto fresh_id = parts.random.bytes(Lease::kIdBytes);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto stored, co_await read_container(parts, account, name));
    FH_CO_CHECK_OK(check_write(conditions, stored.row.existing()));
    const auto now = store::HybridClock::wall_time(parts.hybrid.next());
    FH_CO_TRY(const auto outcome, change_lease(stored.row.lease, request, now, fresh_id));
    auto row = stored.row;
    row.lease = outcome.lease;
    FH_CO_TRY(const auto done,
              api(co_await parts.containers.replace(account, name, std::move(stored), row,
                                                    audit_in_account(permit, status_of(request.action)))));
    FH_CO_CHECK_OK(certain(done));
    if (done.applied) co_return lease_answer(outcome, row.etag, row.last_modified());
  }
  co_return refuse(errors::busy("too many writers of one container"));
}

}  // namespace freehold::blob
