// Append Block: a block at the end of an append blob.
#include "src/append_block.h"

#include "src/append_layout.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/transit_digests.h"

namespace freehold::blob {
namespace {

ApiResult<AppendBlockPlan> plan_append_block(const Permit<AppendBlock>& permit) {
  const auto& request = permit.request();
  const auto version = permit.api_version();
  AppendBlockPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.length, body_length(request, append_block_limit(version)));
  if (plan.length == 0) return refuse(errors::invalid_header("Content-Length", "0"));
  FH_TRY(plan.sent, parse_sent_digests(request.headers));
  plan.digest = transit_digest(plan.sent, version);
  FH_TRY(plan.append, parse_append_conditions(request.headers));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  return plan;
}

ApiResult<> check_may_append(const AppendBlockPlan& plan, const std::optional<StoredBlob>& current, std::uint64_t now) {
  if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
  FH_CHECK_OK(check_append_blob(current->row));
  FH_CHECK_OK(check_write(plan.conditions, current->row.existing(now)));
  FH_CHECK_OK(check_customer_key(current->row.customer_key_sha256, plan.customer));
  FH_CHECK_OK(check_same_scope(plan.scope, scope_of(current->row.wrapped_key)));
  return check_append(plan.append, current->row, plan.length);
}

// The row with the block behind what it has.
BlobChange grown(const BlobRow& current, GrownLayout layout, std::uint64_t length, std::uint64_t now) {
  BlobChange change;
  change.row = amended(current, now);
  change.row.length += length;
  change.row.layout = std::move(layout.layout);
  ++change.row.append->committed_blocks;
  change.puts = std::move(layout.puts);
  if (!layout.joined.empty()) change.garbage.expand.direct = {{{}, std::move(layout.joined)}};
  change.garbage.chunks = std::move(layout.merged);
  return change;
}

}  // namespace

Task<ApiResult<AppendedBlock>> append_block_content(BlobParts& parts, BlobTarget target, AppendBlockPlan plan,
                                                    http::BodyReader& body, AuditRow audit) {
  // What can be refused before the body is sent, is; the commit decides again.
  FH_CO_TRY(const auto early, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_append(plan, early, parts.hybrid.next()));
  FH_CO_TRY(const auto place, co_await place_of(parts, target, early->row.wrapped_key, plan.customer));
  auto pending = pending_chunks(parts);
  auto ingested = co_await parts.content.ingest(body, plan.length, plan.digest, place, pending);
  if (!ingested) co_return refuse(errors::from_body(std::move(ingested.error())));
  FH_CO_CHECK_OK(check_digests(plan.sent, {}, *ingested));

  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    const auto now = parts.hybrid.next();
    FH_CO_CHECK_OK(check_may_append(plan, current, now));
    if (current->row.wrapped_key != early->row.wrapped_key) {
      co_return refuse(errors::busy("the blob was replaced while a block was appended to it"));
    }
    FH_CO_TRY(auto layout,
              api(co_await grow_layout(parts.content, place, current->row.layout, ingested->segments, pending)));
    const auto offset = current->row.length;
    auto change = grown(current->row, std::move(layout), plan.length, now);
    if (ingested->inline_row) change.puts.push_back(*ingested->inline_row);
    auto row = change.row;
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit, &pending));
    if (applied) co_return AppendedBlock{std::move(row), offset, std::move(*ingested)};
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

void add_append_headers(http::Response& response, const AppendedBlock& appended) {
  response.headers.add("x-ms-blob-append-offset", std::to_string(appended.offset));
  response.headers.add("x-ms-blob-committed-block-count", std::to_string(appended.row.append->committed_blocks));
}

Task<Reply> append_block(BlobParts& parts, Permit<AppendBlock> permit) {
  FH_CO_TRY(auto plan, plan_append_block(permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  permit.count_in(plan.length);
  FH_CO_TRY(const auto appended,
            co_await append_block_content(parts, target, plan, *permit.request().body, audit_row(permit, 201)));
  auto response = written(201, appended.row);
  add_append_headers(response, appended);
  add_transit_digest(response, plan.sent, permit.api_version(), appended.ingested);
  co_return response;
}

}  // namespace freehold::blob
