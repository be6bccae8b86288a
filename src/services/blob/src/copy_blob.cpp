// Copy Blob: begins a copy. A short one of this cloud is done when it is answered, others go on in the background.
#include "src/copy_blob.h"

#include "base/encoding.h"
#include "src/api_versions.h"
#include "src/copier.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kAtOnceBytes = 32 * 1024 * 1024;

Task<ApiResult<OpenedSource>> look_at_source(BlobParts& parts, const Permit<CopyBlob>& permit, SourcePlan plan) {
  plan.question.method = http::Method::kHead;
  FH_CO_TRY(auto opened, co_await open_source(parts, permit, std::move(plan)));
  if (!parse_u64(opened.headers.get("content-length"))) {
    co_return refuse(errors::cannot_verify_copy_source(400, "MissingContentLengthHeader"));
  }
  FH_CO_CHECK_OK(check_source_has_content(opened.headers));
  co_return opened;
}

// With "true" the request would be a Copy Blob From URL.
ApiResult<> check_not_sync(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-requires-sync";
  if (!headers.has(kName) || equals_ignoring_case(headers.get(kName), "false")) return {};
  return refuse(errors::invalid_header(kName, headers.get(kName)));
}

// Digests of the source are verified where it is read before the answer.
ApiResult<> refuse_digests(const SentDigests& sent) {
  if (sent.empty()) return {};
  return refuse(errors::not_implemented("digests of a source that isn't read at once"));
}

// Is it a blob, and no snapshot of one, of the destination's container?
bool in_container_of(const CopySource& source, const BlobTarget& target, const std::string& account) {
  if (!source.here || source.here->account != account || source.here->container != target.container_name) return false;
  const auto asked = http::request_for(http::Method::kGet, source.url);
  return asked && !asked->has_parameter("snapshot");
}

// Is the destination its own source, whatever the URL looks like? A source outside is by its ETag, which no other blob
// has: this cloud under a name that it doesn't know as its own.
bool is_itself(const CopySource& source, const BlobTarget& target, const std::string& account,
               const SourceProperties& seen, const std::optional<StoredBlob>& before) {
  if (!source.here) return before && seen.etag == quoted_etag(before->row.etag);
  return in_container_of(source, target, account) && source.here->blob == target.name;
}

// What makes the commit that retires the destination's content fail once the source isn't any more what was looked at:
// of two blobs that are copied onto each other at once, one keeps its content. Only where one commit sees both.
Task<ApiResult<std::optional<store::Expectation>>> expect_source(BlobParts& parts, BlobTarget target, CopySource source,
                                                                 std::string account, std::string etag) {
  if (!in_container_of(source, target, account)) co_return std::nullopt;
  FH_CO_TRY(const auto stored, api(co_await parts.blobs.read(target.partition(), source.here->blob)));
  if (!stored || quoted_etag(stored->row.etag) != etag) co_return refuse(errors::busy("the copy's source changed"));
  co_return store::equals(row_keys::blob(source.here->blob, 0), stored->raw);
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
    BlobChange change;
    change.row = amended(current->row, now);
    change.row.content = copied.content;
    change.row.metadata = copied.metadata;
    change.row.tags = copied.tags;
    if (change.row.append) change.row.append->sealed = false;
    change.row.tier = tier_over(current->row, copied, store::HybridClock::wall_time(now));
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

Task<ApiResult<BlobRow>> begin_copy(BlobParts& parts, BlobTarget target, const Permit<CopyBlob>& permit, CopyPlan plan,
                                    SourceProperties properties) {
  FH_CO_CHECK_OK(refuse_digests(plan.source.sent));
  FH_CO_CHECK_OK(api(parts.copier.check_room(permit.tenant())));
  FH_CO_TRY(const auto account_key, api(parts.accounts.account_key(target.account.account)));
  // The version that the request is read by, from wherever it has that: the source is read by it, after a restart too.
  const auto version = version_text(permit.api_version());
  if (plan.source.source.here) plan.source.question.headers.set("x-ms-version", version);
  FH_CO_TRY(const auto source_stays,
            co_await expect_source(parts, target, plan.source.source, permit.account().name, properties.etag));
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
    FH_CHECK_OK(check_may_copy(plan.fresh, fresh.type, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    change.puts.push_back(journal_row(copy));
    if (source_stays) change.expect.push_back(*source_stays);
    return change;
  };
  FH_CO_TRY(auto row, co_await change_blob(parts, target, decide, audit_row(permit, 202), nullptr));
  parts.copier.add(std::move(copy));
  co_return row;
}

}  // namespace

Task<Reply> copy_blob(BlobParts& parts, Permit<CopyBlob> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_CHECK_OK(check_not_sync(permit.request().headers));
  FH_CO_TRY(auto plan,
            plan_copy(parts, permit.request(), permit.api_version(), permit.principal(), TagOption::kRefused));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_no_pending_copy(before));
  FH_CO_CHECK_OK(check_may_create(plan.fresh, before, parts.hybrid.next()));
  FH_CO_TRY(const auto seen, co_await look_at_source(parts, permit, plan.source));
  FH_CO_TRY(auto properties, properties_of(seen.headers));
  if (properties.type == BlobType::kPage) co_return refuse(errors::not_implemented("copies of page blobs"));
  if (equals_ignoring_case(permit.request().headers.get("x-ms-seal-blob"), "true")) {
    co_return refuse(errors::not_implemented("x-ms-seal-blob"));
  }
  ApiResult<BlobRow> row;
  if (is_itself(plan.source.source, target, permit.account().name, properties, before)) {
    row = co_await copy_onto_itself(parts, target, std::move(plan), std::move(properties), audit_row(permit, 202));
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
