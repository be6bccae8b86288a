#include "src/vault_answer.h"

#include "base/encoding.h"
#include "http/json_response.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kMaxSegments = 6;

bool has_body(http::Method method) {
  return method == http::Method::kPost || method == http::Method::kPut || method == http::Method::kPatch;
}

// "7.0" to "7.6", with or without "-preview...", and dates from 2016-10-01 on. As a number that orders them.
std::optional<int> version_number(std::string_view text) {
  text = text.substr(0, text.find("-preview"));
  if (text.size() == 3 && text.starts_with("7.") && text[2] >= '0' && text[2] <= '9')
    return 20'180'000 + (text[2] - '0');
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_u64(text.substr(0, 4));
  const auto month = parse_u64(text.substr(5, 2));
  const auto day = parse_u64(text.substr(8, 2));
  if (!year || !month || !day || *year < 2'015 || *month == 0 || *month > 12 || *day == 0 || *day > 31) {
    return std::nullopt;
  }
  return static_cast<int>(*year * 10'000 + *month * 100 + *day);
}

}  // namespace

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (path.starts_with('/') && out.size() <= kMaxSegments) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  if (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

gate::Task<ApiResult<>> read_body(http::Request& request, VaultCall& call,
                                  const std::function<void(std::uint64_t)>& count_in) {
  if (!has_body(request.method)) co_return ApiResult<>();
  auto body = co_await http::read_all(*request.body, kMaxCallBody);
  if (!body) co_return vault_errors::bad_parameter("The request body is too large, or broken.");
  count_in(body->size());
  if (body->empty()) co_return ApiResult<>();
  auto parsed = parse_object(*body);
  wipe(*body);
  if (!parsed) co_return vault_errors::of(parsed.error());
  call.body = std::move(*parsed);
  co_return ApiResult<>();
}

gate::Task<ApiResult<VaultPtr>> opened_vault(VaultParts& parts, VaultPtr vault) {
  if (vault->rows) co_return vault;
  // What else a pool needs is opened when the server starts.
  if (vault->pool) co_return vault_errors::closed("pool");
  auto opened = co_await parts.vaults.opened(std::move(vault));
  if (!opened) co_return vault_errors::closed(opened.error().detail);
  co_return std::move(*opened);
}

gate::ApiResult<int> check_api_version(const http::Request& request) {
  if (!request.has_parameter("api-version")) return vault_errors::bad_parameter("api-version must be specified.");
  const auto version = version_number(request.parameter("api-version"));
  if (!version) {
    return vault_errors::bad_parameter("The specified version (" +
                                       std::string(request.parameter("api-version").substr(0, 64)) +
                                       ") is not recognized.");
  }
  return *version;
}

http::Response render_error(const gate::ApiError& error) {
  nlohmann::ordered_json inner = {{"code", error.code}, {"message", error.message}};
  for (const auto& [name, value] : error.fields) {
    if (name == vault_errors::kInner) inner["innererror"] = {{"code", value}};
  }
  const nlohmann::ordered_json whole = {{"error", std::move(inner)}};
  return http::json_response(error.status,
                             whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void finish_answer(http::Response& response, std::string_view location) {
  response.headers.set("cache-control", "no-cache");
  response.headers.set("pragma", "no-cache");
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("x-ms-keyvault-region", std::string(location));
}

}  // namespace freehold::vault
