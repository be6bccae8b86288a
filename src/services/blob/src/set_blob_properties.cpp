// Set Blob Properties (HTTP headers; of page blobs also the length and the sequence number) and Set Blob Metadata.
#include "src/operations.h"
#include "src/page_edit.h"
#include "src/page_rules.h"
#include "src/responses.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

// A change of the row alone: content, key and staged blocks stay.
ApiResult<BlobChange> amend(const std::optional<StoredBlob>& current, const Conditions& conditions, std::uint64_t now) {
  if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
  FH_CHECK_OK(check_write(conditions, current->row.existing(now)));
  FH_CHECK_OK(refuse_archived(current->row, store::HybridClock::wall_time(now)));
  BlobChange change;
  change.row = amended(current->row, now);
  return change;
}

struct SetPropertiesPlan {
  ContentHeaders content;
  bool sets_content = true;  // a request that only resizes or numbers a page blob leaves the rest as it is
  PageBlobProperties page;
  Conditions conditions;
  std::optional<CustomerKey> customer;  // of a page blob that changes its length
};

ApiResult<SetPropertiesPlan> plan_set_properties(const Permit<SetBlobProperties>& permit) {
  const auto& request = permit.request();
  SetPropertiesPlan plan;
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.page, parse_page_blob_properties(request.headers));
  FH_CHECK_OK(
      refuse_unsupported_for_blob(request.headers, plan.page.length ? CustomerKeys::kTaken : CustomerKeys::kRefused));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  FH_TRY(plan.content, parse_blob_content_headers(request.headers));
  plan.sets_content = plan.page.empty() || sets_content_headers(request.headers);
  return plan;
}

ApiResult<BlobChange> amend(const std::optional<StoredBlob>& current, const SetPropertiesPlan& plan,
                            std::uint64_t now) {
  FH_TRY(auto change, amend(current, plan.conditions, now));
  if (plan.sets_content) change.row.content = plan.content;
  if (plan.page.empty()) return change;
  FH_CHECK_OK(check_page_blob(change.row));
  auto& number = change.row.page->sequence_number;
  FH_TRY(number, next_sequence_number(plan.page, number));
  change.row.length = plan.page.length.value_or(change.row.length);
  return change;
}

// Pages past the new end are gone for good: should the blob grow again, they read as zeros.
Task<ApiResult<BlobRow>> resize(BlobParts& parts, BlobTarget target, SetPropertiesPlan plan, AuditRow audit) {
  auto pending = pending_chunks(parts);
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    const auto now = parts.hybrid.next();
    FH_CO_TRY(auto change, amend(current, plan, now));
    FH_CO_CHECK_OK(check_customer_key(current->row.customer_key_sha256, plan.customer));
    const auto before = current->row.length;
    if (change.row.length < before) {
      change.frees_space = true;
      const PageEdit cut{change.row.length, before - change.row.length, {}, plan.customer};
      FH_CO_TRY(change, co_await edit_pages(parts, target, current->row, cut, now, std::move(change), pending));
    }
    auto row = change.row;
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit, &pending));
    if (applied) co_return row;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace

Task<Reply> set_blob_properties(BlobParts& parts, Permit<SetBlobProperties> permit) {
  FH_CO_TRY(const auto plan, plan_set_properties(permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  BlobRow row;
  if (plan.page.length) {
    FH_CO_TRY(row, co_await resize(parts, target, plan, audit_row(permit, 200)));
  } else {
    const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
      return amend(current, plan, now);
    };
    FH_CO_TRY(row, co_await change_blob(parts, target, decide, audit_row(permit, 200), nullptr));
  }
  auto response = answer(200);
  add_entity(response, row.etag, row.last_modified());
  if (row.page) response.headers.add("x-ms-blob-sequence-number", std::to_string(row.page->sequence_number));
  co_return response;
}

Task<Reply> set_blob_metadata(BlobParts& parts, Permit<SetBlobMetadata> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers, CustomerKeys::kTakenWithScopes));
  FH_CO_CHECK_OK(refuse_snapshot(permit.request()));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto metadata, parse_metadata(permit.request().headers));
  FH_CO_TRY(const auto customer, parse_customer_key(permit.request(), permit.account()));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(const auto scope, wanted_scope(permit, target, customer));
  FH_CO_CHECK_OK(co_await check_key(parts, target.account));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_TRY(auto change, amend(current, conditions, now));
    FH_CHECK_OK(check_customer_key(change.row.customer_key_sha256, customer));
    FH_CHECK_OK(check_same_scope(scope, scope_of(change.row.wrapped_key)));
    FH_TRY(const auto* before, api(current->row.notes.read()));
    change.row.notes.set({metadata, before->tags});
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 200), nullptr));
  co_return written(200, row);
}

}  // namespace freehold::blob
