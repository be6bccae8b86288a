#include "src/stage_block.h"

#include "base/encoding.h"
#include "src/block_list_rules.h"
#include "src/lease_rules.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/tier_rules.h"
#include "src/transit_digests.h"

namespace freehold::blob {
namespace {

// Staging::revision has how many blocks are staged in its low bits, so that one too many is refused when it is put, and
// above them how often one was put again.
constexpr std::uint32_t kOneReplaced = 1u << 17;
static_assert(kStagedPerBlob < kOneReplaced);
std::size_t staged_count(const Staging& staging) { return staging.revision % kOneReplaced; }

// A block needs what is there to be a block blob at hand, its lease to be named, its id to have the length of the
// others, and its key to be theirs. Put Block has no other conditions.
ApiResult<> check_may_stage(const BlockPlan& plan, const std::optional<StoredBlob>& current, std::uint64_t time) {
  if (!current) return plan.lease_id ? refuse(errors::no_lease_on_blob()) : ApiResult<>();
  if (current->row.type != BlobType::kBlock) return refuse(errors::invalid_blob_type());
  const auto now = store::HybridClock::wall_time(time);
  FH_CHECK_OK(check_lease_for_write(current->row.lease, plan.lease_id, now, Leased::kBlob));
  FH_CHECK_OK(refuse_archived(current->row, now));
  FH_CHECK_OK(check_same_scope(plan.scope, scope_of(current->row.wrapped_key)));
  if (!current->row.staging) return {};
  if (current->row.staging->id_bytes != plan.id.size()) return refuse(errors::invalid_blob_or_block());
  return check_customer_key(current->row.staging->customer_key_sha256, plan.customer);
}

BlobRow uncommitted_row(const Bytes& wrapped_key, std::uint64_t now) {
  BlobRow row;
  row.state = BlobState::kUncommitted;
  row.etag = row.created = now;
  row.wrapped_key = wrapped_key;
  return row;
}

// What the block is sealed under: the key of the blob that is there, or one shared with the other blocks of a new blob.
struct StagingKey {
  Bytes wrapped;
  std::optional<StagingKeys::Share> share;  // none: the blob was there
};

Task<ApiResult<StagingKey>> choose_key(BlobParts& parts, BlobTarget target, BlockPlan plan) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  FH_CO_TRY(const auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_stage(plan, current, parts.hybrid.next()));
  FH_CO_CHECK_OK(check_no_pending_copy(current));
  if (current) co_return StagingKey{current->row.wrapped_key, std::nullopt};
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
  auto made = make_blob_key(wrapping, parts.random);
  StagingKey key;
  key.share.emplace(parts.blobs.staging_keys().share(target.partition(), target.name, std::move(made.wrapped)));
  key.wrapped = key.share->wrapped();
  FH_CO_CHECK_OK(check_same_scope(plan.scope, scope_of(key.wrapped)));
  co_return key;
}

// Overwritten or deleted while the block came in: what was staged before that is gone, and this block with it.
ApiResult<> check_still_wanted(const StagingKey& key, const std::optional<StoredBlob>& current) {
  const bool same = current ? current->row.wrapped_key == key.wrapped : key.share.has_value();
  if (same) return {};
  return refuse(errors::busy("the blob changed while a block of it was put"));
}

// The blob's row with a place for staged blocks in it; made or opened by the first block, in that block's own commit.
BlobRow open_staging(const std::optional<StoredBlob>& current, const StagingKey& key, const BlockPlan& plan,
                     std::uint64_t now) {
  if (current && current->row.staging) return current->row;
  auto row = current ? current->row : uncommitted_row(key.wrapped, now);
  row.staging = Staging{now, static_cast<std::uint8_t>(plan.id.size()), 0, {}};
  if (plan.customer) row.staging->customer_key_sha256 = plan.customer->sha256;
  return row;
}

// Names the block among the staged ones; an earlier block of that id becomes garbage.
ApiResult<BlobChange> stage(BlobRow row, const BlockPlan& plan, const std::string& name,
                            const std::optional<StoredBlock>& earlier, const Ingested& ingested) {
  // More of them no list could ever name.
  if (!earlier && staged_count(*row.staging) >= kStagedPerBlob) return refuse(errors::too_many_staged_blocks());
  BlobChange change;
  const auto key = row_keys::staged(name, row.staging->generation, plan.id);
  change.puts.push_back({key, encode_staged_block({plan.id, ingested.segments})});
  if (ingested.inline_row) change.puts.push_back(*ingested.inline_row);
  change.expect.push_back(earlier ? store::equals(key, earlier->raw) : store::absent(key));
  change.row = std::move(row);
  change.row.staging->revision += earlier ? kOneReplaced : 1u;
  if (earlier) change.garbage.expand.direct = {earlier->block};
  return change;
}

}  // namespace

Task<ApiResult<StagedIngest>> stage_block(BlobParts& parts, BlobTarget target, BlockPlan plan, http::BodyReader& body,
                                          AuditRow audit) {
  FH_CO_TRY(const auto blob_key, co_await choose_key(parts, target, plan));
  FH_CO_TRY(const auto place, co_await place_of(parts, target, blob_key.wrapped, plan.customer));

  auto pending = pending_chunks(parts);
  const auto digest = transit_digest(plan.sent, plan.api_version);
  auto ingested = co_await parts.content.ingest(body, plan.length, digest, place, pending);
  if (!ingested) co_return refuse(errors::from_body(std::move(ingested.error())));
  FH_CO_CHECK_OK(check_digests(plan.sent, {}, *ingested));

  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    const auto now = parts.hybrid.next();
    FH_CO_CHECK_OK(check_may_stage(plan, current, now));
    FH_CO_CHECK_OK(check_still_wanted(blob_key, current));
    auto row = open_staging(current, blob_key, plan, now);
    const auto key = row_keys::staged(target.name, row.staging->generation, plan.id);
    FH_CO_TRY(const auto earlier, api(co_await parts.blobs.read_staged(target.partition(), key)));
    FH_CO_TRY(auto change, stage(std::move(row), plan, target.name, earlier, *ingested));
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit, &pending));
    if (applied) co_return StagedIngest{std::move(*ingested), std::string(scope_of(blob_key.wrapped))};
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

http::Response block_staged(const BlockPlan& plan, const StagedIngest& staged) {
  auto response = answer(201);
  add_transit_digest(response, plan.sent, plan.api_version, staged.ingested);
  response.headers.add("x-ms-request-server-encrypted", "true");
  if (plan.customer) add_customer_key(response, plan.customer->sha256);
  add_scope(response, staged.scope);
  return response;
}

}  // namespace freehold::blob
