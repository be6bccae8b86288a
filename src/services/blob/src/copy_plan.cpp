#include "src/copy_plan.h"

#include "base/encoding.h"
#include "src/tag_rules.h"
#include "src/tier_rules.h"

namespace freehold::blob {
namespace {

ApiResult<bool> parse_tag_option(const http::Headers& headers, TagOption tag_option) {
  constexpr std::string_view kName = "x-ms-copy-source-tag-option";
  if (!headers.has(kName)) return false;
  if (tag_option == TagOption::kRefused) return refuse(errors::unsupported_header(kName));
  const auto value = headers.get(kName);
  if (equals_ignoring_case(value, "REPLACE")) return false;
  if (!equals_ignoring_case(value, "COPY") || headers.has("x-ms-tags")) {
    return refuse(errors::invalid_header(kName, value));
  }
  return true;
}

}  // namespace

ApiResult<CopyPlan> plan_copy(const BlobParts& parts, const http::Request& request, int version,
                              const gate::Principal& principal, TagOption tag_option) {
  FH_CHECK_OK(refuse_snapshot(request));
  CopyPlan plan;
  FH_TRY(plan.fresh, parse_new_blob(request, version, principal, BlobType::kBlock));
  FH_TRY(plan.copy_tags, parse_tag_option(request.headers, tag_option));
  FH_TRY(plan.source, plan_source(parts, request, SourceRanges::kRefused));
  return plan;
}

ApiResult<> check_source_has_content(const http::Headers& answer) {
  if (answer.get("x-ms-copy-status") == to_string(CopyStatus::kPending)) return refuse(errors::pending_copy());
  if (answer.get("x-ms-access-tier") == to_string(AccessTier::kArchive)) return refuse(errors::blob_archived());
  return {};
}

Task<ApiResult<Tags>> ask_source_tags(BlobParts& parts, const SourcePlan& plan, AskDoor door, gate::AskedBy asked_by) {
  auto question = question_besides("comp=tags", plan.question.headers);
  if (!plan.source.here) co_return refuse(errors::not_implemented("tags of a source outside this cloud"));
  const auto source = plan.source;
  FH_CO_TRY(auto opened, co_await parts.sources.open_as(source, std::move(question), std::move(door), asked_by));
  auto xml = co_await http::read_all(*opened.body, kTagsBodyBytes);
  if (!xml) co_return refuse(errors::cannot_verify_copy_source(500, ""));
  co_return parse_tags_xml(*xml);
}

Task<ApiResult<NewContent>> store_copy(BlobParts& parts, BlobTarget target, OpenedSource& opened,
                                       std::vector<SourceBlock> blocks, SentDigests sent,
                                       std::optional<CustomerKey> customer, WantedScope scope, PendingChunks& pending) {
  FH_CO_TRY(const auto wrapping, co_await key_for_new(parts, target, scope));
  const auto key = make_blob_key(wrapping, parts.random);
  const ContentPlace place{target.account.tenant, target.partition(), content_key(key.key, customer), key.key,
                           wrapping.hold};
  const bool whole = blocks.empty();
  const auto length = *opened.body->length();
  CopiedContent content(std::move(blocks), length);
  RunningDigests digests(Digest::kBoth);
  DigestedBody digested(*opened.body, digests);
  http::BodyReader& body = !whole && !sent.empty() ? static_cast<http::BodyReader&>(digested) : *opened.body;
  Digest digest = Digest::kNone;
  if (whole) digest = sent.crc64.empty() ? Digest::kMd5 : Digest::kBoth;
  const auto taken = co_await content.take(parts.content, body, length, digest, place, pending);
  if (!taken) co_return refuse(blame(*opened.body, errors::from_body(taken.error())));
  if (!sent.empty()) {
    FH_CO_CHECK_OK(check_digests(sent, {}, whole ? content.last() : finished(digests)));
  }
  FH_CO_TRY(auto layout, api(co_await parts.content.store_layout(place, content.layout(), pending)));
  co_return NewContent{std::move(content), key.wrapped, std::move(layout)};
}

std::string new_copy_id(Random& random) { return to_string(random_id<RequestId>(random)); }

void add_copy_started(http::Response& response, const CopyState& copy) {
  response.headers.add("x-ms-copy-id", copy.id);
  response.headers.add("x-ms-copy-status", std::string(to_string(copy.status)));
}

}  // namespace freehold::blob
