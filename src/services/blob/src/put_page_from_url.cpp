// Put Page From URL: pages of a page blob, read from a range of a source that is as long.
#include "base/encoding.h"
#include "src/operations.h"
#include "src/page_edit.h"
#include "src/put_page.h"
#include "src/responses.h"
#include "src/source_plan.h"
#include "src/transit_digests.h"

namespace freehold::blob {
namespace {

// x-ms-page-write may say "update" only: a source has nothing to clear with.
ApiResult<> check_page_write(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-page-write";
  if (!headers.has(kName)) return refuse(errors::missing_header(kName));
  if (equals_ignoring_case(headers.get(kName), "update")) return {};
  return refuse(errors::invalid_header(kName, headers.get(kName)));
}

ApiResult<PutPagePlan> plan_put_page_from_url(const http::Request& request, const SourcePlan& source, int version) {
  PutPagePlan plan;
  FH_CHECK_OK(check_page_write(request.headers));
  FH_TRY(plan.range, parse_page_range(request.headers));
  if (!source.question.range) return refuse(errors::missing_header("x-ms-source-range"));
  if (source.question.range->length() != plan.range.length) {
    return refuse(errors::invalid_header("x-ms-source-range", request.headers.get("x-ms-source-range")));
  }
  if (plan.range.length > kMostPagesPut) return refuse(errors::copy_source_too_large(kMostPagesPut));
  plan.sent = source.sent;
  plan.digest = transit_digest(plan.sent, version);
  FH_TRY(plan.sequence, parse_sequence_conditions(request.headers));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  return plan;
}

}  // namespace

Task<Reply> put_page_from_url(BlobParts& parts, Permit<PutPageFromUrl> permit) {
  const auto& request = permit.request();
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_CO_CHECK_OK(refuse_snapshot(request));
  FH_CO_TRY(auto source, plan_source(parts, request, SourceRanges::kTaken));
  FH_CO_TRY(auto plan, plan_put_page_from_url(request, source, permit.api_version()));
  FH_CO_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto opened, co_await open_source(parts, permit, std::move(source)));
  auto put = co_await put_page_content(parts, target, plan, *opened.body, audit_row(permit, 201));
  if (!put) co_return refuse(blame(*opened.body, std::move(put.error())));
  permit.count_in(plan.range.length);
  auto response = written(201, put->row);
  response.headers.add("x-ms-blob-sequence-number", std::to_string(put->row.page->sequence_number));
  add_transit_digest(response, plan.sent, permit.api_version(), put->ingested);
  co_return response;
}

}  // namespace freehold::blob
