// Put Blob (block blobs): the whole content in one request.
#include "base/encoding.h"
#include "src/crc64.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/upload_rules.h"

namespace freehold::blob {
namespace {

struct PutBlobPlan {
  std::uint64_t length = 0;
  SentDigests sent;
  ContentHeaders content;
  Metadata metadata;
  Conditions conditions;
  bool hot_named = false;
  bool create_only = false;
};

ApiResult<PutBlobPlan> plan_put_blob(const http::Request& request, int version, const gate::Principal& principal) {
  PutBlobPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.length, body_length(request, put_blob_limit(version)));
  FH_TRY(plan.sent, parse_sent_digests(request.headers));
  FH_TRY(plan.content, parse_put_blob_headers(request.headers));
  FH_TRY(plan.metadata, parse_metadata(request.headers));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  plan.hot_named = names_hot_tier(request.headers);
  plan.create_only = may_only_create(principal);
  return plan;
}

ApiResult<> check_may_put(const PutBlobPlan& plan, const std::optional<StoredBlob>& current) {
  const bool there = current && current->row.committed();
  FH_CHECK_OK(check_write(plan.conditions, there ? std::optional(current->row.existing()) : std::nullopt));
  if (there && plan.create_only) return refuse(errors::overwrite_not_allowed());
  return {};
}

BlobRow new_row(const PutBlobPlan& plan, const WrappedBlobKey& key, LayoutRef layout, Bytes md5) {
  BlobRow row;
  row.length = plan.length;
  row.content = plan.content;
  row.content.md5 = std::move(md5);
  row.metadata = plan.metadata;
  row.wrapped_key = key.wrapped;
  row.layout = std::move(layout);
  row.tier.named = plan.hot_named;
  return row;
}

// The row over whatever stands there: its content and its staged blocks become garbage.
BlobChange replace(const BlobRow& fresh, const std::optional<store::KeyValue>& inline_row, const std::string& name,
                   const std::optional<StoredBlob>& current, std::uint64_t now) {
  BlobChange change;
  change.row = fresh;
  change.row.etag = now;
  change.row.created = current && current->row.committed() ? current->row.created : now;
  if (inline_row) change.puts.push_back(*inline_row);
  if (current) {
    retire_content(current->row, change);
    retire_staged(current->row, name, true, change);
  }
  return change;
}

}  // namespace

Task<Reply> put_blob(BlobParts& parts, Permit<PutBlob> permit) {
  FH_CO_TRY(const auto plan, plan_put_blob(permit.request(), permit.api_version(), permit.principal()));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  if (!plan.conditions.empty() || plan.create_only) {
    // What can be refused before the body is sent, is; the commit decides again.
    FH_CO_TRY(const auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    FH_CO_CHECK_OK(check_may_put(plan, current));
  }
  FH_CO_TRY(const auto account_key, api(parts.accounts.account_key(target.account.account)));
  const auto key = make_blob_key(*account_key, parts.random);
  const ContentPlace place{target.account.tenant, target.partition(), key.key};

  auto pending = pending_chunks(parts);
  const auto digest = plan.sent.crc64.empty() ? Digest::kMd5 : Digest::kBoth;
  auto ingested = co_await parts.content.ingest(*permit.request().body, plan.length, digest, place, pending);
  if (!ingested) co_return refuse(errors::from_body(std::move(ingested.error())));
  permit.count_in(plan.length);
  FH_CO_CHECK_OK(check_digests(plan.sent, plan.content.md5, *ingested));

  Layout layout;
  if (!ingested->segments.empty()) layout.push_back({{}, std::move(ingested->segments)});
  FH_CO_TRY(auto ref, api(co_await parts.content.store_layout(place, std::move(layout), pending)));
  const auto fresh = new_row(plan, key, std::move(ref), ingested->md5);
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_put(plan, current));
    return replace(fresh, ingested->inline_row, target.name, current, now);
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 201), &pending));
  auto response = written(201, row);
  response.headers.add("Content-MD5", to_base64(ingested->md5));
  if (!plan.sent.crc64.empty()) response.headers.add("x-ms-content-crc64", to_base64(plan.sent.crc64));
  co_return response;
}

}  // namespace freehold::blob
