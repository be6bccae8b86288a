#include "src/hsm_storage.h"

#include <algorithm>

#include "base/encoding.h"
#include "http/bytes_body.h"
#include "http/url.h"
#include "route/storage_target.h"

namespace freehold::vault {
namespace {

constexpr std::string_view kVersion = "2021-12-02";
constexpr std::size_t kMaxUrl = 2'048;
constexpr std::size_t kMaxFolder = 256;

std::unexpected<Error> wrong(std::string what) { return fail(ErrorCode::kInvalidArgument, std::move(what)); }

// "ACCOUNT.blob.core.DOMAIN"
bool is_blob_host(std::string_view host, std::string_view domain) {
  const auto dot = host.find('.');
  if (dot == host.npos || !gate::is_account_name(host.substr(0, dot))) return false;
  const auto behind = host.substr(dot + 1);
  return behind == "blob.core." + std::string(domain) || behind == "blob." + std::string(domain);
}

bool is_simple(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::unexpected<Error> refused(const http::Response& response) {
  const auto code = response.headers.get("x-ms-error-code");
  return wrong("The storage container answered " + std::to_string(response.status) + " " + std::string(code) + ".");
}

// What the answer holds, if it is no more than a blob of a backup may be.
Task<Result<Bytes>> content_of(http::Response answer) {
  if (auto* bytes = std::get_if<Bytes>(&answer.body)) co_return std::move(*bytes);
  auto* stream = std::get_if<http::StreamBody>(&answer.body);
  Bytes out;
  if (stream == nullptr) co_return out;
  if (stream->length > kMaxBackupBlob) co_return wrong("A blob of the backup is too large to be one.");
  while (out.size() < stream->length) {
    FH_CO_TRY(const auto piece, co_await stream->writer->next());
    if (piece.empty()) co_return fail(ErrorCode::kUnavailable, "A blob of the backup broke off.");
    out.append(piece);
  }
  co_return out;
}

}  // namespace

bool is_folder(std::string_view name) {
  return !name.empty() && name.size() <= kMaxFolder && is_simple(name) && name.front() != '.';
}

Result<StoragePlace> read_place(const Json& json, std::string_view domain) {
  FH_TRY(auto uri, text_member(json, "storageResourceUri", kMaxUrl));
  FH_TRY(auto token, text_member(json, "token", kMaxUrl));
  if (!uri || !token || token->empty()) {
    return wrong("'storageResourceUri' and 'token' (a SAS of the container) are required.");
  }
  while (uri->ends_with('/')) uri->pop_back();
  const auto url = http::parse_url(*uri);
  if (!url || !url->tls || !is_blob_host(url->host, domain)) {
    return wrong("'storageResourceUri' must be a container of this cloud's Blob service, by https.");
  }
  if (url->target.size() < 2 || !is_simple(std::string_view(url->target).substr(1))) {
    return wrong("'storageResourceUri' must be a container's URL, with nothing behind it.");
  }
  if (token->starts_with('?')) token->erase(0, 1);
  return StoragePlace{.container = std::move(*uri), .token = std::move(*token)};
}

Task<Result<http::Response>> PoolStorage::ask(http::Method method, std::string name, Bytes body) const {
  const auto url = http::parse_url(url_of(name));
  auto part = url ? http::request_for(method, *url) : std::nullopt;
  if (!part) co_return wrong("'token' makes no URL.");
  part->headers.set("x-ms-version", std::string(kVersion));
  if (method == http::Method::kPut) {
    part->headers.set("content-length", std::to_string(body.size()));
    part->headers.set("content-type", "application/octet-stream");
    part->headers.set("x-ms-blob-type", "BlockBlob");
    part->headers.set("if-none-match", "*");
  }
  http::BytesBody bytes(std::move(body));
  part->body = &bytes;
  co_return co_await door_(*part);
}

std::string PoolStorage::url_of(std::string_view name) const {
  return url() + "/" + std::string(name) + "?" + place_.token;
}

Task<Result<>> PoolStorage::put(std::string name, Bytes content) const {
  FH_CO_TRY(const auto answer, co_await ask(http::Method::kPut, std::move(name), std::move(content)));
  if (answer.status == 409 && answer.headers.get("x-ms-error-code") == "BlobAlreadyExists") {
    co_return fail(ErrorCode::kConflict, "The storage container has a blob of that name already.");
  }
  if (answer.status != 201) co_return refused(answer);
  co_return Result<>();
}

Task<Result<Bytes>> PoolStorage::get(std::string name) const {
  FH_CO_TRY(auto answer, co_await ask(http::Method::kGet, std::move(name), {}));
  if (answer.status != 200) co_return refused(answer);
  co_return co_await content_of(std::move(answer));
}

Task<Result<>> PoolStorage::remove(std::string name) const {
  FH_CO_TRY(const auto answer, co_await ask(http::Method::kDelete, std::move(name), {}));
  if (answer.status != 202) co_return refused(answer);
  co_return Result<>();
}

}  // namespace freehold::vault
