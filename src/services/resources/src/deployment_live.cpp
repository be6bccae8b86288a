#include "src/deployment_live.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "http/bytes_body.h"
#include "http/url.h"

namespace freehold::resources {
namespace {

std::string key_of(const gate::expression::LiveRequest& request) {
  return fmt::format("{}\n{}\n{}\n{}", to_lower(request.id), request.function, request.api_version,
                     request.body.dump());
}

// What the door answers is no deeper than the resource manager writes.
void collect_secrets(const OrderedJson& value, std::vector<std::string>& out) {
  constexpr std::size_t kShortest = 16;
  if (value.is_structured()) {
    for (const auto& member : value) collect_secrets(member, out);
  } else if (value.is_string() && value.get_ref<const std::string&>().size() >= kShortest) {
    out.push_back(value.get<std::string>());
  }
}

}  // namespace

OrderedJson DoorAnswer::error() const {
  const auto* error = gate::expression::find_member(body, "error");
  if (error != nullptr && error->is_object()) return *error;
  return {{"code", fmt::format("{}", status)}, {"message", "The resource manager gave no reason."}};
}

std::string url_of(std::string_view origin, std::string_view id, std::string_view api_version) {
  return fmt::format("{}{}?api-version={}", origin, percent_encode(id, "/"), percent_encode(api_version));
}

Task<DoorAnswer> ask_manager(AskDoor door, http::Method method, std::string url, OrderedJson body) {
  const auto parsed = http::parse_url(url);
  auto part = parsed ? http::request_for(method, *parsed) : std::nullopt;
  if (!part) {
    co_return DoorAnswer{.status = 400,
                         .body = {{"error", {{"code", "InvalidResourceId"}, {"message", "The id is no path."}}}}};
  }
  http::BytesBody text(body.is_null() ? std::string()
                                      : body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  part->headers.add("content-type", "application/json");
  part->body = &text;
  auto answer = co_await door(*part);
  DoorAnswer out{.status = answer.status};
  if (const auto* bytes = std::get_if<Bytes>(&answer.body); bytes != nullptr && !bytes->empty()) {
    out.bytes = bytes->size();
    auto json = gate::expression::read_jsonc(*bytes);
    if (json) out.body = std::move(*json);
  }
  co_return out;
}

Result<OrderedJson> DeploymentLive::View::read(const gate::expression::LiveRequest& request) {
  const std::lock_guard lock(all_->mutex_);
  const auto found = all_->known_.find(key_of(request));
  if (found != all_->known_.end()) {
    complete_ = complete_ && found->second.has_value();
    return found->second;
  }
  complete_ = false;
  const bool reachable = reach_ == Reach::kEverything || (reach_ == Reach::kResources && request.function.empty());
  if (reachable && wanted_.size() < kLiveValues) wanted_.push_back(request);
  return fail(ErrorCode::kUnavailable, "not asked for yet");
}

Task<bool> DeploymentLive::fetch(View& view, AskDoor door, std::string origin) {
  const auto wanted = std::exchange(view.wanted_, {});
  for (const auto& request : wanted) {
    {
      const std::lock_guard lock(mutex_);
      if (known_.contains(key_of(request))) continue;  // another evaluation asked meanwhile
      if (known_.size() >= kLiveValues || bytes_ >= kLiveBytes) {
        known_.emplace(key_of(request), fail(ErrorCode::kExhausted, "The deployment asks for too many resources."));
        continue;
      }
    }
    co_await fetch_one(request, door, origin);
  }
  co_return !wanted.empty();
}

Task<> DeploymentLive::fetch_one(gate::expression::LiveRequest request, AskDoor door, std::string origin) {
  const bool function = !request.function.empty();
  const auto id = function ? request.id + "/" + request.function : request.id;
  auto answer = co_await ask_manager(std::move(door), function ? http::Method::kPost : http::Method::kGet,
                                     url_of(origin, id, request.api_version), request.body);
  const auto error = answer.good() ? OrderedJson() : answer.error();
  const std::lock_guard lock(mutex_);
  bytes_ += answer.bytes;
  if (function) collect_secrets(answer.body, secrets_);
  Result<OrderedJson> value = std::move(answer.body);
  if (!answer.good()) {
    value = fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", gate::expression::text_member(error, "code"),
                                                          gate::expression::text_member(error, "message")));
  }
  known_.insert_or_assign(key_of(request), std::move(value));
}

std::vector<std::string> DeploymentLive::secrets() {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

void DeploymentLive::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [prefix = to_lower(id)](const auto& entry) { return entry.first.starts_with(prefix); });
}

}  // namespace freehold::resources
