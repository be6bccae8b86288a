#include "src/incremental_copy.h"

#include "src/copy_pages.h"
#include "src/page_edit.h"
#include "src/row_keys.h"
#include "src/snapshot_rows.h"

namespace freehold::blob {
namespace {

constexpr std::uint32_t kRowsSeen = 256;
constexpr std::uint32_t kWindowsTakenBack = 6;  // two rows of 35 KiB each are expected: within a commit

// The same blob, whichever of its snapshots? Of this cloud by where it is, whatever its host is called.
bool same_blob(const BlobParts& parts, const std::string& before, const CopySource& now) {
  const auto was = parts.sources.parse_again(before);
  if (was && was->here && now.here) {
    return was->here->account == now.here->account && was->here->container == now.here->container &&
           was->here->blob == now.here->blob;
  }
  const auto shown = now.shown();
  return before.substr(0, before.find('?')) == shown.substr(0, shown.find('?'));
}

void take_back(const BlobTarget& target, const PageState& page, const std::vector<StoredWindow>& rows,
               BlobChange& change, std::vector<Segment>& dead) {
  const auto key_of = [&](const StoredWindow& row) {
    return row_keys::page_window(target.name, page.generation, row.window, row.version);
  };
  std::vector<const PageWindow*> living;
  for (const auto& row : rows) change.expect.push_back(store::equals(key_of(row), row.raw));
  if (rows.size() > 1) living.push_back(&rows[1].pages);
  change.deletes.push_back(key_of(rows.front()));
  auto segments = only_in(rows.front().pages, living);
  std::move(segments.begin(), segments.end(), std::back_inserter(dead));
}

// Takes back what stands in the version that is written now, from window `from` on: some windows, and where to go on
// (nullopt: nowhere). False: the copy isn't any more, or something changed under it.
struct TakenBack {
  bool applied = true;
  std::optional<std::uint32_t> next;
};
Task<ApiResult<TakenBack>> take_back_step(BlobParts& parts, BlobTarget target, std::string copy_id,
                                          std::uint32_t from) {
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
  if (!is_pending(current, copy_id) || !current->row.page) co_return TakenBack{false, std::nullopt};
  const auto page = *current->row.page;
  const auto key = [&](std::uint32_t window) {
    return row_keys::page_window(target.name, page.generation, window, ~std::uint64_t{0});
  };
  FH_CO_TRY(const auto seen,
            api(co_await parts.blobs.rows().scan(target.partition(), key(from), key(kAllWindows), kRowsSeen)));
  BlobChange change;
  change.row = current->row;
  change.during_copy = change.of_incremental_copy = true;
  std::vector<Segment> dead;
  TakenBack taken;
  for (const auto& row : seen.rows) {
    const auto place = row_keys::page_place(row.key);
    if (!place) co_return refuse(errors::internal("a page window's key can't be read"));
    taken.next = place->window + 1;
    if (place->version != page.version) continue;
    FH_CO_TRY(const auto rows, api(co_await newest_rows(parts.blobs.rows(), target.partition(), target.name,
                                                        page.generation, place->window, 2)));
    if (rows.empty() || rows.front().version != page.version) co_return TakenBack{false, std::nullopt};
    take_back(target, page, rows, change, dead);
    if (change.deletes.size() == kWindowsTakenBack) break;
  }
  const bool all_seen = change.deletes.size() < kWindowsTakenBack;
  if (all_seen && !seen.more) taken.next.reset();
  if (change.deletes.empty()) co_return taken;
  change.frees_space = true;
  if (!dead.empty()) change.garbage.expand.direct = {{{}, std::move(dead)}};
  FH_CO_TRY(taken.applied, co_await apply(parts, target, std::move(current), std::move(change), {}, nullptr));
  co_return taken;
}

Task<ApiResult<>> take_back_pages(BlobParts& parts, BlobTarget target, std::string copy_id) {
  std::optional<std::uint32_t> from = 0;
  for (int lost = 0; from;) {
    FH_CO_TRY(const auto taken, co_await take_back_step(parts, target, copy_id, *from));
    if (taken.applied) from = taken.next;
    if (!taken.applied && ++lost == kAttempts) co_return refuse(errors::busy("too many writers of one blob"));
  }
  co_return ApiResult<>();
}

Task<ApiResult<SourceProperties>> ask_properties(BlobParts& parts, PageQuestion question) {
  SourceQuestion head;
  head.method = http::Method::kHead;
  head.headers = std::move(question.headers);
  head.headers.set("if-match", question.etag);
  FH_CO_TRY(const auto opened, co_await parts.sources.open_as(std::move(question.source), std::move(head),
                                                              std::move(question.door), question.asked_by));
  if (opened.headers.get("etag") != question.etag) co_return refuse(errors::source_condition_not_met());
  co_return properties_of(opened.headers);
}

// The blob's row with the copy ended, and the snapshot that is its result. Pages past the end of a shorter snapshot go.
Task<ApiResult<BlobChange>> finished(BlobParts& parts, BlobTarget target, BlobRow current, SourceProperties properties,
                                     CopyWork work, std::uint64_t now, PendingChunks& pending) {
  BlobChange change;
  change.row = current;
  change.during_copy = change.of_incremental_copy = true;
  end_copy(change, target.name, CopyStatus::kSuccess, {}, now);
  auto& row = change.row;
  row.content = properties.content;
  FH_CO_TRY(const auto* before, api(current.notes.read()));
  row.notes.set({properties.metadata, before->tags});
  row.length = properties.length;
  row.page->sequence_number = properties.sequence_number;
  row.copy->copied = row.copy->total;
  row.copy->work = encode_copy_work(work);
  if (row.length < current.length) {
    const PageEdit cut{row.length, current.length - row.length, {}};
    FH_CO_TRY(change, co_await edit_pages(parts, target, current, cut, now, std::move(change), pending));
  }
  const auto time = snapshot_time(change.row, now);
  change.row.copy->destination_snapshot = time;
  change.expect.push_back(store::absent(row_keys::blob(target.name, time)));
  FH_CO_TRY(auto snapshot, api(snapshot_of(change.row, {}, time, now)));
  change.snapshots.push_back(std::move(snapshot));
  change.row = with_snapshot(change.row, time);
  co_return change;
}

Task<ApiResult<>> finish(BlobParts& parts, BlobTarget target, std::string copy_id, SourceProperties properties,
                         CopyWork work, AuditRow audit) {
  auto pending = pending_chunks(parts);
  FH_CO_TRY(const auto turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FH_CO_TRY(auto current, api(co_await parts.blobs.read(target.partition(), target.name)));
    if (!is_pending(current, copy_id)) co_return ApiResult<>();
    FH_CO_TRY(auto change,
              co_await finished(parts, target, current->row, properties, work, parts.hybrid.next(), pending));
    FH_CO_TRY(const bool applied,
              co_await apply(parts, target, std::move(current), std::move(change), audit, &pending));
    if (applied) co_return ApiResult<>();
  }
  co_return refuse(errors::busy("too many writers of one blob"));
}

}  // namespace

std::string snapshot_named(const CopySource& source) {
  const auto asked = http::request_for(http::Method::kGet, source.url);
  return asked ? std::string(asked->parameter("snapshot")) : std::string();
}

ApiResult<IncrementalState> check_may_copy_into(const BlobParts& parts, const std::optional<StoredBlob>& current,
                                                const CopySource& source) {
  if (!current || !current->row.committed()) return IncrementalState{};
  FH_CHECK_OK(check_no_pending_copy(current));
  const auto& row = current->row;
  if (!row.copy || !row.copy->incremental || !same_blob(parts, row.copy->source, source)) {
    return refuse(errors::incremental_copy_mismatch());
  }
  const auto work = decode_copy_work(row.copy->work);
  if (!work) return refuse(errors::internal("what an incremental copy left can't be read"));
  // Times as they are written sort as they follow each other.
  if (snapshot_named(source) < work->previous) return refuse(errors::incremental_copy_of_earlier_snapshot());
  return IncrementalState{work->previous, work->dirty};
}

Task<ApiResult<>> copy_difference(BlobParts& parts, BlobTarget target, BlobRow row, CopyWork work,
                                  PageQuestion question, AuditRow audit) {
  const auto copy_id = row.copy->id;
  if (work.dirty && row.copy->copied == 0) {
    FH_CO_CHECK_OK(co_await take_back_pages(parts, target, copy_id));
  }
  FH_CO_TRY(const auto properties, co_await ask_properties(parts, question));
  const auto snapshot = snapshot_named(question.source);
  question.previous = work.previous;
  FH_CO_TRY(const bool still, co_await bring_pages(parts, target, std::move(row), std::move(question)));
  if (!still) co_return ApiResult<>();
  work.previous = snapshot;
  work.dirty = false;
  co_return co_await finish(parts, target, copy_id, properties, work, std::move(audit));
}

}  // namespace freehold::blob
