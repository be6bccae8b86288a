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

struct Question {
  Wanted wanted;
  Conditions conditions;
  bool anonymous = false;
};

struct Lists {
  BlobRow row;
  std::vector<ListedBlock> committed;
  std::vector<ListedBlock> uncommitted;
};

// All of it as of one moment; nullopt if the blob was changed while its staged blocks were read.
Task<ApiResult<std::optional<Lists>>> read_lists(BlobParts& parts, BlobTarget target, Question question) {
  // Before the row is read: what the row names stays for as long as the ticket lives.
  const auto ticket = parts.reads.begin(target.partition(), target.name);
  FH_CO_TRY(const auto stored, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
  if (!stored || (question.anonymous && !stored->row.committed())) co_return refuse(errors::blob_not_found());
  const auto& row = stored->row;
  if (row.type != BlobType::kBlock) co_return refuse(errors::invalid_blob_type());
  FH_CO_CHECK_OK(check_read(question.conditions, row.existing(parts.hybrid.next())));
  Lists lists;
  if (question.wanted.committed && !row.layout.empty()) {
    FH_CO_TRY(const auto place, co_await place_of(parts, target, row.wrapped_key));
    FH_CO_TRY(const auto layout, api(co_await parts.content.load_layout(place, row.layout)));
    lists.committed = listed(layout);
  }
  if (question.wanted.uncommitted && row.staging) {
    FH_CO_TRY(const auto staged, co_await list_staged(parts, target, *row.staging));
    lists.uncommitted = listed(staged);
    FH_CO_TRY(const auto after, api(co_await parts.blobs.read(target.partition(), target.name, target.snapshot)));
    const bool same = after && after->row.etag == row.etag && after->row.staging &&
                      after->row.staging->generation == row.staging->generation;
    if (!same) co_return std::nullopt;
  }
  lists.row = row;
  co_return lists;
}

}  // namespace

Task<Reply> get_block_list(BlobParts& parts, Permit<GetBlockList> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  Question question;
  FH_CO_TRY(question.conditions, parse_read_conditions(permit.request().headers));
  FH_CO_TRY(question.wanted, parse_type(permit.request().parameter("blocklisttype")));
  // Strangers see what is public, and what was only staged isn't yet.
  question.anonymous = permit.principal().credential == gate::kAnonymous;
  if (question.anonymous && question.wanted.uncommitted) co_return refuse(errors::resource_not_found());
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  std::optional<Lists> lists;
  for (int attempt = 0; attempt < kAttempts && !lists; ++attempt) {
    FH_CO_TRY(lists, co_await read_lists(parts, target, question));
  }
  if (!lists) co_return refuse(errors::busy("the blob changes faster than its blocks can be listed"));
  auto response = xml_answer(block_list_xml(question.wanted.committed ? &lists->committed : nullptr,
                                            question.wanted.uncommitted ? &lists->uncommitted : nullptr));
  if (lists->row.committed()) {
    add_entity(response, lists->row.etag, lists->row.last_modified());
    response.headers.add("x-ms-blob-content-length", std::to_string(lists->row.length));
  }
  co_return response;
}

}  // namespace freehold::blob
