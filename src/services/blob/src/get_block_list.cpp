// Get Block List: the committed and the staged blocks of a blob.
#include "base/encoding.h"
#include "src/block_list_xml.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

struct Wanted {
  bool committed = true;
  bool uncommitted = false;
};

ApiResult<Wanted> parse_type(std::string_view text) {
  const auto type = to_lower(text);
  if (type.empty() || type == "committed") return Wanted{true, false};
  if (type == "uncommitted") return Wanted{false, true};
  if (type == "all") return Wanted{true, true};
  return refuse(errors::invalid_parameter("blocklisttype", text, "Invalid block list type"));
}

// Content that was put whole isn't blocks.
std::vector<ListedBlock> listed(const std::vector<Block>& blocks) {
  std::vector<ListedBlock> result;
  for (const auto& block : blocks) {
    if (!block.id.empty()) result.push_back({block.id, block.length()});
  }
  return result;
}

}  // namespace

Task<Reply> get_block_list(BlobParts& parts, Permit<GetBlockList> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_TRY(const auto conditions, parse_conditions(permit.request().headers));
  FH_CO_TRY(const auto wanted, parse_type(permit.request().parameter("blocklisttype")));
  // Strangers see what is public, and what was only staged isn't yet.
  const bool anonymous = permit.principal().credential == gate::kAnonymous;
  if (anonymous && wanted.uncommitted) co_return refuse(errors::resource_not_found());
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_TRY(const auto stored, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
  if (!stored || (anonymous && !stored->row.committed())) co_return refuse(errors::blob_not_found());
  const auto& row = stored->row;
  if (row.type != BlobType::kBlock) co_return refuse(errors::invalid_blob_type());
  FH_CO_CHECK_OK(check_read(conditions, row.existing(parts.hybrid.next())));
  std::vector<ListedBlock> committed;
  std::vector<ListedBlock> uncommitted;
  if (wanted.committed && !row.layout.empty()) {
    // The read that finds a manifest gone would be a commit later than this one; the ticket keeps it here.
    const auto ticket = parts.reads.begin();
    FH_CO_TRY(const auto again, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
    if (!again) co_return refuse(errors::blob_not_found());
    FH_CO_TRY(const auto place, place_of(parts, target, again->row.wrapped_key));
    FH_CO_TRY(const auto layout, api(co_await parts.content.load_layout(place, again->row.layout)));
    committed = listed(layout);
  }
  if (wanted.uncommitted && row.staging) {
    FH_CO_TRY(const auto staged, co_await list_staged(parts, target, *row.staging));
    uncommitted = listed(staged);
  }
  auto response =
      xml_answer(block_list_xml(wanted.committed ? &committed : nullptr, wanted.uncommitted ? &uncommitted : nullptr));
  if (row.committed()) {
    add_entity(response, row.etag, row.last_modified());
    response.headers.add("x-ms-blob-content-length", std::to_string(row.length));
  }
  co_return response;
}

}  // namespace freehold::blob
