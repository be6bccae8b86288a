// Copy Blob: begins a copy. A short one of this cloud is done when it is answered, others go on in the background.
#include "src/copy_blob.h"

#include "base/encoding.h"
#include "src/api_versions.h"
#include "src/copier.h"
#include "src/copy_pages.h"
#include "src/incremental_copy.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kAtOnceBytes = 32 * 1024 * 1024;

Task<ApiResult<OpenedSource>> look_at_source(BlobParts& parts, const Permit<CopyBlob>& permit, SourcePlan plan) {
  plan.question.method = http::Method::kHead;
  const bool is_snapshot = !snapshot_named(plan.source).empty();
  FH_CO_TRY(auto opened, co_await open_source(parts, permit, std::move(plan)));
  if (!parse_u64(opened.headers.get("content-length"))) {
    co_return refuse(errors::cannot_verify_copy_source(400, "MissingContentLengthHeader"));
  }
  FH_CO_CHECK_OK(check_source_has_content(opened.headers));
  // Its snapshots are read, and it isn't.
  if (opened.headers.has("x-ms-incremental-copy") && !is_snapshot) co_return refuse(errors::not_on_incremental_copy());
  co_return opened;
}

// With "true" the request would be a Copy Blob From URL.
ApiResult<> check_not_sync(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-requires-sync";
  if (!headers.has(kName) || equals_ignoring_case(headers.get(kName), "false")) return {};
  return refuse(errors::invalid_header(kName, headers.get(kName)));
}

// Digests of the source are verified where its bytes are read: not where pages that it lacks aren't, nor where it is
// its own destination.
ApiResult<> refuse_digests(const SentDigests& sent) {
  if (!sent.empty()) return refuse(errors::not_implemented("digests of a source that isn't read whole"));
  return {};
}

// "true" for an append blob only ("Copy Blob").
ApiResult<> check_seal(const CopyPlan& plan, BlobType type) {
  if (plan.seal.value_or(false) && type != BlobType::kAppend) {
    return refuse(errors::invalid_header("x-ms-seal-blob", "true"));
  }
  return {};
}

// Is it a blob, and no snapshot of one, of the destination's container?
bool in_container_of(const CopySource& source, const BlobTarget& target, const std::string& account) {
  if (!source.here || source.here->account != account || source.here->container != target.container_name) return false;
  return snapshot_named(source).empty();
}

// Is the destination its own source, whatever the URL looks like? A source outside is by its ETag, which no other blob
// has: this cloud under a name that it doesn't know as its own.
bool is_itself(const CopySource& source, const BlobTarget& target, const std::string& account,
               const SourceProperties& seen, const std::optional<StoredBlob>& before) {
  if (!source.here) return before && seen.etag == quoted_etag(before->row.etag);
  return in_container_of(source, target, account) && source.here->blob == target.name;
}

// The blob of this cloud that is the source; nullopt for a snapshot, which nothing takes the place of, and outside.
Task<ApiResult<std::optional<BlobTarget>>> find_source(BlobParts& parts, CopySource source) {
  if (!source.here || !snapshot_named(source).empty()) co_return std::nullopt;
  const auto account = parts.accounts.find(source.here->account);
  if (!account) co_return refuse(errors::busy("the copy's source changed"));
  FH_CO_TRY(auto found, co_await find_target(parts, ref_of(*account), source.here->container, source.here->blob));
  co_return std::move(found);
}

// The locks of a copy's destination and source, always taken in one order.
struct Turns {
  KeyedLock::Guard first;
  KeyedLock::Guard second;
};
Task<ApiResult<Turns>> lock_both(BlobParts& parts, BlobTarget target, std::optional<BlobTarget> source) {
  const auto place = [](const BlobTarget& blob) { return std::pair(blob.partition().value, blob.name); };
  Turns turns;
  if (source && place(*source) < place(target)) std::swap(*source, target);
  FH_CO_TRY(turns.first, api(co_await parts.blobs.lock(target.partition(), target.name)));
  if (source) {
    FH_CO_TRY(turns.second, api(co_await parts.blobs.lock(source->partition(), source->name)));
  }
  co_return turns;
}

// The commit that begins a copy retires the destination's content, and must not happen once the source isn't any more
// what was looked at: of two blobs that are copied onto each other at once, one keeps its content. The caller holds the
// locks of both; where one commit sees both, it expects the source too.
Task<ApiResult<std::optional<store::Expectation>>> expect_source(BlobParts& parts, BlobTarget target, BlobTarget source,
                                                                 std::string etag) {
  FH_CO_TRY(const auto stored, api(co_await parts.blobs.read(source.partition(), source.name)));
  if (!stored || quoted_etag(stored->row.etag) != etag) co_return refuse(errors::busy("the copy's source changed"));
  if (source.partition() != target.partition()) co_return std::nullopt;
  co_return store::equals(row_keys::blob(source.name, 0), stored->raw);
}

// A copy onto itself reads nothing: the content stays where it is and under its key, as long as it is the content that
// was looked at. To copy it would be to retire first what is to be read.
Task<ApiResult<BlobRow>> copy_onto_itself(BlobParts& parts, BlobTarget target, CopyPlan plan, SourceProperties seen,
                                          AuditRow audit) {
  FH_CO_CHECK_OK(refuse_digests(plan.source.sent));
  const auto copied = copied_row(plan, seen);
  const auto id = new_copy_id(parts.random);
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_copy(plan.fresh, copied.type, current, now));
    if (!current || !current->row.committed() || quoted_etag(current->row.etag) != seen.etag) {
      return refuse(errors::busy("the copy's source changed"));
    }
    if (!current->row.customer_key_sha256.empty()) {
      return refuse(errors::not_implemented("a copy onto itself of a blob under a customer's key"));
    }
    FH_CHECK_OK(check_same_scope(plan.scope, scope_of(current->row.wrapped_key)));
    BlobChange change;
    change.row = amended(current->row, now);
    change.row.content = copied.content;
    change.row.notes = copied.notes;
    if (change.row.append) change.row.append->sealed = copied.append->sealed;
    change.row.tier = tier_over(current->row, copied, store::HybridClock::wall_time(now));
    if (copied.tier.named) change.row.tier.changed = now;
    change.row.staging.reset();
    retire_staged(current->row, target.name, true, change);
    auto& copy = change.row.copy.emplace();
    copy.id = id;
    copy.source = plan.source.source.shown();
    copy.status = CopyStatus::kSuccess;
    copy.copied = copy.total = change.row.length;
    copy.completed = now;
    return change;
  };
  co_return co_await change_blob(parts, target, decide, std::move(audit), nullptr);
}

// The destination while its content is still to come.
BlobRow pending_row(const CopyPlan& plan, const SourceProperties& properties, std::string id,
                    const std::string& version, Bytes wrapped_key) {
  auto row = copied_row(plan, properties);
  row.wrapped_key = std::move(wrapped_key);
  if (row.page) row.length = properties.length;
  if (row.append) row.append->sealed = false;  // once it is whole
  row.copy = CopyState{.id = std::move(id),
                       .source = plan.source.source.shown(),
                       .status = CopyStatus::kPending,
                       .description = {},
                       .total = properties.length,
                       .work = encode_copy_work({.etag = properties.etag,
                                                 .version = version,
                                                 .type = properties.type,
                                                 .here = plan.source.source.here.has_value(),
                                                 .seal = seals(plan, properties),
                                                 .md5 = plan.source.sent.md5,
                                                 .crc64 = plan.source.sent.crc64})};
  return row;
}

// How the source will be read. The conditions held when the copy began; from then on the ETag tells.
LiveSource live_source(const CopyPlan& plan) {
  LiveSource live{plan.source.source, plan.source.question.headers};
  for (const std::string_view name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}) {
    live.headers.remove(name);
  }
  return live;
}

Task<ApiResult<BlobRow>> commit_begun(BlobParts& parts, BlobTarget target, CopyPlan plan, std::string source_etag,
                                      BlobRow fresh, PendingCopy copy, AuditRow audit) {
  FH_CO_TRY(const auto read_from, co_await find_source(parts, plan.source.source));
  FH_CO_TRY(const auto turns, co_await lock_both(parts, target, read_from));
  std::optional<store::Expectation> source_stays;
  if (read_from) {
    FH_CO_TRY(source_stays, co_await expect_source(parts, target, *read_from, source_etag));
  }
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_copy(plan.fresh, fresh.type, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    if (change.row.page) change.row.page->generation = now;
    change.puts.push_back(journal_row(copy));
    if (source_stays) change.expect.push_back(*source_stays);
    return change;
  };
  co_return co_await change_locked_blob(parts, target, decide, std::move(audit), nullptr);
}

Task<ApiResult<BlobRow>> begin_copy(BlobParts& parts, BlobTarget target, const Permit<CopyBlob>& permit, CopyPlan plan,
                                    SourceProperties properties) {
  if (properties.type == BlobType::kPage) {
    FH_CO_CHECK_OK(refuse_digests(plan.source.sent));
  }
  FH_CO_CHECK_OK(api(parts.copier.check_room(permit.tenant())));
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
  // The version that the request is read by, from wherever it has that: the source is read by it, after a restart too.
  const auto version = version_text(permit.api_version());
  if (plan.source.source.here) plan.source.question.headers.set("x-ms-version", version);
  PendingCopy copy{.account = target.account,
                   .account_name = permit.account().name,
                   .container_name = target.container_name,
                   .partition = target.partition(),
                   .name = target.name,
                   .copy_id = new_copy_id(parts.random),
                   .live = live_source(plan)};
  auto fresh = pending_row(plan, properties, copy.copy_id, version, make_blob_key(wrapping, parts.random).wrapped);
  FH_CO_TRY(auto row, co_await commit_begun(parts, std::move(target), std::move(plan), properties.etag,
                                            std::move(fresh), copy, audit_row(permit, 202)));
  parts.copier.add(std::move(copy));
  co_return row;
}

}  // namespace

Task<Reply> copy_blob(BlobParts& parts, Permit<CopyBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(check_not_sync(permit.request().headers));
  FH_CO_TRY(auto plan,
            plan_copy(parts, permit.request(), permit.api_version(), permit.principal(), TagOption::kRefused));
  if (permit.request().headers.has("x-ms-seal-blob")) {
    FH_CO_TRY(plan.seal, parse_flag(permit.request().headers, "x-ms-seal-blob"));
  }
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.scope, wanted_scope(permit, target, plan.customer));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_no_pending_copy(before));
  FH_CO_CHECK_OK(check_may_create(plan.fresh, before, parts.hybrid.next()));
  FH_CO_TRY(const auto seen, co_await look_at_source(parts, permit, plan.source));
  FH_CO_TRY(auto properties, properties_of(seen.headers));
  const bool pages = properties.type == BlobType::kPage;
  if (pages) {
    FH_CO_CHECK_OK(check_page_source(properties));
  }
  FH_CO_CHECK_OK(check_seal(plan, properties.type));
  ApiResult<BlobRow> row;
  if (is_itself(plan.source.source, target, permit.account().name, properties, before)) {
    row = co_await copy_onto_itself(parts, target, std::move(plan), std::move(properties), audit_row(permit, 202));
  } else if (pages && plan.source.source.here && properties.length <= kPagesAtOnce) {
    FH_CO_CHECK_OK(refuse_digests(plan.source.sent));
    PageQuestion question{.source = plan.source.source,
                          .headers = plan.source.question.headers,
                          .etag = properties.etag,
                          .length = properties.length,
                          .door = door_of(permit),
                          .asked_by = seen.asked_by};
    row = co_await copy_pages_at_once(parts, target, std::move(plan), std::move(properties), std::move(question),
                                      audit_row(permit, 202));
  } else if (plan.source.source.here && properties.length <= kAtOnceBytes) {
    FH_CO_TRY(auto opened, co_await open_source(parts, permit, plan.source));
    if (*opened.body->length() > kAtOnceBytes) co_return refuse(errors::busy("the copy's source changed"));
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
