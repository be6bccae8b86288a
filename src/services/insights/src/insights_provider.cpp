#include "src/insights_provider.h"

#include <map>

#include "base/encoding.h"
#include "resource/refusal.h"
#include "src/activity_json.h"

namespace freehold::insights {
namespace {

using gate::ApiResult;
using gate::resource::ActionAnswer;
using gate::resource::ActionCall;
using gate::resource::refuse;
using gate::resource::ResourceAction;
using gate::resource::Written;

constexpr std::uint32_t kReadAtOnce = 500;

gate::resource::Refusal unavailable(const Error& error) {
  return std::unexpected(
      gate::ApiError{.status = error.code == ErrorCode::kCorrupt ? 500 : 503,
                     .code = error.code == ErrorCode::kCorrupt ? "InternalServerError" : "ServerBusy",
                     .message = "The activity log can't be read now.",
                     .detail = error.message + " " + error.detail});
}

// What one request asks for.
struct Asked {
  ActivityFilter filter;
  std::vector<std::string> members;
  Bytes from;
  Bytes end;
};

ApiResult<Asked> read(const ActionCall& call) {
  auto filter = parse_activity_filter(call.parameter("$filter"));
  if (!filter) return refuse(400, "BadRequest", "The filter is not valid: " + filter.error() + ".");
  auto members = parse_select(call.parameter("$select"));
  if (!members) return refuse(400, "BadRequest", "$select names what an event doesn't have.");
  const auto& subscription = call.id.subscription;
  Asked out{.filter = std::move(*filter), .members = std::move(*members), .from = {}, .end = {}};
  out.from = key_at(subscription, out.filter.to.value_or(WallTime(std::chrono::microseconds::max())));
  out.end = key_after(subscription, out.filter.from.value_or(WallTime{}));
  const auto token = call.parameter("$skiptoken");
  if (token.empty()) return out;
  // From a page before, and so between the two.
  const auto key = from_base64url(token);
  if (!key || *key < out.from || *key > out.end) return refuse(400, "BadRequest", "$skipToken is not valid.");
  out.from = *key;
  return out;
}

std::string next_link(const ActionCall& call, const Bytes& from) {
  std::string out = call.caller.origin;
  if (call.id.subscription) out += "/subscriptions/" + to_string(*call.id.subscription);
  out += "/providers/Microsoft.Insights/eventtypes/management/values?api-version=" + percent_encode(call.api_version);
  for (const std::string_view name : {"$filter", "$select"}) {
    const auto value = call.parameter(name);
    if (!value.empty()) out.append("&").append(name).append("=").append(percent_encode(value));
  }
  return out + "&$skipToken=" + to_base64url(from);
}

Json categories() {
  Json out = {{"value", Json::array()}};
  out["value"].push_back({{"value", "Administrative"}, {"localizedValue", "Administrative"}});
  return out;
}

Json operations() {
  Json out = {{"value", Json::array()}};
  for (const auto& [type, name] : {std::pair{"eventtypes/values", "Microsoft.Insights/eventtypes/values/Read"},
                                   std::pair{"eventCategories", "Microsoft.Insights/eventCategories/Read"}}) {
    out["value"].push_back({{"name", name},
                            {"display",
                             {{"provider", "Microsoft Monitoring Insights"},
                              {"resource", type},
                              {"operation", name},
                              {"description", name}}}});
  }
  return out;
}

}  // namespace

void InsightsProvider::add_to(gate::resource::Registry& registry) {
  const auto values = [](ResourceAction::At at) {
    return ResourceAction{.name = "eventtypes/management/values",
                          .at = at,
                          .method = http::Method::kGet,
                          .action = "Microsoft.Insights/eventtypes/values/Read",
                          .data = gate::DataClass::kPersonalData};
  };
  const auto open = [](std::string name) {
    return ResourceAction{
        .name = std::move(name), .at = ResourceAction::At::kTenant, .method = http::Method::kGet, .any_caller = true};
  };
  registry.add(
      {.provider = "Microsoft.Insights",
       .type = "eventtypes",
       .api_versions = {"2017-03-01-preview", "2015-04-01", "2014-04-01"},
       .at = gate::resource::ScopeKind::kSubscription,
       .verbs = 0,
       .tracked = false,
       .taggable = false,
       .actions = {values(ResourceAction::At::kSubscription), values(ResourceAction::At::kTenant), open("operations")},
       .residency = gate::resource::Residency::kGeo,
       .data = {gate::DataClass::kPersonalData},
       .behind = this});
  registry.add({.provider = "Microsoft.Insights",
                .type = "eventcategories",
                .api_versions = {"2017-03-01-preview", "2015-04-01"},
                .at = gate::resource::ScopeKind::kTenant,
                .verbs = 0,
                .tracked = false,
                .taggable = false,
                .actions = {open("eventcategories")},
                .data = {gate::DataClass::kSystemMetadata},
                .behind = this});
}

Task<ApiResult<Json>> InsightsProvider::get(gate::resource::ResourceId, gate::resource::Reading) {
  co_return Json(nullptr);
}
Task<ApiResult<std::vector<Json>>> InsightsProvider::list(const gate::resource::ResourceType&,
                                                          gate::resource::ListScope, gate::resource::Reading) {
  co_return std::vector<Json>();
}
Task<ApiResult<Written>> InsightsProvider::put(gate::resource::ApprovedChange) {
  co_return refuse(405, "MethodNotAllowed", "Events can't be written.");
}
Task<ApiResult<Written>> InsightsProvider::remove(gate::resource::ApprovedChange) { co_return Written{.status = 204}; }

Task<ApiResult<ActionAnswer>> InsightsProvider::act(ActionCall call) {
  if (call.action == "eventcategories") co_return ActionAnswer{.body = categories()};
  if (call.action == "operations") co_return ActionAnswer{.body = operations()};
  co_return co_await list_events(std::move(call));
}

std::string InsightsProvider::shown_name(PrincipalId caller) const {
  auto name = names_.name_of(store_.tenant(), caller);
  return name.empty() ? to_string(caller) : name;
}

// A page ends with so many events, or when so many were looked at: what was asked for may be rare.
Task<ApiResult<ActionAnswer>> InsightsProvider::list_events(ActionCall call) const {
  if (call.caller.tenant != store_.tenant()) co_return ActionAnswer{.body = {{"value", Json::array()}}};
  FH_CO_TRY(auto asked, read(call));
  Json out = {{"value", Json::array()}};
  std::map<PrincipalId, std::string> names;
  std::size_t scanned = 0;
  Bytes next = asked.from;
  while (!next.empty() && scanned < kScannedEvents && out["value"].size() < kPageEvents) {
    auto page = co_await store_.page(next, asked.end, kReadAtOnce);
    if (!page) co_return unavailable(page.error());
    next = page->next;
    scanned += page->events.size();
    for (const auto& event : page->events) {
      if (out["value"].size() == kPageEvents) {
        next = key_of(event);
        break;
      }
      auto name = names.find(event.caller);
      if (name == names.end()) name = names.emplace(event.caller, shown_name(event.caller)).first;
      if (!satisfies(event, name->second, asked.filter)) continue;
      out["value"].push_back(selected(event_json(event, store_.tenant(), name->second), asked.members));
    }
  }
  if (!next.empty()) out["nextLink"] = next_link(call, next);
  co_return ActionAnswer{.body = std::move(out)};
}

}  // namespace freehold::insights
