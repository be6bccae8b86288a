#include "src/activity_event.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "resource/resource_id.h"
#include "store/json_row.h"

namespace freehold::insights {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr char kPrefix = 'a';
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kTextBytes = 1'024;
constexpr std::size_t kKeySize = 1 + kIdBytes + kTimeBytes + kIdBytes + 1;

std::string cut(std::string_view text) { return std::string(text.substr(0, kTextBytes)); }

// Later times sort first.
Bytes inverse(WallTime time) {
  const auto since = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count()));
  const std::uint64_t value = ~since;
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
  return out;
}
WallTime time_of(BytesView inverted) {
  std::uint64_t value = 0;
  for (const char c : inverted) value = value << 8 | static_cast<unsigned char>(c);
  return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(~value)));
}

Bytes front(const std::optional<SubscriptionId>& subscription) {
  return Bytes(1, kPrefix) + Bytes(subscription.value_or(SubscriptionId{}).view());
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "an activity row is not as it was written"); }

}  // namespace

ActivityEvent event_of(const gate::Act& act) {
  ActivityEvent out{.time = act.time,
                    .request = act.request,
                    .operation = act.operation,
                    .method = std::string(http::to_string(act.method)),
                    .correlation = act.correlation,
                    .client_request = act.client_request,
                    .caller = act.caller,
                    .application = act.application};
  if (const auto path = gate::resource::parse_resource_path(act.path)) {
    out.subscription = path->id.subscription;
    out.resource = cut(path->id.text());
  }
  return out;
}

ActivityEvent event_of(const gate::Act& act, const gate::ActEnding& ending) {
  ActivityEvent out = event_of(act);
  out.time = std::max(ending.time, act.time);
  out.ended = true;
  out.status = ending.status;
  out.code = cut(ending.code);
  return out;
}

std::string_view status_of(const ActivityEvent& event) {
  if (!event.ended) return "Started";
  if (event.status == 202) return "Accepted";
  return event.status >= 200 && event.status < 300 ? "Succeeded" : "Failed";
}

RequestId event_id(const ActivityEvent& event) {
  RequestId out = event.request;
  if (event.ended) out.bytes[15] ^= 0x01;
  return out;
}

Bytes key_at(const std::optional<SubscriptionId>& subscription, WallTime time) {
  return front(subscription) + inverse(time);
}

Bytes key_of(const ActivityEvent& event) {
  return key_at(event.subscription, event.time) + Bytes(event.request.view()) + Bytes(1, event.ended ? '\0' : '\1');
}

Bytes key_after(const std::optional<SubscriptionId>& subscription, WallTime time) {
  return key_at(subscription, time) + Bytes(kIdBytes + 2, '\xff');
}

Result<SubscriptionId> subscription_of(BytesView key) {
  if (key.size() != kKeySize || key.front() != kPrefix) return corrupt();
  const auto id = id_from_bytes<SubscriptionId>(key.substr(1, kIdBytes));
  if (!id) return corrupt();
  return *id;
}

Bytes encode(const ActivityEvent& event) {
  Json json = {{"v", kVersion},          {"operation", event.operation},     {"resource", event.resource},
               {"method", event.method}, {"correlation", event.correlation}, {"caller", to_string(event.caller)}};
  if (!event.client_request.empty()) json["clientRequest"] = event.client_request;
  if (event.application != PrincipalId{}) json["application"] = to_string(event.application);
  if (event.ended) json["status"] = event.status;
  if (!event.code.empty()) json["code"] = event.code;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ActivityEvent> decode(BytesView key, BytesView row) {
  FH_TRY(const auto subscription, subscription_of(key));
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "an activity row"));
  const auto text = [&](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto request = id_from_bytes<RequestId>(key.substr(1 + kIdBytes + kTimeBytes, kIdBytes));
  const auto caller = parse_guid<PrincipalId>(text("caller"));
  if (!request || !caller) return corrupt();
  ActivityEvent out{.time = time_of(key.substr(1 + kIdBytes, kTimeBytes)),
                    .request = *request,
                    .ended = key.back() == '\0',
                    .operation = text("operation"),
                    .resource = text("resource"),
                    .method = text("method"),
                    .correlation = text("correlation"),
                    .client_request = text("clientRequest"),
                    .caller = *caller,
                    .application = parse_guid<PrincipalId>(text("application")).value_or(PrincipalId{}),
                    .code = text("code")};
  if (subscription != SubscriptionId{}) out.subscription = subscription;
  const auto status = json.find("status");
  if (out.ended && (status == json.end() || !status->is_number_integer())) return corrupt();
  if (out.ended) out.status = status->get<int>();
  return out;
}

}  // namespace freehold::insights
