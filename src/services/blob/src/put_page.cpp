// Put Page: writes or clears pages of a page blob.
#include "src/put_page.h"

#include "base/encoding.h"
#include "src/operations.h"
#include "src/page_edit.h"
#include "src/responses.h"
#include "src/transit_digests.h"

namespace freehold::blob {
namespace {

ApiResult<bool> parse_clear(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-page-write";
  if (!headers.has(kName)) return refuse(errors::missing_header(kName));
  if (equals_ignoring_case(headers.get(kName), "clear")) return true;
  if (equals_ignoring_case(headers.get(kName), "update")) return false;
  return refuse(errors::invalid_header(kName, headers.get(kName)));
}

ApiResult<PutPagePlan> plan_put_page(const Permit<PutPage>& permit) {
  const auto& request = permit.request();
  PutPagePlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.clear, parse_clear(request.headers));
  FH_TRY(const auto length, body_length(request, kMostPagesPut));
  FH_TRY(plan.range, parse_page_range(request.headers));
  if (length != (plan.clear ? 0 : plan.range.length)) {
    return refuse(errors::invalid_header("Content-Length", std::to_string(length)));
  }
  FH_TRY(plan.sent, parse_sent_digests(request.headers));
  if (plan.clear && !plan.sent.md5.empty()) {
    return refuse(errors::invalid_header("Content-MD5", request.headers.get("content-md5")));
  }
  if (plan.clear && !plan.sent.crc64.empty()) {
    return refuse(errors::invalid_header("x-ms-content-crc64", request.headers.get("x-ms-content-crc64")));
  }
  plan.digest = transit_digest(plan.sent, permit.api_version());
  FH_TRY(plan.sequence, parse_sequence_conditions(request.headers));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  return plan;
}

ApiResult<> check_may_put(const PutPagePlan& plan, const std::optional<StoredBlob>& current, std::uint64_t now) {
  if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
  FH_CHECK_OK(check_page_blob(current->row));
  FH_CHECK_OK(check_write(plan.conditions, current->row.existing(now)));
  FH_CHECK_OK(check_customer_key(current->row.customer_key_sha256, plan.customer));
  FH_CHECK_OK(check_same_scope(plan.scope, scope_of(current->row.wrapped_key)));
  FH_CHECK_OK(check_sequence(plan.sequence, current->row.page->sequence_number));
  return check_page_range(plan.range, current->row.length);
}

// The body, cut where windows end.
Task<ApiResult<CutIngested>> take_body(BlobParts& parts, ContentPlace place, PutPagePlan plan, http::BodyReader& body,
                                       PendingChunks& pending) {
  const Cuts cuts{static_cast<std::uint32_t>(kWindowBytes - plan.range.offset % kWindowBytes), kWindowBytes};
  auto ingested = co_await parts.content.ingest_cut(body, static_cast<std::uint32_t>(plan.range.length), cuts,
                                                    plan.digest, std::move(place), pending);
  if (!ingested) co_return refuse(errors::from_body(std::move(ingested.error())));
  FH_CO_CHECK_OK(check_digests(plan.sent, {}, ingested->whole));
  co_return std::move(*ingested);
}

PageEdit edit_of(const PutPagePlan& plan, const CutIngested& body) {
  PageEdit edit{plan.range.offset, plan.range.length, {}, plan.customer};
  auto offset = plan.range.offset;
  for (const auto& part : body.parts) {
    edit.fresh.push_back({offset, part});
    offset += part.segment.length;
  }
  return edit;
}

}  // namespace

Task<ApiResult<PutPages>> put_page_content(BlobParts& parts, BlobTarget target, PutPagePlan plan,
                                           http::BodyReader& body, AuditRow audit) {
  // What can be refused before the body is sent, is; the commit decides again.
  FH_CO_TRY(const auto early, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_put(plan, early, parts.hybrid.next()));
  FH_CO_CHECK_OK(co_await check_key_of(parts, target.account, early->row.wrapped_key));
  auto pending = pending_chunks(parts);
  CutIngested ingested;
  if (!plan.clear) {
    FH_CO_TRY(const auto place, co_await place_of(parts, target, early->row.wrapped_key, plan.customer));
    FH_CO_TRY(ingested, co_await take_body(parts, place, plan, body, pending));
  }
  const auto edit = edit_of(plan, ingested);
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    const auto now = parts.hybrid.next();
    FH_CO_CHECK_OK(check_may_put(plan, current, now));
    if (current->row.wrapped_key != early->row.wrapped_key) {
      co_return refuse(errors::busy("the blob was replaced while pages of it were written"));
    }
    BlobChange change;
    change.row = amended(current->row, now);
    change.frees_space = plan.clear;
    FH_CO_TRY(change, co_await edit_pages(parts, target, current->row, edit, now, std::move(change), pending));
    auto row = change.row;
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit, &pending));
    if (applied) co_return PutPages{std::move(row), std::move(ingested.whole)};
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

Task<Reply> put_page(BlobParts& parts, Permit<PutPage> permit) {
  FH_CO_TRY(auto plan, plan_put_page(permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  permit.count_in(plan.clear ? 0 : plan.range.length);
  FH_CO_TRY(const auto put,
            co_await put_page_content(parts, target, plan, *permit.request().body, audit_row(permit, 201)));
  auto response = written(201, put.row);
  response.headers.add("x-ms-blob-sequence-number", std::to_string(put.row.page->sequence_number));
  if (!plan.clear) add_transit_digest(response, plan.sent, permit.api_version(), put.ingested);
  co_return response;
}

}  // namespace freehold::blob
