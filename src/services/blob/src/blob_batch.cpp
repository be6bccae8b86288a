// Blob Batch, of the service and of a container: up to 256 deletions or changes of tier in one request. Each passes the
// door as a request of its own, with its own credentials and its own record; they are done one after the other.
#include "base/encoding.h"
#include "http/no_body.h"
#include "http/url.h"
#include "src/api_versions.h"
#include "src/batch_body.h"
#include "src/operations.h"
#include "src/responses.h"

namespace freehold::blob {
namespace {

struct Part {
  std::string content_id;
  http::Request request;
};

// What a batch may consist of. Nothing else, and least of all another batch.
enum class BatchApi { kDelete, kSetTier };

std::optional<BatchApi> api_of(const http::Request& request) {
  const bool tier = equals_ignoring_case(request.parameter("comp"), "tier");
  if (request.has_parameter("restype")) return std::nullopt;
  if (request.method == http::Method::kDelete && !request.has_parameter("comp")) return BatchApi::kDelete;
  if (request.method == http::Method::kPut && tier) return BatchApi::kSetTier;
  return std::nullopt;
}

std::string account_label(const gate::Target& whole) { return whole.account + (whole.secondary ? "-secondary" : ""); }

// Takes the next segment off a path if it is this one. Compared as the gate takes paths apart: cut at the slashes as
// sent, and decoded after that.
bool take_segment(std::string_view& path, std::string_view name) {
  auto rest = path;
  rest.remove_prefix(rest.starts_with('/') ? 1 : 0);
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = percent_decode(rest.substr(0, end));
  if (!segment || *segment != name) return false;
  path = rest.substr(end);
  return true;
}

// Does this path stand below the account and container of the batch?
bool is_below(const http::Request& request, const gate::Target& whole, bool names_account) {
  std::string_view path = request.path;
  if (names_account && !take_segment(path, account_label(whole))) return false;
  return whole.scope != gate::Scope::kContainer || (take_segment(path, whole.container) && path.size() > 1);
}

// In a batch in path style, a part names the account, as every request of that style does, or leaves it out and signs
// as if it came by host name: so the Python SDK. Nothing is open then: a path that begins with the account's name is
// read as naming it, any other could be nothing else, and either way it is the account of the batch.
bool part_names_account(const BatchPart& part, const gate::Target& whole) {
  std::string_view path(part.target);
  path = path.substr(0, path.find('?'));
  return whole.path_style && take_segment(path, account_label(whole));
}

// A part signs neither host nor version: those are the batch's. A version may be added only where nothing is signed
// over the headers.
ApiResult<http::Request> make_request(const BatchPart& part, const http::Request& whole, const std::string& host,
                                      int api_version) {
  const auto bad = [] { return refuse(errors::invalid_input()); };
  const bool tls = whole.listener == http::Listener::kHttps;
  auto request = http::request_for(part.method, {tls, host, std::uint16_t(tls ? 443 : 80), part.target});
  if (!request) return bad();
  for (const auto& [name, value] : part.headers) request->headers.add(name, value);
  const auto version = version_text(api_version);
  if (!request->headers.has("x-ms-version")) {
    const bool is_signed = request->headers.get("authorization").starts_with("SharedKey");
    if (!is_signed) request->headers.add("x-ms-version", version);
  } else if (request->headers.get("x-ms-version") != version) {
    return bad();
  }
  request->body = &http::no_body();
  return std::move(*request);
}

ApiResult<std::vector<Part>> make_parts(const http::Request& whole, const gate::Target& target,
                                        const std::string& own_host, int api_version, std::string_view body,
                                        std::string_view boundary) {
  FH_TRY(const auto written, parse_batch(body, boundary));
  std::vector<Part> parts;
  std::optional<BatchApi> api;
  for (const auto& part : written) {
    const bool names_account = part_names_account(part, target);
    const bool by_name = target.path_style && !names_account;
    if (by_name && own_host.empty()) return refuse(errors::invalid_input());
    FH_TRY(auto request, make_request(part, whole, by_name ? own_host : whole.host, api_version));
    const auto of_part = api_of(request);
    if (!of_part || !is_below(request, target, names_account)) return refuse(errors::invalid_input());
    if (api && *api != *of_part) return refuse(errors::mixed_batch());
    api = of_part;
    parts.push_back({part.content_id, std::move(request)});
  }
  return parts;
}

template <class Operation>
Task<Reply> run_batch(BlobParts& blob, Permit<Operation> permit, int since) {
  if (permit.api_version() < since) {
    co_return refuse(errors::invalid_parameter("comp", "batch", "Not in this version"));
  }
  FH_CO_TRY(const auto boundary, parse_batch_type(permit.request().headers.get("content-type")));
  auto body = co_await http::read_all(*permit.request().body, kBatchBytes);
  if (!body && body.error().code == ErrorCode::kExhausted) co_return refuse(errors::body_too_large(kBatchBytes));
  if (!body) co_return refuse(errors::from_body(std::move(body.error())));
  permit.count_in(body->size());

  BatchAnswer answers("batchresponse_" + std::string(permit.request_id()));
  std::string own_host;  // the account's, by name
  if (!blob.host_suffix.empty()) own_host = account_label(permit.target()) + "." + blob.host_suffix;
  auto parts = make_parts(permit.request(), permit.target(), own_host, permit.api_version(), *body, boundary);
  if (parts) {
    for (auto& part : *parts) {
      const auto response = co_await permit.ask(part.request, gate::AskedBy::kItself);
      answers.add(part.content_id, response);
    }
  } else {
    // Azure tells what is wrong with the whole as its only part, which has no id.
    auto error = std::move(parts.error());
    error.request_id = permit.request_id();
    error.time = permit.now();
    answers.add("", error_answer(error));
  }
  auto response = answer(202);
  response.headers.add("Content-Type", answers.content_type());
  response.body = answers.finish();
  co_return response;
}

}  // namespace

Task<Reply> blob_batch(BlobParts& parts, Permit<BlobBatch> permit) {
  return run_batch(parts, std::move(permit), 2018'11'09);
}

Task<Reply> container_blob_batch(BlobParts& parts, Permit<ContainerBlobBatch> permit) {
  return run_batch(parts, std::move(permit), 2020'04'08);
}

}  // namespace freehold::blob
