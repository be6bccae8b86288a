// Copy Blob: begins a copy. A short one of this cloud is done when it is answered, others go on in the background.
#include "src/copy_blob.h"

#include "base/encoding.h"
#include "src/copier.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kAtOnceBytes = 32 * 1024 * 1024;

Task<ApiResult<OpenedSource>> look_at_source(BlobParts& parts, const Permit<CopyBlob>& permit, SourcePlan plan) {
  plan.question.method = http::Method::kHead;
  FH_CO_TRY(auto opened, co_await open_source(parts, permit, std::move(plan)));
  if (!parse_u64(opened.headers.get("content-length"))) {
    co_return refuse(errors::cannot_verify_copy_source(400, "MissingContentLengthHeader"));
  }
  co_return opened;
}

Task<ApiResult<BlobRow>> begin_copy(BlobParts& parts, BlobTarget target, const Permit<CopyBlob>& permit, CopyPlan plan,
                                    SourceProperties properties) {
  FH_CO_CHECK_OK(api(parts.copier.check_room(permit.tenant())));
  FH_CO_TRY(const auto account_key, api(parts.accounts.account_key(target.account.account)));
  const std::string version(plan.source.question.headers.get("x-ms-version"));
  auto fresh = copied_row(plan, properties);
  fresh.wrapped_key = make_blob_key(*account_key, parts.random).wrapped;
  fresh.copy = CopyState{
      .id = new_copy_id(parts.random),
      .source = plan.source.source.shown(),
      .status = CopyStatus::kPending,
      .description = {},
      .total = properties.length,
      .work = encode_copy_work({properties.etag, version, properties.type, plan.source.source.here.has_value()})};
  PendingCopy copy{.account = target.account,
                   .account_name = permit.account().name,
                   .container_name = target.container_name,
                   .partition = target.partition(),
                   .name = target.name,
                   .copy_id = fresh.copy->id,
                   .live = LiveSource{plan.source.source, plan.source.question.headers}};
  for (const std::string_view name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}) {
    copy.live->headers.remove(name);  // they held when the copy began; from then on the ETag tells
  }
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_create(plan.fresh, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    change.puts.push_back(journal_row(copy));
    return change;
  };
  FH_CO_TRY(auto row, co_await change_blob(parts, target, decide, audit_row(permit, 202), nullptr));
  parts.copier.add(std::move(copy));
  co_return row;
}

}  // namespace

Task<Reply> copy_blob(BlobParts& parts, Permit<CopyBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_TRY(auto plan,
            plan_copy(parts, permit.request(), permit.api_version(), permit.principal(), TagOption::kRefused));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_no_pending_copy(before));
  FH_CO_CHECK_OK(check_may_create(plan.fresh, before, parts.hybrid.next()));
  FH_CO_TRY(const auto seen, co_await look_at_source(parts, permit, plan.source));
  FH_CO_TRY(auto properties, properties_of(seen.headers));
  if (properties.type != BlobType::kBlock) {
    co_return refuse(errors::not_implemented("copies of append and page blobs"));
  }
  ApiResult<BlobRow> row;
  if (plan.source.source.here && properties.length <= kAtOnceBytes) {
    FH_CO_TRY(auto opened, co_await open_source(parts, permit, plan.source));
    row = co_await copy_at_once(parts, target, std::move(plan), std::move(opened), door_of(permit),
                                audit_row(permit, 202));
  } else {
    row = co_await begin_copy(parts, target, permit, std::move(plan), std::move(properties));
  }
  if (!row) co_return std::unexpected(std::move(row.error()));
  auto response = written(202, *row);
  add_copy_started(response, *row->copy);
  co_return response;
}

}  // namespace freehold::blob
