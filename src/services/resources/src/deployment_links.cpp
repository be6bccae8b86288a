#include "src/deployment_links.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "http/no_body.h"
#include "http/url.h"
#include "route/storage_target.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

using gate::expression::text_member;

constexpr std::string_view kStorageVersion = "2021-12-02";

std::string_view without_query(std::string_view uri) { return uri.substr(0, uri.find('?')); }

gate::ApiError wrong_link(std::string_view why) {
  return arm_errors::make(400, "InvalidTemplate", fmt::format("Deployment template validation failed: '{}'.", why));
}

gate::ApiError cannot_read(std::string_view address, std::string_view why) {
  return arm_errors::make(
      400, "InvalidContentLink",
      fmt::format("Unable to download deployment content from '{}': {}", without_query(address), why));
}

// "ACCOUNT.blob.core.DOMAIN"
bool is_blob_host(std::string_view host, std::string_view domain) {
  const auto dot = host.find('.');
  if (dot == host.npos || !host.ends_with(fmt::format(".{}", domain))) return false;
  auto account = host.substr(0, dot);
  constexpr std::string_view kSecondary = "-secondary";
  if (account.ends_with(kSecondary)) account.remove_suffix(kSecondary.size());
  return gate::is_account_name(account) && host.substr(dot).starts_with(".blob.");
}

// A name below the template that it stands in, and nothing that leads elsewhere.
bool is_simple(std::string_view relative) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").contains(c);
  };
  return !relative.empty() && relative.front() != '/' && !relative.contains("..") && !relative.contains("//") &&
         std::ranges::all_of(relative, good);
}

// What the answer holds, if it is no more than a body may be.
Task<Result<Bytes>> content_of(http::Response answer) {
  if (auto* bytes = std::get_if<Bytes>(&answer.body)) co_return std::move(*bytes);
  auto* stream = std::get_if<http::StreamBody>(&answer.body);
  Bytes out;
  if (stream == nullptr) co_return out;
  if (stream->length > kMaxBodyBytes) co_return fail(ErrorCode::kExhausted, "it is too large.");
  while (out.size() < stream->length) {
    FH_CO_TRY(const auto piece, co_await stream->writer->next());
    if (piece.empty()) co_return fail(ErrorCode::kUnavailable, "it broke off.");
    out.append(piece);
  }
  co_return out;
}

Task<ApiResult<OrderedJson>> read_linked(LinkReader reader, std::string address) {
  const auto url = http::parse_url(address);
  auto part = url ? http::request_for(http::Method::kGet, *url) : std::nullopt;
  if (!part) co_return std::unexpected(wrong_link("the link is no URL."));
  part->headers.add("x-ms-version", std::string(kStorageVersion));
  part->body = &http::no_body();
  auto answer = co_await reader.stranger(*part);
  if (answer.status != 200) {
    co_return std::unexpected(cannot_read(
        address, fmt::format("the answer is {} {}.", answer.status, answer.headers.get("x-ms-error-code"))));
  }
  auto content = co_await content_of(std::move(answer));
  if (!content) co_return std::unexpected(cannot_read(address, content.error().message));
  auto json = co_await reader.planning.run(
      reader.tenant, std::make_shared<PlanningTime>(),
      [text = std::move(*content)]() -> Result<OrderedJson> { return gate::expression::read_jsonc(text); });
  if (!json) co_return std::unexpected(cannot_read(address, json.error().message + "."));
  if (!json->is_object()) co_return std::unexpected(cannot_read(address, "it is no JSON object."));
  co_return std::move(*json);
}

}  // namespace

ApiResult<std::string> link_address(const TemplateLink& link, const TemplateLink& outer, std::string_view domain) {
  std::string address = link.uri;
  std::string_view query = link.query;
  if (!link.relative.empty()) {
    if (!is_simple(link.relative)) return std::unexpected(wrong_link("the relativePath of the link isn't supported."));
    if (outer.uri.empty()) return std::unexpected(wrong_link("a relativePath needs a parent that is linked itself."));
    address = outer.uri.substr(0, outer.uri.rfind('/') + 1) + link.relative;
    if (query.empty()) query = outer.query;
  }
  if (!query.empty()) address.append(address.contains('?') ? "&" : "?").append(query);
  const auto url = http::parse_url(address);
  if (!url || !url->tls || !is_blob_host(url->host, domain)) {
    return std::unexpected(
        wrong_link("templateLink and parametersLink lead to blobs of this cloud, by https, and nowhere else"));
  }
  return address;
}

Task<ApiResult<>> follow_links(LinkReader reader, DeploymentRequest& request, TemplateLink outer) {
  if (request.document.is_null()) {
    FH_CO_TRY(auto address, link_address(request.link, outer, reader.domain));
    FH_CO_TRY(request.document, co_await read_linked(reader, address));
    const auto version = text_member(request.document, "contentVersion");
    if (!request.link.content_version.empty() && request.link.content_version != version) {
      co_return std::unexpected(wrong_link(fmt::format(
          "the link wants the contentVersion '{}', and the template has '{}'", request.link.content_version, version)));
    }
    const auto query = address.find('?');
    request.link = {.uri = address.substr(0, query),
                    .query = query == address.npos ? std::string() : address.substr(query + 1)};
  }
  if (request.parameters_link.empty()) co_return ApiResult<>();
  FH_CO_TRY(auto address, link_address(request.parameters_link, request.link, reader.domain));
  FH_CO_TRY(auto parameters, co_await read_linked(reader, std::move(address)));
  request.parameters = inner_parameters(std::move(parameters));
  request.parameters_link = {};
  co_return ApiResult<>();
}

}  // namespace freehold::resources
