// Incremental Copy Blob: begins to copy a snapshot of a page blob into a destination that gets only what changed since
// the snapshot before, and then a snapshot of its own.
#include "base/encoding.h"
#include "src/api_versions.h"
#include "src/copier.h"
#include "src/copy_pages.h"
#include "src/incremental_copy.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

struct IncrementalPlan {
  SourcePlan source;
  Conditions conditions;
};

// The destination takes over what its source has; nothing else can be said of it.
ApiResult<> refuse_properties(const http::Headers& headers) {
  for (const std::string_view name : {"x-ms-tags", "x-ms-access-tier", "x-ms-source-content-md5",
                                      "x-ms-source-content-crc64", "x-ms-copy-source-tag-option"}) {
    if (headers.has(name)) return refuse(errors::unsupported_header(name));
  }
  FH_TRY(const auto metadata, parse_metadata(headers));
  if (!metadata.empty()) return refuse(errors::unsupported_header("x-ms-meta-" + metadata.front().first));
  return {};
}

ApiResult<IncrementalPlan> plan_incremental(const BlobParts& parts, const http::Request& request) {
  IncrementalPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  FH_CHECK_OK(refuse_snapshot(request));
  FH_CHECK_OK(refuse_properties(request.headers));
  if (!request.headers.has("x-ms-copy-source")) return refuse(errors::missing_header("x-ms-copy-source"));
  FH_TRY(plan.source, plan_source(parts, request, SourceRanges::kRefused));
  if (snapshot_named(plan.source.source).empty()) return refuse(errors::incremental_copy_source_must_be_snapshot());
  FH_TRY(plan.conditions, parse_conditions(request.headers));
  return plan;
}

ApiResult<IncrementalState> check_may_begin(const BlobParts& parts, const IncrementalPlan& plan,
                                            const std::optional<StoredBlob>& current, std::uint64_t now) {
  const bool there = current && current->row.committed();
  FH_CHECK_OK(check_write(plan.conditions, there ? std::optional(current->row.existing(now)) : std::nullopt));
  return check_may_copy_into(parts, current, plan.source.source);
}

// The source as it is, and a first look at what has changed: what can't be told now can't be told later.
Task<ApiResult<PageQuestion>> look_at_snapshot(BlobParts& parts, const Permit<IncrementalCopyBlob>& permit,
                                               SourcePlan plan, std::string previous) {
  auto head = plan;
  head.question.method = http::Method::kHead;
  FH_CO_TRY(const auto seen, co_await open_source(parts, permit, std::move(head)));
  FH_CO_TRY(const auto properties, properties_of(seen.headers));
  if (properties.type != BlobType::kPage) co_return refuse(errors::invalid_source_blob_type());
  FH_CO_CHECK_OK(check_page_source(properties));
  PageQuestion question{.source = plan.source,
                        .headers = plan.question.headers,
                        .etag = properties.etag,
                        .length = properties.length,
                        .previous = std::move(previous),
                        .door = door_of(permit),
                        .asked_by = seen.asked_by};
  PageSource pages(parts, question, 0);
  FH_CO_CHECK_OK(co_await pages.look());
  co_return question;
}

// A destination that isn't there yet: nobody reads it, so that it says nothing until its first copy ends.
BlobRow new_destination(const Bytes& wrapped_key, std::uint64_t now) {
  BlobRow row;
  row.type = BlobType::kPage;
  row.wrapped_key = wrapped_key;
  row.page = PageState{.sequence_number = 0, .generation = now, .version = 1, .holes = {}};
  return row;
}

Task<ApiResult<BlobRow>> begin(BlobParts& parts, BlobTarget target, const Permit<IncrementalCopyBlob>& permit,
                               IncrementalPlan plan, PageQuestion question) {
  FH_CO_CHECK_OK(api(parts.copier.check_room(permit.tenant())));
  FH_CO_TRY(const auto scope, wanted_scope(permit, target, std::nullopt));
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, scope));
  const auto version = version_text(permit.api_version());
  if (question.source.here) question.headers.set("x-ms-version", version);
  const auto wrapped_key = make_blob_key(wrapping, parts.random).wrapped;
  PendingCopy copy{.account = target.account,
                   .account_name = permit.account().name,
                   .container_name = target.container_name,
                   .partition = target.partition(),
                   .name = target.name,
                   .copy_id = new_copy_id(parts.random),
                   .live = LiveSource{question.source, question.headers}};
  CopyWork work{question.etag, version, BlobType::kPage, question.source.here.has_value()};
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_TRY(auto state, check_may_begin(parts, plan, current, now));
    // Since what has changed was looked at.
    if (state.previous != question.previous) return refuse(errors::busy("another copy came between"));
    const bool there = current && current->row.committed();
    BlobChange change;
    if (there) {
      change.row = amended(current->row, now);
    } else {
      change = replace_blob(new_destination(wrapped_key, now), current, target.name, now);
    }
    change.of_incremental_copy = true;
    work.previous = std::move(state.previous);
    work.dirty = state.dirty;
    change.row.copy = CopyState{.id = copy.copy_id,
                                .source = question.source.shown(),
                                .status = CopyStatus::kPending,
                                .description = {},
                                .total = question.length,
                                .incremental = true,
                                .work = encode_copy_work(work)};
    change.puts.push_back(journal_row(copy));
    return change;
  };
  FH_CO_TRY(auto row, co_await change_blob(parts, target, decide, audit_row(permit, 202), nullptr));
  parts.copier.add(std::move(copy));
  co_return row;
}

}  // namespace

Task<Reply> incremental_copy_blob(BlobParts& parts, Permit<IncrementalCopyBlob> permit) {
  FH_CO_TRY(auto plan, plan_incremental(parts, permit.request()));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_TRY(const auto state, check_may_begin(parts, plan, before, parts.hybrid.next()));
  FH_CO_TRY(auto question, co_await look_at_snapshot(parts, permit, plan.source, state.previous));
  FH_CO_TRY(const auto row, co_await begin(parts, target, permit, std::move(plan), std::move(question)));
  auto response = answer(202);
  add_entity(response, row.etag, row.last_modified());
  add_copy_started(response, *row.copy);
  co_return response;
}

}  // namespace freehold::blob
