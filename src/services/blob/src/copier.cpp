#include "src/copier.h"

#include "base/log.h"
#include "src/copy_pages.h"
#include "src/copy_plan.h"
#include "src/incremental_copy.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr int kTries = 8;
constexpr std::chrono::milliseconds kRound{50};
constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::uint64_t kSliceBytes = 64 * 1024 * 1024;

// Will it be otherwise if it is tried again?
bool may_pass(const ApiError& error) { return error.status >= 500 && error.code != "CopyInterrupted"; }

std::string describe(const ApiError& error) { return std::to_string(error.status) + ' ' + error.code; }

constexpr auto kAskedBy = gate::AskedBy::kCaller;

// What the copy reads, and how.
ApiResult<LiveSource> source_of(const CopySources& sources, const PendingCopy& copy, const CopyWork& work,
                                const std::string& url) {
  LiveSource from;
  if (copy.live) {
    from = *copy.live;
  } else if (!work.here) {
    return refuse(errors::interrupted_copy());
  } else {
    FH_TRY(from.source, sources.parse_again(url));
    if (!work.version.empty()) from.headers.add("x-ms-version", work.version);
  }
  if (from.source.here) from.headers.remove("authorization");
  if (!work.etag.empty()) from.headers.set("if-match", work.etag);
  return from;
}

// Of block and append blobs.
Task<ApiResult<>> finish_bytes(BlobParts& parts, BlobTarget target, std::string copy_id, ContentPlace place,
                               CopiedContent& content, AppendState append, AuditRow audit, PendingChunks& pending) {
  FH_CO_TRY(const auto layout, api(co_await parts.content.store_layout(place, content.layout(), pending)));
  const AmendCopy finish = [&](BlobChange& change, std::uint64_t now) {
    end_copy(change, target.name, CopyStatus::kSuccess, {}, now);
    change.row.copy->copied = change.row.length = content.length();
    change.row.layout = layout;
    if (change.row.append) change.row.append = append;
    change.puts = content.inline_rows();
  };
  FH_CO_TRY([[maybe_unused]] const bool done,
            co_await amend_copy(parts, target, std::move(copy_id), finish, std::move(audit), &pending));
  co_return ApiResult<>();
}

Task<ApiResult<>> copy_bytes(BlobParts& parts, BlobTarget target, BlobRow row, CopyWork work, LiveSource from,
                             AskDoor door, AuditRow audit) {
  const auto total = row.copy->total;
  const auto copy_id = row.copy->id;
  std::vector<SourceBlock> blocks;
  if (from.source.here && work.type == BlobType::kBlock) {
    FH_CO_TRY(auto told,
              co_await ask_source_blocks(parts, from.source, door, kAskedBy, from.headers, work.etag, total));
    if (!told) co_return refuse(errors::source_condition_not_met());
    blocks = std::move(*told);
  }
  FH_CO_TRY(const auto place, co_await place_of(parts, target, row.wrapped_key));
  auto pending = pending_chunks(parts);
  CopiedContent content(std::move(blocks), total);
  AppendState append{0, work.seal};
  const SentDigests sent{.md5 = work.md5, .crc64 = work.crc64};
  RunningDigests digests(Digest::kBoth);
  SourceQuestion question{.headers = from.headers};
  // Without an ETag nothing says that two slices are of one content.
  const auto slice = work.etag.empty() ? std::max<std::uint64_t>(total, 1) : kSliceBytes;
  while (content.copied() < total) {
    const auto length = std::min(slice, total - content.copied());
    question.range = SourceRange{content.copied(), content.copied() + length - 1};
    FH_CO_TRY(auto opened, co_await parts.sources.open_as(from.source, question, door, kAskedBy));
    if (opened.headers.get("etag") != work.etag) co_return refuse(errors::source_condition_not_met());
    FH_CO_TRY(const auto properties, properties_of(opened.headers));
    append.committed_blocks = properties.committed_blocks;
    DigestedBody digested(*opened.body, digests);
    http::BodyReader& body = !sent.empty() ? static_cast<http::BodyReader&>(digested) : *opened.body;
    const auto taken = co_await content.take(parts.content, body, length, Digest::kNone, place, pending);
    if (!taken) co_return refuse(blame(*opened.body, errors::from_body(taken.error())));
    if (content.copied() == total) break;
    const AmendCopy progress = [&](BlobChange& change, std::uint64_t) { change.row.copy->copied = content.copied(); };
    FH_CO_TRY(const bool still, co_await amend_copy(parts, target, copy_id, progress, {}, nullptr));
    if (!still) co_return ApiResult<>();
  }
  if (!sent.empty()) {
    FH_CO_CHECK_OK(check_digests(sent, {}, finished(digests)));
  }
  co_return co_await finish_bytes(parts, target, copy_id, place, content, append, std::move(audit), pending);
}

}  // namespace

Task<> Copier::run(runtime::TaskScope& scope, gate::Pipeline& door) {
  const auto executor = co_await boost::asio::this_coro::executor;
  bool found = false;
  while (co_await scope.sleep(kRound)) {
    if (!found) found = (co_await find_left_over(door)).has_value();
    while (auto copy = queue_.take(std::chrono::steady_clock::now()))
      scope.spawn(executor.context(), run_one(door, std::move(*copy)));
  }
}

Task<> Copier::run_waiting(gate::Pipeline& door) {
  for (auto count = waiting(); count > 0; --count) {
    auto copy = queue_.take(std::chrono::steady_clock::now());
    if (!copy) co_return;
    co_await run_one(door, std::move(*copy));
  }
}

Task<> Copier::run_one(gate::Pipeline& door, PendingCopy copy) {
  const auto tenant = copy.account.tenant;
  gate::Job job{.tenant = tenant,
                .principal = "blob copier",
                .resource = "/" + copy.account_name + "/" + copy.container_name + "/" + copy.name,
                .account = parts_.accounts.find(copy.account_name)};
  ApiResult<> outcome;
  const auto ran =
      co_await door.run_job<ContinueCopy>(std::move(job), [this, &copy, &outcome](gate::Permit<ContinueCopy> permit) {
        return copy_under(std::move(permit), copy, outcome);
      });
  queue_.finished(tenant);
  if (ran && outcome) co_return;
  if (parts_.scope.stopping()) co_return;
  ++copy.failures;
  copy.due = std::chrono::steady_clock::now() + kFirstPause * (1 << std::min(copy.failures, 10));
  add(std::move(copy));
}

Task<Result<>> Copier::find_left_over(gate::Pipeline& door) {
  co_return co_await door.run_job<FindPendingCopies>(
      {.tenant = {}, .principal = "blob copier", .resource = "/", .account = {}},
      [this](gate::Permit<FindPendingCopies> permit) { return look_for_left_over(std::move(permit)); });
}

Task<Result<>> Copier::look_for_left_over(gate::Permit<FindPendingCopies> permit) {
  permit.nothing_done();
  std::map<AccountId, std::string> names;
  for (const auto& account : parts_.accounts.all()) names[account->id] = account->name;
  FH_CO_TRY(const auto all, co_await parts_.collector.partitions());
  for (const auto& [account, partition] : all) {
    Bytes from(1, row_keys::kPendingCopyPrefix);
    const auto end = row_keys::after_prefix(from);
    while (true) {
      FH_CO_TRY(const auto page, co_await parts_.blobs.rows().scan(partition, from, end, 1000));
      for (const auto& row : page.rows) {
        FH_CO_TRY(auto copy, read_journal_row(row));
        copy.account = account;
        copy.account_name = names[account.account];
        copy.partition = partition;
        add(std::move(copy));
      }
      if (!page.more || page.rows.empty()) break;
      from = page.rows.back().key + '\0';
    }
  }
  co_return Result<>();
}

Task<Result<>> Copier::copy_under(gate::Permit<ContinueCopy> permit, const PendingCopy& copy, ApiResult<>& outcome) {
  auto found = co_await find_target(parts_, copy.account, copy.container_name, copy.name);
  // The container is gone, or another has its name: what was to be copied went with it.
  const bool gone = found ? found->partition() != copy.partition : found.error().status == 404;
  if (gone) {
    permit.nothing_done();
    co_return Result<>();
  }
  if (!found) {
    outcome = std::unexpected(std::move(found.error()));
    co_return Result<>();
  }
  const auto target = std::move(*found);
  const auto audit = audit_row(permit, 200);
  const auto stored = co_await parts_.blobs.read(target.partition(), target.name);
  if (!stored) co_return fail(stored.error().code, stored.error().message, stored.error().detail);
  if (!is_pending(*stored, copy.copy_id)) {
    permit.nothing_done();
    co_return Result<>();
  }
  outcome = co_await copy_content(target, (*stored)->row, copy, door_of(permit), audit);
  if (outcome || parts_.scope.stopping()) co_return Result<>();
  if (may_pass(outcome.error()) && copy.failures + 1 < kTries) co_return Result<>();
  const auto reason = describe(outcome.error());
  const auto ended = co_await amend_copy(
      parts_, target, copy.copy_id,
      [&](BlobChange& change, std::uint64_t now) { end_copy(change, target.name, CopyStatus::kFailed, reason, now); },
      audit, nullptr);
  if (ended) outcome = {};
  co_return Result<>();
}

Task<ApiResult<>> Copier::copy_content(BlobTarget target, BlobRow row, const PendingCopy& copy, AskDoor door,
                                       AuditRow audit) {
  const auto work = decode_copy_work(row.copy->work);
  if (!work) co_return refuse(errors::internal("a pending copy's work can't be read"));
  FH_CO_TRY(auto from, source_of(parts_.sources, copy, *work, row.copy->source));
  if (work->type != BlobType::kPage) {
    co_return co_await copy_bytes(parts_, target, std::move(row), *work, std::move(from), door, std::move(audit));
  }
  PageQuestion pages{.source = std::move(from.source),
                     .headers = std::move(from.headers),
                     .etag = work->etag,
                     .length = row.copy->total,
                     .door = door,
                     .asked_by = kAskedBy};
  if (row.copy->incremental) {
    co_return co_await copy_difference(parts_, target, std::move(row), *work, std::move(pages), std::move(audit));
  }
  co_return co_await copy_pages(parts_, target, std::move(row), std::move(pages), std::move(audit));
}

}  // namespace freehold::blob
