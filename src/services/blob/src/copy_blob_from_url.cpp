// Copy Blob From URL: a copy of a whole block blob, done when it is answered.
#include "src/copy_blob.h"

#include "base/encoding.h"
#include "src/copy_plan.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {
constexpr std::uint64_t kSyncCopyBytes = 256 * 1024 * 1024;
}  // namespace

ApiResult<> check_may_copy(const NewBlob& fresh, BlobType type, const std::optional<StoredBlob>& current,
                           std::uint64_t now) {
  if (fresh.tier.named && type != BlobType::kBlock) return refuse(errors::access_tier_not_supported_for_blob_type());
  FH_CHECK_OK(check_may_create(fresh, current, now));
  if (current && current->row.committed() && current->row.type != type) return refuse(errors::invalid_blob_type());
  return {};
}

bool seals(const CopyPlan& plan, const SourceProperties& properties) {
  return properties.type == BlobType::kAppend && plan.seal.value_or(properties.sealed);
}

BlobRow copied_row(const CopyPlan& plan, const SourceProperties& properties) {
  auto fresh = plan.fresh;
  if (fresh.metadata.empty()) fresh.metadata = properties.metadata;
  auto row = row_of(fresh, properties.type);
  row.content = properties.content;
  if (row.type == BlobType::kAppend) row.append = AppendState{.committed_blocks = 0, .sealed = seals(plan, properties)};
  if (row.type == BlobType::kPage) {
    row.page = PageState{.sequence_number = properties.sequence_number, .generation = 0, .version = 1, .holes = {}};
  }
  return row;
}

Task<ApiResult<BlobRow>> copy_at_once(BlobParts& parts, BlobTarget target, CopyPlan plan, OpenedSource opened,
                                      AskDoor door, AuditRow audit) {
  // What was opened decides, whatever was there when the caller looked.
  FH_CO_TRY(const auto properties, properties_of(opened.headers));
  FH_CO_CHECK_OK(check_source_has_content(opened.headers));
  if (properties.type == BlobType::kPage) co_return refuse(errors::busy("the copy's source changed"));
  std::vector<SourceBlock> blocks;
  if (plan.source.source.here && properties.type == BlobType::kBlock && properties.length > 0) {
    FH_CO_TRY(auto told, co_await ask_source_blocks(parts, plan.source.source, door, opened.asked_by,
                                                    plan.source.question.headers, properties.etag, properties.length));
    if (!told) co_return refuse(errors::busy("the copy's source changed"));
    blocks = std::move(*told);
  }
  auto pending = pending_chunks(parts);
  FH_CO_TRY(const auto stored, co_await store_copy(parts, target, opened, std::move(blocks), plan.source.sent,
                                                   std::nullopt, plan.scope, pending));
  auto fresh = copied_row(plan, properties);
  fresh.length = stored.content.length();
  fresh.wrapped_key = stored.wrapped_key;
  fresh.layout = stored.layout;
  if (fresh.append) fresh.append->committed_blocks = properties.committed_blocks;
  auto& copy = fresh.copy.emplace();
  copy.id = new_copy_id(parts.random);
  copy.source = plan.source.source.shown();
  copy.status = CopyStatus::kSuccess;
  copy.copied = copy.total = fresh.length;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_copy(plan.fresh, properties.type, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    change.row.copy->completed = now;
    change.puts = stored.content.inline_rows();
    return change;
  };
  co_return co_await change_blob(parts, target, decide, std::move(audit), &pending);
}

Task<Reply> copy_blob_from_url(BlobParts& parts, Permit<CopyBlobFromUrl> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers, CustomerKeys::kTakenWithScopes));
  FH_CO_CHECK_OK(refuse_customer_keys(permit.request().headers));
  // Only append blobs have one, and only block blobs are copied this way.
  if (permit.request().headers.has("x-ms-seal-blob")) co_return refuse(errors::unsupported_header("x-ms-seal-blob"));
  FH_CO_TRY(auto plan, plan_copy(parts, permit.request(), permit.api_version(), permit.principal(), TagOption::kTaken));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_create(plan.fresh, before, parts.hybrid.next()));
  FH_CO_TRY(auto opened, co_await open_source(parts, permit, plan.source));
  if (*opened.body->length() > kSyncCopyBytes) co_return refuse(errors::copy_source_too_large(kSyncCopyBytes));
  FH_CO_TRY(const auto properties, properties_of(opened.headers));
  if (properties.type != BlobType::kBlock) co_return refuse(errors::invalid_blob_type());
  if (plan.copy_tags) {
    FH_CO_TRY(plan.fresh.tags, co_await ask_source_tags(parts, plan.source, door_of(permit), opened.asked_by));
  }
  const auto sent = plan.source.sent;
  FH_CO_TRY(const auto row, co_await copy_at_once(parts, target, std::move(plan), std::move(opened), door_of(permit),
                                                  audit_row(permit, 202)));
  permit.count_in(row.length);
  auto response = written(202, row);
  add_copy_started(response, *row.copy);
  if (!sent.md5.empty()) response.headers.add("Content-MD5", to_base64(sent.md5));
  if (!sent.crc64.empty()) response.headers.add("x-ms-content-crc64", to_base64(sent.crc64));
  co_return response;
}

}  // namespace freehold::blob
