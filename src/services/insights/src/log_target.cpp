#include "src/log_target.h"

#include "base/encoding.h"
#include "http/bytes_body.h"
#include "http/url.h"

namespace freehold::insights {
namespace {

constexpr std::string_view kVersion = "2021-12-02";
// Azure's 50,000, less what may be on its way.
constexpr std::uint64_t kMostBlocks = 49'990;

// What a refused part says, for the log: no name of anything.
std::unexpected<Error> refused(const http::Response& response) {
  const auto code = response.headers.get("x-ms-error-code");
  return fail(code == "AppendPositionConditionNotMet" ? ErrorCode::kConflict : ErrorCode::kUnavailable,
              "the destination refused a block of logs", std::to_string(response.status) + " " + std::string(code));
}

http::Headers headers_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  http::Headers out;
  for (const auto& [name, value] : fields) out.add(std::string(name), std::string(value));
  return out;
}

bool done(const http::Response& response) { return response.status >= 200 && response.status < 300; }

}  // namespace

Result<> check_admits_logs(const nlohmann::json& account) {
  if (!account.is_object()) return fail(ErrorCode::kUnavailable, "the destination's storage account is gone");
  const auto properties = account.value("properties", nlohmann::json::object());
  const auto rules = properties.value("networkAcls", nlohmann::json::object());
  const bool closed = rules.value("defaultAction", "Allow") == "Deny" ||
                      properties.value("publicNetworkAccess", "Enabled") == "Disabled";
  // "AzureServices", "Logging, AzureServices": what trusted services are let in by.
  if (!closed || rules.value("bypass", "AzureServices").contains("AzureServices")) return {};
  return fail(ErrorCode::kUnavailable, "the destination's network rules let no trusted services in");
}

Task<Result<http::Response>> LogTarget::ask(http::Method method, std::string target, http::Headers headers,
                                            Bytes body) const {
  const http::Url url{.tls = true, .host = host_, .port = 443, .target = std::move(target)};
  auto part = http::request_for(method, url);
  if (!part) co_return fail(ErrorCode::kInternal, "the name of a log's blob makes no URL");
  part->headers.set("x-ms-version", std::string(kVersion));
  if (method == http::Method::kPut) part->headers.set("content-length", std::to_string(body.size()));
  for (const auto& [name, value] : headers.fields()) part->headers.set(name, value);
  http::BytesBody bytes(std::move(body));
  part->body = &bytes;
  co_return co_await door_(*part);
}

Task<Result<LogTarget::Blob>> LogTarget::look(std::string name) const {
  FH_CO_TRY(const auto answer,
            co_await ask(http::Method::kHead, "/" + container_ + "/" + percent_encode(name, "/"), {}, {}));
  if (answer.status == 404) co_return Blob{};
  if (!done(answer)) co_return refused(answer);
  const auto& headers = answer.headers;
  const auto blocks = parse_u64(headers.get("x-ms-blob-committed-block-count")).value_or(kMostBlocks);
  const bool open = headers.get("x-ms-blob-type") == "AppendBlob" && headers.get("x-ms-blob-sealed") != "true";
  co_return Blob{.there = true, .grows = open && blocks < kMostBlocks, .length = answer.head_length.value_or(0)};
}

Task<Result<>> LogTarget::create(std::string name) const {
  const std::string target = "/" + container_ + "/" + percent_encode(name, "/");
  for (bool again = true;; again = false) {
    FH_CO_TRY(const auto made, co_await ask(http::Method::kPut, target,
                                            headers_of({{"x-ms-blob-type", "AppendBlob"},
                                                        {"x-ms-blob-content-type", "application/octet-stream"},
                                                        {"if-none-match", "*"}}),
                                            {}));
    const auto code = made.headers.get("x-ms-error-code");
    if (done(made) || code == "BlobAlreadyExists") co_return Result<>();
    if (code != "ContainerNotFound" || !again) co_return refused(made);
    FH_CO_TRY(const auto container, co_await ask(http::Method::kPut, "/" + container_ + "?restype=container", {}, {}));
    if (!done(container) && container.headers.get("x-ms-error-code") != "ContainerAlreadyExists") {
      co_return refused(container);
    }
  }
}

Task<Result<>> LogTarget::append(std::string name, std::uint64_t position, Bytes text) const {
  FH_CO_TRY(const auto answer,
            co_await ask(http::Method::kPut, "/" + container_ + "/" + percent_encode(name, "/") + "?comp=appendblock",
                         headers_of({{"x-ms-blob-condition-appendpos", std::to_string(position)}}), std::move(text)));
  if (!done(answer)) co_return refused(answer);
  co_return Result<>();
}

}  // namespace freehold::insights
