#include "src/manager_client.h"

#include <algorithm>

#include "base/encoding.h"
#include "http/bytes_body.h"
#include "http/url.h"

namespace freehold::policies {
namespace {

constexpr std::string_view kAudience = "https://management.azure.com/";
constexpr std::size_t kMostErrorText = 2 * 1024;
constexpr std::size_t kMostDetails = 5;
constexpr int kMostErrorDepth = 3;

using Ask = std::function<Task<http::Response>(http::Request& part)>;

Task<ManagerAnswer> ask_manager(Ask door, http::Method method, std::string url, Json body) {
  const auto parsed = http::parse_url(url);
  auto part = parsed ? http::request_for(method, *parsed) : std::nullopt;
  if (!part) {
    co_return ManagerAnswer{.status = 400,
                            .body = {{"error", {{"code", "InvalidResourceId"}, {"message", "The id is no path."}}}}};
  }
  http::BytesBody text(body.is_null() ? std::string() : body.dump(-1, ' ', false, Json::error_handler_t::replace));
  part->headers.add("content-type", "application/json");
  part->body = &text;
  auto answer = co_await door(*part);
  ManagerAnswer out{.status = answer.status};
  if (const auto* bytes = std::get_if<Bytes>(&answer.body); bytes != nullptr && !bytes->empty()) {
    auto json = Json::parse(*bytes, nullptr, false);
    if (!json.is_discarded()) out.body = std::move(json);
  }
  co_return out;
}

std::string text_in(const Json& error, const char* name) {
  const auto at = error.find(name);
  if (at == error.end() || !at->is_string()) return {};
  auto out = at->get<std::string>();
  if (out.size() <= kMostErrorText) return out;
  out.resize(kMostErrorText);
  while (!is_valid_utf8(out)) out.pop_back();
  return out + "...";
}

Json bounded(const Json& error, int depth) {
  if (!error.is_object()) return nullptr;
  Json out = {{"code", text_in(error, "code")}, {"message", text_in(error, "message")}};
  const auto details = error.find("details");
  if (depth >= kMostErrorDepth || details == error.end() || !details->is_array()) return out;
  for (const auto& one : *details) {
    auto inner = bounded(one, depth + 1);
    if (inner.is_null()) continue;
    out["details"].push_back(std::move(inner));
    if (out["details"].size() == kMostDetails) break;
  }
  return out;
}

// A coroutine of its own: what it captures must outlive the permit's handler.
Task<Result<>> run_permitted(gate::Permit<RemediateResource> permit, std::string origin,
                             std::function<Task<>(AskManager)> work) {
  const Ask door = [&permit](http::Request& part) { return permit.ask(part, gate::AskedBy::kCaller); };
  const AskManager ask = [&door, &origin](http::Method method, std::string id, std::string api_version, Json body) {
    return ask_manager(door, method, origin + percent_encode(id, "/") + "?api-version=" + percent_encode(api_version),
                       std::move(body));
  };
  co_await work(ask);
  co_return Result<>();
}

}  // namespace

Json bounded_error(const Json& error) { return bounded(error, 1); }

Json ManagerAnswer::error() const {
  const auto at = body.is_object() ? body.find("error") : body.end();
  if (body.is_object() && at != body.end() && at->is_object()) return bounded_error(*at);
  return {{"code", std::to_string(status)}, {"message", "The resource manager gave no reason."}};
}

Task<Result<>> PipelineDoor::act(Acting who, std::function<Task<>(AskManager ask)> work) {
  gate::Job job{.tenant = who.tenant,
                .principal = {},
                .resource = who.resource,
                .account = {},
                .on_behalf = gate::OnBehalf{.tenant = who.tenant,
                                            .object = who.identity,
                                            .application = {},
                                            .audience = std::string(kAudience),
                                            .peer = {}}};
  co_return co_await pipeline_.run_job<RemediateResource>(
      std::move(job), [origin = who.origin, work = std::move(work)](gate::Permit<RemediateResource> permit) {
        return run_permitted(std::move(permit), origin, work);
      });
}

}  // namespace freehold::policies
