// Put Block List: makes a blob of committed and staged blocks, in one step.
#include "base/encoding.h"
#include "src/block_list_xml.h"
#include "src/creation_rules.h"
#include "src/lease_rules.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/running_digests.h"
#include "src/tier_rules.h"
#include "src/transit_digests.h"
#include "src/upload_rules.h"

namespace freehold::blob {
namespace {

struct PutBlockListPlan {
  std::vector<NamedBlock> list;
  ContentHeaders content;
  NewBlob fresh;
  std::optional<CustomerKey> customer;
  WantedScope scope;
};

ApiResult<PutBlockListPlan> plan_put_block_list(const Permit<PutBlockList>& permit) {
  PutBlockListPlan plan;
  const auto& request = permit.request();
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(plan.customer, parse_customer_key(request, permit.account()));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_TRY(plan.content, parse_blob_content_headers(request.headers));
  FH_TRY(plan.fresh, parse_new_blob(request, permit.api_version(), permit.principal(), BlobType::kBlock));
  return plan;
}

ApiResult<> check_may_commit(const PutBlockListPlan& plan, const std::optional<StoredBlob>& current,
                             std::uint64_t now) {
  if (current && current->row.type != BlobType::kBlock) return refuse(errors::invalid_blob_type());
  return check_may_create(plan.fresh, current, now);
}

BlobRow committed_row(const PutBlockListPlan& plan, const std::optional<StoredBlob>& current, Bytes wrapped_key,
                      std::uint64_t length, std::uint64_t now) {
  auto row = row_of(plan.fresh, BlobType::kBlock);
  row.etag = row.created = now;
  if (row.tier.named) row.tier.changed = now;
  row.length = length;
  row.content = plan.content;
  row.wrapped_key = std::move(wrapped_key);
  if (plan.customer) row.customer_key_sha256 = plan.customer->sha256;
  if (!current) return row;
  const auto& old = current->row;
  if (old.committed()) row.created = old.created;
  row.tier = tier_over(old, row, store::HybridClock::wall_time(now));
  row.lease = lease_after_write(old.lease, store::HybridClock::wall_time(now));
  row.has_snapshots = old.has_snapshots;
  row.last_snapshot = old.last_snapshot;
  row.shared_content = old.shared_content;  // blocks that stay are still the snapshots' too
  return row;
}

// The blob's content is under one key. Committed blocks under another one can't be taken over, and a list that names
// one of them is told so.
ApiResult<Layout> resolve_under_key(const PutBlockListPlan& plan, const std::optional<StoredBlob>& current,
                                    const Layout& committed, const std::vector<Block>& staged) {
  if (!current || committed.empty()) return resolve_block_list(plan.list, committed, staged);
  const auto right_key = check_customer_key(current->row.customer_key_sha256, plan.customer);
  if (right_key) return resolve_block_list(plan.list, committed, staged);
  auto layout = resolve_block_list(plan.list, {}, staged);
  if (!layout && resolve_block_list(plan.list, committed, staged)) return std::unexpected(right_key.error());
  return layout;
}

// One attempt: reads what is there, resolves, stores the layout. The commit expects the row as it was read here.
Task<ApiResult<BlobChange>> resolve(BlobParts& parts, BlobTarget target, const PutBlockListPlan& plan,
                                    std::optional<StoredBlob> current, PendingChunks& pending) {
  const auto now = parts.hybrid.next();
  FH_CO_CHECK_OK(check_may_commit(plan, current, now));
  Bytes wrapped_key;
  if (current) {
    wrapped_key = current->row.wrapped_key;
    FH_CO_CHECK_OK(check_same_scope(plan.scope, scope_of(wrapped_key)));
  } else {
    FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
    wrapped_key = make_blob_key(wrapping, parts.random).wrapped;
  }
  FH_CO_TRY(const auto place, co_await place_of(parts, target, wrapped_key));
  Layout committed;
  std::vector<Block> staged;
  if (current) {
    FH_CO_TRY(committed, api(co_await parts.content.load_layout(place, current->row.layout)));
    if (current->row.staging) {
      FH_CO_CHECK_OK(check_customer_key(current->row.staging->customer_key_sha256, plan.customer));
      FH_CO_TRY(staged, co_await list_staged(parts, target, *current->row.staging));
    }
  }
  FH_CO_TRY(auto layout, resolve_under_key(plan, current, committed, staged));
  BlobChange change;
  change.row = committed_row(plan, current, wrapped_key, length_of(layout), now);
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
  FH_CO_TRY(auto plan, plan_put_block_list(permit));
  FH_CO_TRY(const auto sent, parse_sent_digests(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  auto body = co_await http::read_all(*permit.request().body, kBlockListBodyBytes);
  if (!body && body.error().code == ErrorCode::kExhausted)
    co_return refuse(errors::body_too_large(kBlockListBodyBytes));
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());
  const auto version = permit.api_version();
  const auto digests = digests_of(*body, transit_digest(sent, version));
  FH_CO_CHECK_OK(check_digests(sent, {}, digests));
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
    add_transit_digest(response, sent, version, digests);
    co_return response;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace freehold::blob
