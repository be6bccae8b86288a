// Put Block List: makes a blob of committed and staged blocks, in one step.
#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/block_list_xml.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/upload_rules.h"

namespace freehold::blob {
namespace {

struct PutBlockListPlan {
  std::vector<NamedBlock> list;
  ContentHeaders content;
  Metadata metadata;
  Conditions conditions;
  bool hot_named = false;
  bool create_only = false;
};

ApiResult<PutBlockListPlan> plan_put_block_list(const http::Request& request, const gate::Principal& principal) {
  PutBlockListPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.content, parse_blob_content_headers(request.headers));
  FH_TRY(plan.metadata, parse_metadata(request.headers));
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  plan.hot_named = names_hot_tier(request.headers);
  plan.create_only = may_only_create(principal);
  return plan;
}

// The digest of a body that is read whole.
ApiResult<> check_body(const SentDigests& sent, BytesView body) {
  if (!sent.crc64.empty()) return refuse(errors::not_implemented("x-ms-content-crc64"));
  if (sent.md5.empty()) return {};
  Ingested whole;
  crypto::Md5 md5;
  md5.update(body);
  const auto digest = md5.finish();
  whole.md5 = Bytes(crypto::view(digest));
  return check_digests(sent, {}, whole);
}

ApiResult<> check_may_commit(const PutBlockListPlan& plan, const std::optional<StoredBlob>& current) {
  const bool there = current && current->row.committed();
  FH_CHECK_OK(check_write(plan.conditions, there ? std::optional(current->row.existing()) : std::nullopt));
  if (there && plan.create_only) return refuse(errors::overwrite_not_allowed());
  return {};
}

BlobRow committed_row(const PutBlockListPlan& plan, const std::optional<StoredBlob>& current, Bytes wrapped_key,
                      std::uint64_t length, std::uint64_t now) {
  BlobRow row;
  row.etag = now;
  row.created = current && current->row.committed() ? current->row.created : now;
  row.length = length;
  row.content = plan.content;
  row.metadata = plan.metadata;
  row.wrapped_key = std::move(wrapped_key);
  row.tier.named = plan.hot_named;
  return row;
}

// One attempt: reads what is there, resolves, stores the layout. The commit expects the row as it was read here.
Task<ApiResult<BlobChange>> resolve(BlobParts& parts, BlobTarget target, const PutBlockListPlan& plan,
                                    std::optional<StoredBlob> current, PendingChunks& pending) {
  FH_CO_CHECK_OK(check_may_commit(plan, current));
  Bytes wrapped_key;
  if (current) {
    wrapped_key = current->row.wrapped_key;
  } else {
    FH_CO_TRY(const auto account_key, api(parts.accounts.account_key(target.account.account)));
    wrapped_key = make_blob_key(*account_key, parts.random).wrapped;
  }
  FH_CO_TRY(const auto place, place_of(parts, target, wrapped_key));
  Layout committed;
  std::vector<Block> staged;
  if (current) {
    FH_CO_TRY(committed, api(co_await parts.content.load_layout(place, current->row.layout)));
    if (current->row.staging) {
      FH_CO_TRY(staged, co_await list_staged(parts, target, *current->row.staging));
    }
  }
  FH_CO_TRY(auto layout, resolve_block_list(plan.list, committed, staged));
  BlobChange change;
  change.row = committed_row(plan, current, wrapped_key, length_of(layout), parts.hybrid.next());
  if (current) {
    FH_CO_TRY(change.garbage.expand,
              api(co_await parts.content.store_layout(place, left_over(layout, committed, staged), pending)));
    change.garbage.wrapped_key = wrapped_key;
    for (const auto& manifest : current->row.layout.manifests) change.garbage.chunks.push_back(manifest.id);
    retire_staged(current->row, target.name, false, change);
  }
  FH_CO_TRY(change.row.layout, api(co_await parts.content.store_layout(place, std::move(layout), pending)));
  co_return change;
}

}  // namespace

Task<Reply> put_block_list(BlobParts& parts, Permit<PutBlockList> permit) {
  FH_CO_TRY(auto plan, plan_put_block_list(permit.request(), permit.principal()));
  FH_CO_TRY(const auto sent, parse_sent_digests(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  auto body = co_await http::read_all(*permit.request().body, kBlockListBodyBytes);
  if (!body && body.error().code == ErrorCode::kExhausted)
    co_return refuse(errors::body_too_large(kBlockListBodyBytes));
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());
  FH_CO_CHECK_OK(check_body(sent, *body));
  FH_CO_TRY(plan.list, parse_block_list(*body));

  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto pending = pending_chunks(parts);
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    FH_CO_TRY(auto change, co_await resolve(parts, target, plan, current, pending));
    const auto row = change.row;
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit_row(permit, 201), &pending));
    if (!applied) continue;
    auto response = written(201, row);
    if (!sent.md5.empty()) response.headers.add("Content-MD5", to_base64(sent.md5));
    co_return response;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace freehold::blob
