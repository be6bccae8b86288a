// List Blobs, flat and by delimiter.
#include "src/listing_xml.h"
#include "src/name_rules.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"

namespace freehold::blob {
namespace {

// One request looks at no more rows than this, and then says where to go on: a container full of abandoned uploads must
// not hold a loop.
constexpr std::uint32_t kMostRowsSeen = 50'000;
// Nor is a page longer than this, give or take a blob: 5,000 blobs may have 8 KiB of metadata and 20 KiB of headers
// each.
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;

// A page of results in the making.
struct Listing {
  ListingQuery query;
  ListingXml xml;
  Bytes from;  // the next key to look at
  Bytes end;   // past the last
  std::uint32_t results = 0;
  std::uint32_t seen = 0;
  bool done = false;
  std::uint64_t now = 0;  // hybrid time of the request

  [[nodiscard]] bool full() const {
    return results == query.max_results || seen >= kMostRowsSeen || xml.size() >= kMostBytes;
  }

  // Takes in one row. The rest of the page may begin before `from` then, and is passed over.
  ApiResult<> take(const Bytes& key, const std::string& name, const BlobRow& row) {
    from = key + '\0';
    if (row.is_snapshot() ? !query.snapshots : !row.committed() && !query.uncommitted) return {};
    if (const auto prefix = folded(name, query)) {
      xml.add_prefix(*prefix);
      from = row_keys::blobs_after(*prefix);
      done = from.empty();
    } else {
      static const Notes kNone;
      const auto* notes = &kNone;
      if (shows_notes()) {
        FH_TRY(notes, api(row.notes.read()));
      }
      xml.add_blob(name, row, *notes, query, now);
    }
    ++results;
    return {};
  }
  [[nodiscard]] bool shows_notes() const { return query.metadata || query.tags; }
};

// No name before the first that may be listed, none from the first that may not.
void narrow(Listing& listing) {
  const auto& query = listing.query;
  if (!query.start_from.empty()) listing.from = std::max(listing.from, row_keys::blobs_from(query.start_from));
  if (query.end_before.empty()) return;
  const auto end = row_keys::blobs_from(query.end_before);
  listing.end = listing.end.empty() ? end : std::min(listing.end, end);
}

Task<ApiResult<bool>> take_page(BlobParts& parts, const store::PartitionId& partition, Listing& listing) {
  const auto want = std::min<std::uint32_t>(1'000, listing.query.max_results - listing.results + 1);
  FH_CO_TRY(const auto page, api(co_await parts.blobs.rows().scan(partition, listing.from, listing.end, want)));
  std::optional<Result<NoteCipher>> cipher;  // one a page, which takes much less time than a lease
  for (const auto& stored : page.rows) {
    if (stored.key < listing.from) continue;  // below a prefix that was folded
    if (listing.full()) co_return true;
    ++listing.seen;
    const auto key = row_keys::parse_blob(stored.key);
    if (!key) co_return refuse(errors::internal("a blob's key can't be read"));
    FH_CO_TRY(auto row, api(decode_blob_row(stored.value)));
    if (listing.shows_notes() && row.notes.is_sealed()) {
      if (!cipher) cipher = co_await parts.blobs.notes().cipher(partition);
      open_notes(*cipher, stored.key, row.notes);
    }
    FH_CO_CHECK_OK(listing.take(stored.key, key->name, row));
    if (listing.done) co_return true;
  }
  if (page.rows.empty() || (!page.more && page.rows.back().key < listing.from)) listing.done = !page.more;
  co_return true;
}

}  // namespace

Task<Reply> list_blobs(BlobParts& parts, Permit<ListBlobs> permit) {
  FH_CO_TRY(auto query, parse_listing(permit.request(), ListingKind::kBlobs, permit.api_version()));
  const auto container_name = permit.target().container;
  FH_CO_CHECK_OK(check_container_name(container_name));
  FH_CO_TRY(const auto container, api(co_await parts.containers.open(ref_of(permit.account()), container_name)));
  if (!container) co_return refuse(errors::container_not_found());
  if (query.metadata || query.tags) {
    FH_CO_CHECK_OK(co_await check_key(parts, ref_of(permit.account())));
  }
  Listing listing{query, ListingXml(service_endpoint(permit.request(), permit.target()), container_name, query),
                  row_keys::blobs_from(query.prefix), row_keys::blobs_after(query.prefix)};
  listing.now = parts.hybrid.next();
  narrow(listing);
  // A marker from another listing goes on inside this one's prefix or ends at once.
  if (!query.from.empty()) listing.from = std::max(listing.from, query.from);
  while (!listing.done && !listing.full() && (listing.end.empty() || listing.from < listing.end)) {
    FH_CO_TRY(const auto took, co_await take_page(parts, container->partition, listing));
    static_cast<void>(took);
  }
  bool more = !listing.done && (listing.end.empty() || listing.from < listing.end);
  if (more) {
    // A marker that leads to nothing would cost the client a request.
    FH_CO_TRY(const auto rest,
              api(co_await parts.blobs.rows().scan(container->partition, listing.from, listing.end, 1)));
    more = !rest.rows.empty();
  }
  auto body = listing.xml.finish(more ? make_marker(listing.from) : std::string());
  permit.count_out(body.size());
  co_return xml_answer(std::move(body));
}

Task<Reply> list_containers(BlobParts& parts, Permit<ListContainers> permit) {
  FH_CO_TRY(const auto query, parse_listing(permit.request(), ListingKind::kContainers, permit.api_version()));
  ListingXml xml(service_endpoint(permit.request(), permit.target()), "", query);
  FH_CO_TRY(const auto page,
            api(co_await parts.containers.list(ref_of(permit.account()), query.from, query.prefix, query.max_results)));
  const auto now = parts.hybrid.next();
  for (const auto& [name, row] : page.containers) {
    static const Notes kNone;
    const auto* notes = &kNone;
    if (query.metadata) {
      FH_CO_TRY(notes, api(row.notes.read()));
    }
    xml.add_container(name, row, *notes, query, now);
  }
  const auto marker = page.more ? make_marker(page.containers.back().first + '\0') : std::string();
  auto body = xml.finish(marker);
  permit.count_out(body.size());
  co_return xml_answer(std::move(body));
}

}  // namespace freehold::blob
