// Get Page Ranges: which pages of a page blob are written, or (prevsnapshot) have changed since a snapshot.
#include "base/encoding.h"
#include "src/operations.h"
#include "src/page_list.h"
#include "src/page_rules.h"
#include "src/responses.h"
#include "src/snapshot_time.h"

namespace freehold::blob {
namespace {

constexpr int kPagedSince = 20201002;
// One request looks at no more windows than this, and then says where to go on, or that it took too long where the
// version knows no markers. Azure advises spans for such blobs ("Get Page Ranges", remarks).
constexpr std::uint32_t kMostWindowsSeen = 100'000;
constexpr std::uint32_t kMostRangesUnpaged = 200'000;
constexpr int kReads = 3;

struct GetPageRangesPlan {
  std::optional<RangeHeader> range;
  std::optional<std::uint64_t> previous;  // of a diff: the snapshot to compare with
  Conditions conditions;
  bool paged = false;
  std::uint32_t most = kMostRangesUnpaged;
  std::uint64_t from = 0;  // of the marker
};

ApiResult<> parse_paging(const http::Request& request, GetPageRangesPlan& plan) {
  plan.most = kMostPageRanges;
  if (const auto text = request.parameter("maxresults"); !text.empty()) {
    const auto number = parse_u64(text);
    if (!number) return refuse(errors::invalid_parameter("maxresults", text, "Not a number"));
    if (*number == 0) return refuse(errors::out_of_range_parameter("maxresults", text, "1", "2147483647"));
    plan.most = static_cast<std::uint32_t>(std::min<std::uint64_t>(*number, kMostPageRanges));
  }
  if (const auto marker = request.parameter("marker"); !marker.empty()) {
    const auto from = open_page_marker(marker);
    if (!from) return refuse(errors::invalid_parameter("marker", marker, "Invalid marker"));
    plan.from = *from;
  }
  return {};
}

// x-ms-previous-snapshot-url: prevsnapshot as the URL of that snapshot of the same blob. 409
// PreviousSnapshotOperationNotSupported for any other: only managed disks, which there are none of, compare two blobs.
ApiResult<std::uint64_t> parse_previous_url(const BlobParts& parts, const http::Request& request,
                                            const gate::Target& target) {
  constexpr std::string_view kName = "x-ms-previous-snapshot-url";
  const auto bad = [&] { return refuse(errors::invalid_header(kName, "")); };  // it may hold a SAS
  const auto named = parts.sources.parse_here(request.headers.get(kName), request.headers.get("host"));
  if (!named && named.error().status == 403) return refuse(errors::previous_snapshot_not_supported());
  if (!named || request.has_parameter("prevsnapshot")) return bad();
  const auto asked = http::request_for(http::Method::kGet, named->url);
  if (!asked || !asked->has_parameter("snapshot")) return bad();
  const auto& its = *named->here;
  if (its.account != target.account || its.container != target.container || its.blob != target.blob) {
    return refuse(errors::previous_snapshot_not_supported());
  }
  return parse_snapshot(*asked);
}

ApiResult<GetPageRangesPlan> plan_get_page_ranges(const BlobParts& parts, const http::Request& request,
                                                  const gate::Target& target, int version) {
  GetPageRangesPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers));
  if (request.headers.has("x-ms-previous-snapshot-url")) {
    FH_TRY(plan.previous, parse_previous_url(parts, request, target));
  } else if (request.has_parameter("prevsnapshot")) {
    FH_TRY(plan.previous, parse_snapshot(request, "prevsnapshot"));
  }
  FH_TRY(plan.range, requested_range(request.headers));
  FH_TRY(plan.conditions, parse_read_conditions(request.headers));
  plan.paged = version >= kPagedSince;
  if (plan.paged) {
    FH_CHECK_OK(parse_paging(request, plan));
  }
  return plan;
}

// The states to compare, at one moment.
struct States {
  BlobRow row;
  PageView now;
  std::optional<PageView> before;
};

ApiResult<ByteRange> range_to_list(const GetPageRangesPlan& plan, std::uint64_t length) {
  FH_TRY(const auto range, resolve_range(plan.range, length));
  const auto first = std::clamp(plan.from, range.offset, range.end());
  return ByteRange{first, range.end() - first};
}

Task<ApiResult<std::string>> list_ranges(BlobParts& parts, BlobTarget target, States states, ByteRange range,
                                         GetPageRangesPlan plan) {
  PageList list(range, plan.most);
  std::optional<std::uint64_t> since;
  if (states.before) since = states.before->state.version;
  std::uint32_t seen = 0;
  auto window = static_cast<std::uint32_t>(range.offset / kWindowBytes);
  const auto end = range.length == 0 ? window : windows_of(range.end());
  while (window < end && !list.full() && seen < kMostWindowsSeen) {
    FH_CO_TRY(const auto page, api(co_await read_windows(parts.blobs.rows(), target.partition(), states.now,
                                                         states.before, window, end)));
    for (const auto& one : page.windows) list.add(one, since);
    seen += static_cast<std::uint32_t>(page.windows.size()) + 1;
    window = page.next;
  }
  std::optional<std::uint64_t> next;
  if (list.full()) {
    next = list.next();
  } else if (window < end) {
    next = window * kWindowBytes;
  }
  if (next && !plan.paged) co_return refuse(errors::took_too_long("too many page ranges for one answer"));
  co_return list.xml(next, plan.paged);
}

Task<ApiResult<States>> read_states(BlobParts& parts, BlobTarget target, GetPageRangesPlan plan) {
  FH_CO_TRY(auto stored, co_await read_committed(parts, target));
  FH_CO_CHECK_OK(check_page_blob(stored.row));
  FH_CO_CHECK_OK(check_no_incremental_copy(stored.row));
  if (auto held = check_read(plan.conditions, stored.row.existing(parts.hybrid.next())); !held) {
    co_return refuse(with_entity(std::move(held.error()), stored.row.etag, stored.row.last_modified()));
  }
  States states{std::move(stored.row), {}, std::nullopt};
  states.now = view_of(target.name, states.row);
  if (!plan.previous) co_return states;
  if (target.snapshot != 0 && *plan.previous > target.snapshot) co_return refuse(errors::previous_snapshot_newer());
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name, *plan.previous)));
  if (!before) co_return refuse(errors::previous_snapshot_not_found());
  if (!before->row.page || before->row.page->generation != states.row.page->generation) {
    co_return refuse(errors::blob_overwritten());
  }
  states.before = view_of(target.name, before->row);
  co_return states;
}

}  // namespace

Task<Reply> get_page_ranges(BlobParts& parts, Permit<GetPageRanges> permit) {
  FH_CO_TRY(const auto plan, plan_get_page_ranges(parts, permit.request(), permit.target(), permit.api_version()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  for (int read = 1;; ++read) {
    const auto ticket = parts.reads.begin(target.partition(), target.name);
    KeyedLock::Guard turn;
    if (read == kReads) {
      // Writers came between each time: now they wait.
      FH_CO_TRY(turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
    }
    FH_CO_TRY(const auto states, co_await read_states(parts, target, plan));
    FH_CO_TRY(const auto range, range_to_list(plan, states.row.length));
    FH_CO_TRY(auto body, co_await list_ranges(parts, target, states, range, plan));
    FH_CO_TRY(const auto after, co_await read_committed(parts, target));
    if (after.row.etag != states.row.etag && read < kReads) continue;
    permit.count_out(body.size());
    auto response = xml_answer(std::move(body));
    add_entity(response, states.row.etag, states.row.last_modified());
    response.headers.add("x-ms-blob-content-length", std::to_string(states.row.length));
    co_return response;
  }
}

}  // namespace freehold::blob
