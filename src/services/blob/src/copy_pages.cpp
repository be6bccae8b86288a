#include "src/copy_pages.h"

#include "src/copy_blob.h"
#include "src/page_edit.h"
#include "src/page_rules.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

constexpr std::size_t kWindowsPerStep = 4;
// Of a copy that is one commit: what is inline rides in it, besides up to 32 rows.
constexpr std::size_t kInlineWindows = 4;
constexpr std::size_t kRoom = 2 * kWindowBytes;  // a window as it came and sealed

Task<ApiResult<CopiedPages>> store_window(BlobParts& parts, ContentPlace place, SourceWindow window, Inlining inlining,
                                          PendingChunks& pending) {
  CopiedPages copied{window.window, std::move(window.written), std::move(window.cleared), std::nullopt};
  if (!copied.written.empty()) {
    FH_CO_TRY(copied.content,
              api(co_await parts.content.put_content(std::move(place), std::move(window.content), pending, inlining)));
  }
  co_return copied;
}

// The first row of a window of a blob that is new.
store::KeyValue first_row(const CopiedPages& pages, const std::string& name, std::uint64_t generation) {
  PageWindow window;
  window.stamp = generation;
  put_spans(window, pages.written, pages.content->segment, 1);
  return {row_keys::page_window(name, generation, pages.window, 1), encode_page_window(window)};
}

// Up to `most` windows more; fewer are the last.
Task<ApiResult<std::vector<CopiedPages>>> next_windows(BlobParts& parts, ContentPlace place, PageSource& source,
                                                       std::size_t most, PendingChunks& pending) {
  std::vector<CopiedPages> copied;
  while (copied.size() < most) {
    FH_CO_TRY(auto window, co_await source.next());
    if (!window) break;
    const auto inlining = copied.size() < kInlineWindows ? Inlining::kAllowed : Inlining::kNever;
    FH_CO_TRY(auto stored, co_await store_window(parts, place, std::move(*window), inlining, pending));
    if (stored.content || !stored.cleared.empty()) copied.push_back(std::move(stored));
  }
  co_return copied;
}

// False: the copy isn't any more.
Task<ApiResult<bool>> put_windows(BlobParts& parts, BlobTarget target, std::string copy_id,
                                  std::vector<CopiedPages> copied, PendingChunks& pending) {
  const auto done = (copied.back().window + 1) * kWindowBytes;
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    if (!is_pending(current, copy_id) || !current->row.page) co_return false;
    const auto now = parts.hybrid.next();
    BlobChange change;
    change.row = current->row;
    change.row.etag = now;  // readers tell by it that pages came between
    change.row.copy->copied = std::min(done, change.row.copy->total);
    change.during_copy = change.of_incremental_copy = true;
    FH_CO_TRY(change, co_await put_copied_pages(parts, target, current->row, copied, now, std::move(change), pending));
    FH_CO_TRY(const bool applied, co_await apply(parts, target, std::move(current), std::move(change), {}, &pending));
    if (applied) co_return true;
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace

ApiResult<> check_page_source(const SourceProperties& properties) {
  const bool sound = properties.length % kBlobPageBytes == 0 && properties.length <= kMostPageBlobBytes;
  if (!sound || properties.etag.empty()) return refuse(errors::cannot_verify_copy_source(400, ""));
  return {};
}

Task<ApiResult<BlobRow>> copy_pages_at_once(BlobParts& parts, BlobTarget target, CopyPlan plan,
                                            SourceProperties properties, PageQuestion question, AuditRow audit) {
  FH_CHECK(properties.length <= kPagesAtOnce);
  const auto room = parts.content.take_room(target.account.tenant, kRoom);
  if (!room) co_return refuse(errors::busy("too many large bodies are coming in"));
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, plan.scope));
  const auto key = make_blob_key(wrapping, parts.random);
  const ContentPlace place{
      .tenant = target.account.tenant, .partition = target.partition(), .key = key.key, .hold = wrapping.hold};
  auto pending = pending_chunks(parts);
  PageSource source(parts, std::move(question), 0);
  FH_CO_TRY(const auto copied, co_await next_windows(parts, place, source, windows_of(kPagesAtOnce) + 1, pending));
  auto fresh = copied_row(plan, properties);
  fresh.length = properties.length;
  fresh.wrapped_key = key.wrapped;
  fresh.copy = CopyState{.id = new_copy_id(parts.random),
                         .source = plan.source.source.shown(),
                         .status = CopyStatus::kSuccess,
                         .description = {},
                         .copied = fresh.length,
                         .total = fresh.length,
                         .work = {}};
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_copy(plan.fresh, BlobType::kPage, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    change.row.copy->completed = now;
    change.row.page->generation = now;
    for (const auto& pages : copied) {
      change.puts.push_back(first_row(pages, target.name, now));
      if (pages.content->inline_row) change.puts.push_back(*pages.content->inline_row);
    }
    return change;
  };
  co_return co_await change_blob(parts, target, decide, std::move(audit), &pending);
}

Task<ApiResult<bool>> bring_pages(BlobParts& parts, BlobTarget target, BlobRow row, PageQuestion question) {
  const auto room = parts.content.take_room(target.account.tenant, kRoom);
  if (!room) co_return refuse(errors::busy("too many large bodies are coming in"));
  FH_CO_TRY(const auto place, co_await place_of(parts, target, row.wrapped_key));
  PageSource source(parts, std::move(question), row.copy->copied);
  while (true) {
    auto pending = pending_chunks(parts);
    FH_CO_TRY(auto copied, co_await next_windows(parts, place, source, kWindowsPerStep, pending));
    if (copied.empty()) co_return true;
    FH_CO_TRY(const bool still, co_await put_windows(parts, target, row.copy->id, std::move(copied), pending));
    if (!still) co_return false;
  }
}

Task<ApiResult<>> copy_pages(BlobParts& parts, BlobTarget target, BlobRow row, PageQuestion question, AuditRow audit) {
  const auto copy_id = row.copy->id;
  FH_CO_TRY(const bool still, co_await bring_pages(parts, target, std::move(row), std::move(question)));
  if (!still) co_return ApiResult<>();
  const AmendCopy finish = [&](BlobChange& change, std::uint64_t now) {
    end_copy(change, target.name, CopyStatus::kSuccess, {}, now);
    change.row.copy->copied = change.row.copy->total;
  };
  FH_CO_TRY([[maybe_unused]] const bool done,
            co_await amend_copy(parts, target, copy_id, finish, std::move(audit), nullptr));
  co_return ApiResult<>();
}

}  // namespace freehold::blob
