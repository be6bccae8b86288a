// Get Blob: the whole content or a range of it.
#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/content_reader.h"
#include "src/crc64.h"
#include "src/operations.h"
#include "src/page_map.h"
#include "src/responses.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

constexpr std::uint64_t kMostHashed = 4 * 1024 * 1024;  // x-ms-range-get-content-md5, -crc64
constexpr int kReadAttempts = 8;
constexpr int kPatientAttempt = 4;

struct GetBlobPlan {
  std::optional<RangeHeader> range;
  std::string if_range;
  Digest range_digest = Digest::kNone;  // at most one
  Conditions conditions;
  std::optional<CustomerKey> customer;
};

// "Get Blob": of a range alone, and one of the two.
ApiResult<Digest> parse_range_digest(const http::Headers& headers, bool has_range) {
  FH_TRY(const bool md5, parse_flag(headers, "x-ms-range-get-content-md5"));
  FH_TRY(const bool crc64, parse_flag(headers, "x-ms-range-get-content-crc64"));
  if (crc64 && (md5 || !has_range)) return refuse(errors::invalid_header("x-ms-range-get-content-crc64", "true"));
  if (md5 && !has_range) return refuse(errors::invalid_header("x-ms-range-get-content-md5", "true"));
  if (crc64) return Digest::kCrc64;
  return md5 ? Digest::kMd5 : Digest::kNone;
}

ApiResult<GetBlobPlan> plan_get_blob(const http::Request& request, const gate::StorageAccount& account) {
  GetBlobPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(request.headers, CustomerKeys::kTaken));
  FH_TRY(plan.customer, parse_customer_key(request, account));
  FH_TRY(plan.range, requested_range(request.headers));
  plan.if_range = request.headers.get("if-range");
  FH_TRY(plan.conditions, parse_read_conditions(request.headers));
  FH_TRY(plan.range_digest, parse_range_digest(request.headers, plan.range.has_value()));
  return plan;
}

// A part of the new content behind a part of the old would be neither.
void drop_stale_range(GetBlobPlan& plan, const BlobRow& row) {
  if (plan.if_range.empty() || range_is_current(plan.if_range, row.existing(0))) return;
  plan.range.reset();
  plan.range_digest = Digest::kNone;
}

// The range of this blob to send, once its conditions hold.
ApiResult<ByteRange> decide_range(const GetBlobPlan& plan, const BlobRow& row, std::uint64_t now) {
  if (auto held = check_read(plan.conditions, row.existing(now)); !held) {
    return refuse(with_entity(std::move(held.error()), row.etag, row.last_modified()));
  }
  FH_CHECK_OK(refuse_archived(row, store::HybridClock::wall_time(now)));
  FH_TRY(const auto range, resolve_range(plan.range, row.length));
  if (plan.range_digest != Digest::kNone && range.length > kMostHashed) return refuse(errors::out_of_range_input());
  return range;
}

http::Response head_of(const GetBlobPlan& plan, const BlobRow& row, const Notes& notes, ByteRange range,
                       std::uint64_t now) {
  auto response = answer(plan.range ? 206 : 200);
  add_blob_headers(response, row, notes, plan.range ? Part::kRange : Part::kWhole, now);
  if (plan.range) response.headers.add("Content-Range", content_range(range, row.length));
  return response;
}

const Segment* only_inline_segment(const BlobRow& row) {
  const auto& direct = row.layout.direct;
  if (!row.layout.manifests.empty() || direct.size() != 1 || direct[0].segments.size() != 1) return nullptr;
  const auto& segment = direct[0].segments[0];
  return segment.place == Segment::Place::kInline ? &segment : nullptr;
}

void add_range_digest(http::Response& response, Digest wanted, BytesView content) {
  if (wanted == Digest::kCrc64) response.headers.set("x-ms-content-crc64", to_base64(crc64_bytes(crc64(0, content))));
  if (wanted != Digest::kMd5) return;
  crypto::Md5 md5;
  md5.update(content);
  const auto digest = md5.finish();
  response.headers.set("Content-MD5", to_base64(crypto::view(digest)));
}

Task<Result<Bytes>> read_whole(std::unique_ptr<ContentReader> reader) {
  Bytes content;
  while (true) {
    FH_CO_TRY(const auto piece, co_await reader->next());
    if (piece.empty()) co_return content;
    content += piece;
  }
}

// Where the range lies; null if a page blob was written between its row and its pages. Of long ranges (250 MiB and
// more) the rest is as it stands when the reader comes there.
Task<ApiResult<std::unique_ptr<ContentRuns>>> runs_of(BlobParts& parts, BlobTarget target, ContentPlace place,
                                                      BlobRow row, ByteRange range) {
  if (!row.page) co_return layout_runs(parts.content, std::move(place), std::move(row.layout), range);
  auto runs = std::make_unique<PageRuns>(parts.blobs.rows(), target.partition(), view_of(target.name, row), range);
  FH_CO_CHECK_OK(api(co_await runs->prepare()));
  FH_CO_TRY(const auto after, co_await read_committed(parts, target));
  if (after.row.etag != row.etag) co_return nullptr;
  co_return std::move(runs);
}

// nullopt: the content went away between its row and itself; read the row again.
Task<ApiResult<std::optional<http::Response>>> send(BlobParts& parts, BlobTarget target, BlobRow row, GetBlobPlan plan,
                                                    ActiveReads::Ticket ticket) {
  FH_CO_CHECK_OK(check_customer_key(row.customer_key_sha256, plan.customer));
  drop_stale_range(plan, row);
  const auto now = parts.hybrid.next();
  FH_CO_TRY(const auto range, decide_range(plan, row, now));
  FH_CO_TRY(const auto* notes, api(row.notes.read()));
  if (range.length == 0) {
    FH_CO_CHECK_OK(co_await check_key_of(parts, target.account, row.wrapped_key));  // nothing asks for it below
  }
  auto response = head_of(plan, row, *notes, range, now);
  if (range.length == 0) {
    FH_CO_CHECK_OK(co_await check_key(parts, target.account));  // there is no content, but metadata
    response.body = Bytes();
    co_return std::optional(std::move(response));
  }
  FH_CO_TRY(const auto place, co_await place_of(parts, target, row.wrapped_key, plan.customer));
  if (const auto* segment = only_inline_segment(row)) {
    FH_CO_TRY(auto content, api(co_await parts.content.read_inline(place, *segment)));
    if (!content) co_return std::nullopt;
    if (range.offset != 0 || range.length != content->size()) {
      *content = content->substr(static_cast<std::size_t>(range.offset), static_cast<std::size_t>(range.length));
    }
    add_range_digest(response, plan.range_digest, *content);
    response.body = std::move(*content);
    co_return std::optional(std::move(response));
  }
  FH_CO_TRY(auto runs, co_await runs_of(parts, target, place, row, range));
  if (!runs) co_return std::nullopt;
  auto reader = std::make_unique<ContentReader>(parts.content, parts.scope, place, std::move(runs), range.length,
                                                std::move(ticket));
  auto ready = co_await reader->prepare();
  if (!ready && ready.error().code == ErrorCode::kNotFound) co_return std::nullopt;
  if (!ready) co_return refuse(errors::from_storage(std::move(ready.error())));
  if (plan.range_digest != Digest::kNone) {
    FH_CO_TRY(auto content, api(co_await read_whole(std::move(reader))));
    add_range_digest(response, plan.range_digest, content);
    response.body = std::move(content);
  } else {
    response.body = http::StreamBody{range.length, std::move(reader)};
  }
  co_return std::optional(std::move(response));
}

}  // namespace

Task<Reply> get_blob(BlobParts& parts, Permit<GetBlob> permit) {
  FH_CO_TRY(const auto plan, plan_get_blob(permit.request(), permit.account()));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    KeyedLock::Guard turn;
    if (attempt == kPatientAttempt) {
      // Writers came between each time: now they wait.
      FH_CO_TRY(turn, api(co_await parts.blobs.lock(target.partition(), target.name)));
    }
    FH_CO_TRY(auto stored, co_await read_committed(parts, target));
    FH_CO_CHECK_OK(check_no_incremental_copy(stored.row));
    ActiveReads::Ticket ticket;
    if (only_inline_segment(stored.row) == nullptr && stored.row.length > 0) {
      // From here on the collector leaves alone what this row names; the row must be one read after that.
      ticket = parts.reads.begin(target.partition(), target.name);
      FH_CO_TRY(stored, co_await read_committed(parts, target));
    }
    FH_CO_TRY(auto response, co_await send(parts, target, std::move(stored.row), plan, std::move(ticket)));
    if (!response) continue;
    const auto* bytes = std::get_if<Bytes>(&response->body);
    apply_overrides(*response, permit.principal());
    permit.count_out(bytes != nullptr ? bytes->size() : std::get<http::StreamBody>(response->body).length);
    co_return std::move(*response);
  }
  co_return refuse(errors::internal("a blob's row names content that isn't there"));
}

}  // namespace freehold::blob
