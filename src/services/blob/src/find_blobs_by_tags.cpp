// Find Blobs by Tags, in all containers of an account or in one.
//
// The index is written in the commits that write tags, and each blob is shown only if its own row says so now: what was
// answered before is found, and nothing is shown that isn't so. A blob whose tags change while a client turns pages may
// be passed over or come twice.
#include "base/encoding.h"
#include "src/name_rules.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/row_keys.h"
#include "src/tag_index.h"
#include "src/tagged_xml.h"

namespace freehold::blob {
namespace {

// One request looks at no more than this, and then says where to go on.
constexpr std::uint32_t kMostContainersSeen = 256;
constexpr std::uint32_t kMostRowsSeen = 10'000;
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;

// A search in the making. Containers are taken in order of their names.
struct Search {
  TagQuery query;
  FindQuery asked;
  TaggedXml xml;
  std::uint32_t results = 0;
  std::uint32_t containers = 0;
  std::uint32_t rows = 0;
  std::string next = {};  // the marker to go on from; empty: nothing is left

  [[nodiscard]] bool full() const {
    return results == asked.max_results || containers >= kMostContainersSeen || rows >= kMostRowsSeen ||
           xml.size() >= kMostBytes;
  }
};

// Looks into one container, from that key of its index on.
Task<ApiResult<>> look_into(BlobParts& parts, Search& search, std::string name, store::PartitionId partition,
                            Bytes from) {
  ++search.containers;
  // One a container: the account's key is asked for again as the search goes on.
  FH_CO_TRY(auto cipher, api(co_await parts.blobs.notes().cipher(partition)));
  FH_CO_TRY(const auto found, api(co_await find_tagged(parts.blobs, std::move(partition), cipher, search.query,
                                                       std::move(from), search.asked.max_results - search.results)));
  search.rows += found.seen;
  for (const auto& blob : found.blobs) search.xml.add_blob(name, blob, search.query);
  search.results += static_cast<std::uint32_t>(found.blobs.size());
  if (!found.next.empty()) search.next = make_find_marker({name, found.next});
  co_return ApiResult<>();
}

Task<ApiResult<>> look_into_all(BlobParts& parts, Search& search, AccountRef account) {
  FindPlace place = search.asked.place;
  while (true) {
    FH_CO_TRY(const auto page, api(co_await parts.containers.list(account, place.container, "", 64)));
    for (const auto& [name, row] : page.containers) {
      if (search.full()) {
        search.next = make_find_marker({name, {}});
        co_return ApiResult<>();
      }
      auto from = name == place.container ? std::move(place.key) : Bytes();
      FH_CO_CHECK_OK(co_await look_into(parts, search, name,
                                        row_keys::container_partition(account.tenant, account.account, row.id),
                                        std::move(from)));
      if (!search.next.empty()) co_return ApiResult<>();
    }
    if (!page.more || page.containers.empty()) co_return ApiResult<>();
    place = {page.containers.back().first + '\0', {}};
  }
}

Task<ApiResult<>> look_into_one(BlobParts& parts, Search& search, AccountRef account, std::string name) {
  FH_CO_TRY(const auto container, api(co_await parts.containers.open(account, name)));
  if (!container) co_return refuse(errors::container_not_found());
  auto from = name == search.asked.place.container ? search.asked.place.key : Bytes();
  co_return co_await look_into(parts, search, name, container->partition, std::move(from));
}

template <class Operation>
ApiResult<Search> begin_search(const Permit<Operation>& permit, int since) {
  FH_TRY(auto asked, parse_find(permit.request(), permit.api_version(), since));
  auto query = parse_tag_query(asked.where);
  if (!query) return refuse(errors::invalid_parameter("where", asked.where, "Error parsing query: syntax error"));
  TaggedXml xml(service_endpoint(permit.request(), permit.target()), asked.where, permit.api_version());
  return Search{std::move(*query), std::move(asked), std::move(xml)};
}

template <class Operation>
http::Response end_search(const Permit<Operation>& permit, Search& search) {
  auto body = search.xml.finish(search.next);
  permit.count_out(body.size());
  return xml_answer(std::move(body));
}

}  // namespace

Task<Reply> find_blobs_by_tags(BlobParts& parts, Permit<FindBlobsByTags> permit) {
  FH_CO_TRY(auto search, begin_search(permit, 2019'12'12));
  const auto account = ref_of(permit.account());
  if (search.query.container) {
    FH_CO_CHECK_OK(check_container_name(*search.query.container));
    FH_CO_CHECK_OK(co_await look_into_one(parts, search, account, *search.query.container));
  } else {
    FH_CO_CHECK_OK(co_await look_into_all(parts, search, account));
  }
  co_return end_search(permit, search);
}

Task<Reply> find_blobs_by_tags_in_container(BlobParts& parts, Permit<FindBlobsByTagsInContainer> permit) {
  FH_CO_TRY(auto search, begin_search(permit, 2021'04'10));
  const auto name = permit.target().container;
  FH_CO_CHECK_OK(check_container_name(name));
  if (search.query.container && *search.query.container != name) co_return end_search(permit, search);
  FH_CO_CHECK_OK(co_await look_into_one(parts, search, ref_of(permit.account()), name));
  co_return end_search(permit, search);
}

}  // namespace freehold::blob
