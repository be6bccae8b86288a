// Put Blob (block blobs): the whole content in one request.
#include "base/encoding.h"
#include "src/crc64.h"
#include "src/creation_rules.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/transit_digests.h"
#include "src/upload_rules.h"

namespace freehold::blob {
namespace {

struct PutBlobPlan {
  std::uint64_t length = 0;
  SentDigests sent;
  ContentHeaders content;
  NewBlob fresh;
  std::optional<CustomerKey> customer;
  WantedScope scope;
};

ApiResult<PutBlobPlan> plan_put_blob(const Permit<PutBlob>& permit) {
  PutBlobPlan plan;
  const auto& request = permit.request();
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.length, body_length(request, put_blob_limit(permit.api_version())));
  FH_TRY(plan.sent, parse_sent_digests(request.headers));
  FH_TRY(plan.content, parse_put_blob_headers(request.headers));
  FH_TRY(plan.fresh, parse_new_blob(request, permit.api_version(), permit.principal(), BlobType::kBlock));
  return plan;
}

BlobRow new_row(const PutBlobPlan& plan, const WrappedBlobKey& key, LayoutRef layout, Bytes md5) {
  auto row = row_of(plan.fresh, BlobType::kBlock);
  row.length = plan.length;
  row.content = plan.content;
  row.content.md5 = std::move(md5);
  row.wrapped_key = key.wrapped;
  if (plan.customer) row.customer_key_sha256 = plan.customer->sha256;
  row.layout = std::move(layout);
  return row;
}

}  // namespace

Task<Reply> put_blob(BlobParts& parts, Permit<PutBlob> permit) {
  FH_CO_TRY(auto plan, plan_put_blob(permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  if (!plan.fresh.conditions.empty() || plan.fresh.create_only) {
    // What can be refused before the body is sent, is; the commit decides again.
    FH_CO_TRY(const auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    FH_CO_CHECK_OK(check_may_create(plan.fresh, current, parts.hybrid.next()));
  }
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
  const auto key = make_blob_key(wrapping, parts.random);
  const ContentPlace place{target.account.tenant, target.partition(), content_key(key.key, plan.customer), key.key,
                           wrapping.hold};

  auto pending = pending_chunks(parts);
  const bool with_crc64 = !plan.sent.crc64.empty() || tells_crc64(permit.api_version());
  const auto digest = with_crc64 ? Digest::kBoth : Digest::kMd5;
  auto ingested = co_await parts.content.ingest(*permit.request().body, plan.length, digest, place, pending);
  if (!ingested) co_return refuse(errors::from_body(std::move(ingested.error())));
  permit.count_in(plan.length);
  FH_CO_CHECK_OK(check_digests(plan.sent, plan.content.md5, *ingested));

  Layout layout;
  if (!ingested->segments.empty()) layout.push_back({{}, std::move(ingested->segments)});
  FH_CO_TRY(auto ref, api(co_await parts.content.store_layout(place, std::move(layout), pending)));
  const auto fresh = new_row(plan, key, std::move(ref), ingested->md5);
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_create(plan.fresh, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    if (ingested->inline_row) change.puts.push_back(*ingested->inline_row);
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 201), &pending));
  auto response = written(201, row);
  response.headers.add("Content-MD5", to_base64(ingested->md5));
  if (with_crc64) response.headers.add("x-ms-content-crc64", to_base64(crc64_bytes(ingested->crc64)));
  co_return response;
}

}  // namespace freehold::blob
