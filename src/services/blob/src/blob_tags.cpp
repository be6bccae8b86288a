// Get and Set Blob Tags. Tags are no change of the blob: ETag and Last-Modified stay.
#include "src/creation_rules.h"
#include "src/operations.h"
#include "src/responses.h"
#include "src/tag_rules.h"
#include "src/upload_rules.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

// Here the conditions on the blob are called x-ms-blob-if-...; under their usual names they hold as everywhere.
ApiResult<Conditions> parse_tag_conditions(const http::Headers& headers) {
  http::Headers usual = headers;
  for (const std::string name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}) {
    const auto value = headers.get("x-ms-blob-" + name);
    if (!headers.has("x-ms-blob-" + name)) continue;
    if (usual.has(name)) return refuse(errors::multiple_conditions());
    usual.add(name, std::string(value));
  }
  return parse_conditions(usual);
}

}  // namespace

Task<Reply> get_blob_tags(BlobParts& parts, Permit<GetBlobTags> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_TRY(const auto conditions, parse_tag_conditions(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_TRY(const auto stored, co_await read_committed(parts, target));
  FH_CO_CHECK_OK(check_no_incremental_copy(stored.row));
  FH_CO_CHECK_OK(check_read(conditions, stored.row.existing(parts.hybrid.next())));
  FH_CO_TRY(const auto* notes, api(stored.row.notes.read()));
  std::string body(kXmlDeclaration);
  append_tags_xml(body, notes->tags);
  permit.count_out(body.size());
  co_return xml_answer(std::move(body));
}

Task<Reply> set_blob_tags(BlobParts& parts, Permit<SetBlobTags> permit) {
  FH_CO_CHECK_OK(refuse_unsupported_for_blob(permit.request().headers));
  FH_CO_TRY(const auto conditions, parse_tag_conditions(permit.request().headers));
  FH_CO_TRY(const auto sent, parse_sent_digests(permit.request().headers));
  FH_CO_TRY(const auto target, co_await find_target_or_snapshot(parts, permit));
  FH_CO_CHECK_OK(co_await check_scope_of(parts, target));
  auto body = co_await http::read_all(*permit.request().body, kTagsBodyBytes);
  if (!body && body.error().code == ErrorCode::kExhausted) co_return refuse(errors::body_too_large(kTagsBodyBytes));
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());
  FH_CO_CHECK_OK(check_small_body(sent, *body));
  FH_CO_TRY(const auto tags, parse_tags_xml(*body));
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    if (!current || !current->row.committed()) return refuse(errors::blob_not_found());
    FH_CHECK_OK(check_write(conditions, current->row.existing(now)));
    BlobChange change;
    change.row = current->row;
    FH_TRY(const auto* before, api(current->row.notes.read()));
    change.row.notes.set({before->metadata, tags});
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 204), nullptr));
  static_cast<void>(row);
  co_return answer(204);
}

}  // namespace freehold::blob
