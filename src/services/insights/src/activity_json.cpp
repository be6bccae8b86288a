#include "src/activity_json.h"

#include <algorithm>

#include "base/encoding.h"
#include "resource/resource_id.h"

namespace freehold::insights {
namespace {

Json localizable(std::string_view value) { return {{"value", value}, {"localizedValue", value}}; }

std::string_view level_of(const ActivityEvent& event) {
  return status_of(event) == "Failed" ? "Error" : "Informational";
}

// The provider and type of what was acted on; of an operation without an id, the operation's own.
struct TypeNames {
  std::string group;
  std::string provider;
  std::string type;
};
TypeNames type_of(const ActivityEvent& event) {
  TypeNames out;
  out.provider = event.operation.substr(0, event.operation.find('/'));
  const auto id = gate::resource::parse_resource_id(event.resource);
  if (!id || (!id->subscription && id->parts.empty())) return out;
  out.group = id->group;
  out.type = id->type();
  out.provider = out.type.substr(0, out.type.find('/'));
  return out;
}

Json claims_of(const ActivityEvent& event, TenantId tenant, const std::string& caller) {
  const std::string object = to_string(event.caller);
  Json out = {{"http://schemas.microsoft.com/identity/claims/objectidentifier", object},
              {"http://schemas.microsoft.com/identity/claims/tenantid", to_string(tenant)}};
  if (event.application != PrincipalId{}) out["appid"] = to_string(event.application);
  if (caller != object) out["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] = caller;
  return out;
}

Json properties_of(const ActivityEvent& event) {
  Json out = {{"eventCategory", "Administrative"},
              {"entity", event.resource},
              {"message", event.operation},
              {"serviceRequestId", to_string(event.request)}};
  if (event.ended) out["statusCode"] = reason_of(event.status);
  if (!event.code.empty()) out["statusMessage"] = Json{{"error", {{"code", event.code}}}}.dump();
  return out;
}

}  // namespace

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "NoContent";
    case 400:
      return "BadRequest";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 412:
      return "PreconditionFailed";
    case 429:
      return "TooManyRequests";
    case 501:
      return "NotImplemented";
    case 503:
      return "ServiceUnavailable";
    default:
      return status >= 500 ? "InternalServerError" : "Other";
  }
}

Json event_json(const ActivityEvent& event, TenantId tenant, const std::string& caller) {
  const std::string id = to_string(event_id(event));
  const auto type = type_of(event);
  const std::string ticks = std::to_string(event.time.time_since_epoch().count() * 10 + 621'355'968'000'000'000);
  Json sub_status = localizable("");
  if (event.ended) {
    sub_status["value"] = reason_of(event.status);
    sub_status["localizedValue"] =
        std::string(reason_of(event.status)) + " (HTTP Status Code: " + std::to_string(event.status) + ")";
  }
  Json request = {{"method", event.method}};
  if (!event.client_request.empty()) request["clientRequestId"] = event.client_request;
  return {{"authorization", {{"action", event.operation}, {"scope", event.resource}}},
          {"caller", caller},
          {"category", localizable("Administrative")},
          {"channels", "Operation"},
          {"claims", claims_of(event, tenant, caller)},
          {"correlationId", event.correlation},
          {"description", ""},
          {"eventDataId", id},
          {"eventName",
           {{"value", event.ended ? "EndRequest" : "BeginRequest"},
            {"localizedValue", event.ended ? "End request" : "Begin request"}}},
          {"eventTimestamp", rfc3339_ticks(event.time)},
          {"httpRequest", std::move(request)},
          {"id", event.resource + "/events/" + id + "/ticks/" + ticks},
          {"level", level_of(event)},
          {"operationId", to_string(event.request)},
          {"operationName", localizable(event.operation)},
          {"properties", properties_of(event)},
          {"resourceGroupName", type.group},
          {"resourceId", event.resource},
          {"resourceProviderName", localizable(type.provider)},
          {"resourceType", localizable(type.type)},
          {"status", localizable(status_of(event))},
          {"subStatus", std::move(sub_status)},
          {"submissionTimestamp", rfc3339_ticks(event.time)},
          {"subscriptionId", event.subscription ? to_string(*event.subscription) : std::string()},
          {"tenantId", to_string(tenant)}};
}

Json selected(Json event, const std::vector<std::string>& members) {
  if (members.empty()) return event;
  Json out = Json::object();
  for (const auto& name : members) out[name] = std::move(event[name]);
  return out;
}

bool satisfies(const ActivityEvent& event, const std::string& caller, const ActivityFilter& filter) {
  const auto type = type_of(event);
  return std::ranges::all_of(filter.clauses, [&](const ActivityFilter::Clause& clause) {
    const auto is = [&](std::string_view text) { return equals_ignoring_case(text, clause.value); };
    switch (clause.field) {
      case ActivityField::kResourceGroup:
        return is(type.group);
      case ActivityField::kResource:
        return is(event.resource);
      case ActivityField::kProvider:
        return is(type.provider);
      case ActivityField::kType:
        return is(type.type);
      case ActivityField::kOperation:
        return is(event.operation);
      case ActivityField::kCorrelation:
        return is(event.correlation);
      case ActivityField::kCaller:
        return is(caller) || is(to_string(event.caller)) ||
               (event.application != PrincipalId{} && is(to_string(event.application)));
      case ActivityField::kStatus:
        return is(status_of(event));
      case ActivityField::kLevel:
        return is(level_of(event));
    }
    return false;
  });
}

}  // namespace freehold::insights
