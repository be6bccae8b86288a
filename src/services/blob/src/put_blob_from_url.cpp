// Put Blob From URL: a block blob whose content is read from a source, in one request.
#include "base/encoding.h"
#include "src/copy_plan.h"
#include "src/crc64.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

struct PutFromUrlPlan {
  CopyPlan copy;
  ContentHeaders given;
  bool copy_properties = true;
};

ApiResult<PutFromUrlPlan> plan_put_from_url(const BlobParts& parts, const Permit<PutBlobFromUrl>& permit) {
  const auto& request = permit.request();
  const auto& headers = request.headers;
  PutFromUrlPlan plan;
  FH_CHECK_OK(refuse_unsupported_for_blob(headers, CustomerKeys::kTakenWithScopes));
  FH_TRY(auto customer, parse_customer_key(request, permit.account()));
  FH_TRY(plan.copy, plan_copy(parts, request, permit.api_version(), permit.principal(), TagOption::kTaken));
  plan.copy.customer = std::move(customer);
  FH_TRY(plan.given, parse_blob_content_headers(headers));
  constexpr std::string_view kOption = "x-ms-copy-source-blob-properties";
  if (headers.has(kOption)) {
    FH_TRY(plan.copy_properties, parse_flag(headers, kOption));
  }
  return plan;
}

// What the request names is taken from it, the rest from the source.
ContentHeaders choose_headers(const PutFromUrlPlan& plan, const http::Headers& sent, const ContentHeaders& source) {
  if (!plan.copy_properties) return plan.given;
  const auto choose = [&](std::string_view name, const std::string& given, const std::string& other) {
    return sent.has(name) ? given : other;
  };
  ContentHeaders out;
  out.type = choose("x-ms-blob-content-type", plan.given.type, source.type);
  out.encoding = choose("x-ms-blob-content-encoding", plan.given.encoding, source.encoding);
  out.language = choose("x-ms-blob-content-language", plan.given.language, source.language);
  out.disposition = choose("x-ms-blob-content-disposition", plan.given.disposition, source.disposition);
  out.cache_control = choose("x-ms-blob-cache-control", plan.given.cache_control, source.cache_control);
  return out;
}

}  // namespace

Task<Reply> put_blob_from_url(BlobParts& parts, Permit<PutBlobFromUrl> permit) {
  FH_CO_TRY(auto plan, plan_put_from_url(parts, permit));
  FH_CO_TRY(const auto target, co_await find_target(parts, permit));
  FH_CO_TRY(plan.copy.scope, wanted_scope(permit, target, plan.copy.customer));
  FH_CO_TRY(const auto before, api(co_await parts.blobs.read(target.partition(), target.name)));
  FH_CO_CHECK_OK(check_may_create(plan.copy.fresh, before, parts.hybrid.next()));
  FH_CO_TRY(auto opened, co_await open_source(parts, permit, plan.copy.source));
  const auto limit = put_blob_limit(permit.api_version());
  if (*opened.body->length() > limit) co_return refuse(errors::copy_source_too_large(limit));
  FH_CO_CHECK_OK(check_source_has_content(opened.headers));
  FH_CO_TRY(const auto properties, properties_of(opened.headers));
  if (plan.copy.copy_tags) {
    FH_CO_TRY(plan.copy.fresh.tags,
              co_await ask_source_tags(parts, plan.copy.source, door_of(permit), opened.asked_by));
  }
  if (plan.copy_properties && plan.copy.fresh.metadata.empty()) plan.copy.fresh.metadata = properties.metadata;

  auto pending = pending_chunks(parts);
  FH_CO_TRY(const auto stored, co_await store_copy(parts, target, opened, {}, plan.copy.source.sent, plan.copy.customer,
                                                   plan.copy.scope, pending));
  const auto& digests = stored.content.last();
  FH_CO_CHECK_OK(check_digests({}, plan.given.md5, digests));
  permit.count_in(stored.content.length());
  auto fresh = row_of(plan.copy.fresh, BlobType::kBlock);
  fresh.length = stored.content.length();
  fresh.content = choose_headers(plan, permit.request().headers, properties.content);
  fresh.content.md5 = digests.md5;
  fresh.wrapped_key = stored.wrapped_key;
  fresh.layout = stored.layout;
  if (plan.copy.customer) fresh.customer_key_sha256 = plan.copy.customer->sha256;
  const Decide decide = [&](const std::optional<StoredBlob>& current, std::uint64_t now) -> ApiResult<BlobChange> {
    FH_CHECK_OK(check_may_create(plan.copy.fresh, current, now));
    auto change = replace_blob(fresh, current, target.name, now);
    change.puts = stored.content.inline_rows();
    return change;
  };
  FH_CO_TRY(const auto row, co_await change_blob(parts, target, decide, audit_row(permit, 201), &pending));
  auto response = written(201, row);
  response.headers.add("Content-MD5", to_base64(digests.md5));
  if (!plan.copy.source.sent.crc64.empty()) {
    response.headers.add("x-ms-content-crc64", to_base64(plan.copy.source.sent.crc64));
  }
  co_return response;
}

}  // namespace freehold::blob
