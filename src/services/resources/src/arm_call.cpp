#include "src/arm_call.h"

#include <algorithm>

#include "authn/bearer.h"
#include "authz/control_right.h"
#include "base/encoding.h"
#include "base/json_depth.h"
#include "base/json_text.h"
#include "http/json_response.h"
#include "src/arm_errors.h"

namespace freehold::resources {
namespace {

constexpr std::uint64_t kMaxPage = 1'000;

// Why a path isn't an id, in ARM's words.
gate::ApiError path_error(std::string_view path) {
  constexpr std::string_view kSubscriptions = "/subscriptions/";
  if (equals_ignoring_case(path.substr(0, kSubscriptions.size()), kSubscriptions)) {
    auto rest = path.substr(kSubscriptions.size());
    const auto id = rest.substr(0, rest.find('/'));
    if (!parse_guid<SubscriptionId>(id)) return arm_errors::invalid_subscription_id(id);
    rest.remove_prefix(id.size());
    constexpr std::string_view kGroups = "/resourcegroups/";
    if (equals_ignoring_case(rest.substr(0, kGroups.size()), kGroups)) {
      rest.remove_prefix(kGroups.size());
      const auto name = percent_decode(rest.substr(0, rest.find('/')));
      if (!name || !gate::resource::is_group_name(*name)) return arm_errors::invalid_group_name(name.value_or(""));
    }
  }
  return arm_errors::invalid_path(path);
}

}  // namespace

std::string sort_key(const Json& item) {
  const auto id = item.find("id");
  return id != item.end() && id->is_string() ? to_lower(id->get_ref<const std::string&>()) : std::string();
}

ApiResult<ArmCall> read_call(const ArmParts& parts, const http::Request& request, const gate::Principal& principal,
                             TenantId tenant, WallTime now) {
  auto path = gate::resource::parse_resource_path(request.path);
  if (!path) return std::unexpected(path_error(request.path));
  ArmCall call{.id = std::move(path->id),
               .rest = std::string(path->rest),
               .api_version = to_lower(request.parameter("api-version")),
               .caller = {.tenant = tenant, .object = {}, .now = now, .origin = origin_of(request, parts.site)},
               .who = principal.identity,
               .state = parts.store.state(tenant)};
  if (call.who != nullptr) {
    call.caller.object = call.who->object;
    call.caller.application = call.who->application;
  }
  if (!call.id.subscription) return call;
  call.subscription = call.state->subscription(*call.id.subscription);
  if (call.subscription == nullptr) {
    return std::unexpected(arm_errors::subscription_not_found(to_string(*call.id.subscription)));
  }
  return call;
}

ApiResult<std::shared_ptr<const ResourceGroup>> group_of(const ArmCall& call) {
  auto group = call.id.subscription ? call.state->group(*call.id.subscription, call.id.group) : nullptr;
  if (group == nullptr) return std::unexpected(arm_errors::group_not_found(call.id.group));
  return group;
}

Task<ApiResult<Json>> read_json(http::BodyReader& body) {
  auto text = co_await http::read_all(body, kMaxBodyBytes);
  if (!text) co_return std::unexpected(arm_errors::body_unreadable(text.error()));
  if (text->empty()) co_return Json(nullptr);
  if (nests_deeper_than(*text, kMaxJsonDepth))
    co_return std::unexpected(arm_errors::invalid_content("it nests too deep."));
  auto json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) co_return std::unexpected(arm_errors::invalid_content("it is not JSON."));
  co_return json;
}

Task<ApiResult<Json>> read_object(http::BodyReader& body) {
  FH_CO_TRY(auto json, co_await read_json(body));
  if (!json.is_object()) co_return std::unexpected(arm_errors::invalid_content("a JSON object is expected."));
  co_return json;
}

ApiResult<std::string> text_of(const Json& json, const char* name, std::size_t limit) {
  const auto at = json.find(name);
  if (at == json.end() || at->is_null()) return std::string();
  if (!at->is_string() || at->get_ref<const std::string&>().size() > limit) {
    return std::unexpected(
        arm_errors::invalid_content("'" + std::string(name) + "' is a text of at most " + std::to_string(limit) + "."));
  }
  return at->get<std::string>();
}

ApiResult<Json> properties_of(const Json& body) {
  const auto at = body.find("properties");
  if (at == body.end() || at->is_null()) return Json::object();
  if (!at->is_object()) return std::unexpected(arm_errors::invalid_content("'properties' is an object."));
  return *at;
}

ApiResult<Tags> tags_of(const Json& json) {
  Tags out;
  const auto at = json.find("tags");
  if (at == json.end() || at->is_null()) return out;
  if (!at->is_object()) return std::unexpected(arm_errors::invalid_tags("'tags' is an object of texts."));
  if (at->size() > kMaxTags) return std::unexpected(arm_errors::invalid_tags("There are at most 50 tags."));
  std::vector<std::string> seen;
  for (const auto& [name, value] : at->items()) {
    const bool good = !name.empty() && name.size() <= kMaxTagNameBytes && name.find_first_of("<>%&\\?/") == name.npos;
    if (!good) return std::unexpected(arm_errors::invalid_tags("The tag name '" + name + "' is not valid."));
    if (!value.is_string() || value.get_ref<const std::string&>().size() > kMaxTagValueBytes) {
      return std::unexpected(arm_errors::invalid_tags("The value of the tag '" + name + "' is a text of at most 256."));
    }
    seen.push_back(to_lower(name));
    out.emplace(name, value.get<std::string>());
  }
  std::ranges::sort(seen);
  if (std::ranges::adjacent_find(seen) != seen.end()) {
    return std::unexpected(arm_errors::invalid_tags("Tag names are unique without regard to case."));
  }
  return out;
}

// By the groups that the caller is in now: a body may have been long in coming.
bool may(const ArmParts& parts, const ArmCall& call, std::string_view action, const ResourceId& id) {
  return call.who != nullptr &&
         gate::authz::may_control(parts.identities, parts.assignments, call.who->tenant, call.who->object, action,
                                  gate::resource::chain_of(id, call.who->tenant, parts.store));
}

gate::ApiError forbidden(const ArmCall& call, std::string_view action, std::string_view scope) {
  return arm_errors::authorization_failed(call.caller.application, call.caller.object, action, scope);
}

ApiResult<> check_sees(const ArmParts& parts, const ArmCall& call, std::string_view action, const ResourceId& id) {
  if (may(parts, call, action, id)) return {};
  const std::string below = gate::resource::key_of(id) + "/";
  const auto gives = [&](const gate::authz::RoleAssignment& each) {
    return each.scope.starts_with(below) &&
           (each.principal == call.who->object ||
            std::ranges::find(call.who->groups, each.principal) != call.who->groups.end());
  };
  if (call.who != nullptr && std::ranges::any_of(parts.assignments.assignments(call.caller.tenant), gives)) return {};
  return std::unexpected(forbidden(call, action, id.text()));
}

http::Response json_answer(int status, const Json& json) { return http::json_response(status, to_json_text(json)); }

http::Response empty_answer(int status) {
  http::Response response;
  response.status = status;
  return response;
}

std::string next_link(const http::Request& request, const ArmCall& call, std::string_view last) {
  std::string out = call.caller.origin + request.path;
  char separator = '?';
  for (const auto& parameter : request.query) {
    if (parameter.name == "$skiptoken") continue;
    out.append(1, std::exchange(separator, '&')).append(percent_encode(parameter.raw_name, "$-"));
    out.append("=").append(percent_encode(parameter.value));
  }
  return out.append(1, separator).append("$skiptoken=").append(to_base64url(last));
}

ApiResult<std::uint64_t> top_of(const http::Request& request) {
  if (!request.has_parameter("$top")) return kMaxPage;
  const auto asked = parse_u64(request.parameter("$top"));
  if (!asked || *asked == 0) return std::unexpected(arm_errors::invalid_top());
  return std::min(*asked, kMaxPage);
}

ApiResult<std::string> skip_token_of(const http::Request& request) {
  if (!request.has_parameter("$skiptoken")) return std::string();
  auto last = from_base64url(request.parameter("$skiptoken"));
  if (!last || last->empty()) return std::unexpected(arm_errors::invalid_skip_token());
  return std::move(*last);
}

Reply list_answer(const http::Request& request, const ArmCall& call, std::vector<Json> items) {
  FH_TRY(const auto top, top_of(request));
  FH_TRY(const auto behind, skip_token_of(request));
  // Keys are made once each: there may be many thousands.
  std::vector<std::pair<std::string, Json*>> sorted;
  sorted.reserve(items.size());
  for (Json& item : items) sorted.emplace_back(sort_key(item), &item);
  std::ranges::sort(sorted);
  auto from = sorted.begin();
  if (!behind.empty()) from = std::ranges::upper_bound(sorted, behind, {}, &std::pair<std::string, Json*>::first);
  Json value = Json::array();
  const auto begin = from;
  for (; from != sorted.end() && value.size() < top; ++from) value.push_back(std::move(*from->second));
  Json out;
  if (from != sorted.end() && from != begin) out["nextLink"] = next_link(request, call, std::prev(from)->first);
  out["value"] = std::move(value);
  return json_answer(200, out);
}

ApiResult<std::vector<FilterClause>> read_filter(const http::Request& request,
                                                 std::initializer_list<std::string_view> fields) {
  auto clauses = parse_filter(request.parameter("$filter"));
  const auto is_known = [&](const FilterClause& clause) {
    return std::ranges::find(fields, std::string_view(clause.field)) != fields.end();
  };
  if (!clauses || !std::ranges::all_of(*clauses, is_known)) {
    return std::unexpected(arm_errors::invalid_filter(request.parameter("$filter")));
  }
  return std::move(*clauses);
}

std::string origin_of(const http::Request& request, const Site& site) {
  return "https://management." + site.domain + std::string(gate::port_of_host(request));
}

std::string normal_location(std::string_view location) {
  std::string out = to_lower(location);
  std::erase(out, ' ');
  return out;
}

gate::RouteSpec arm_row(http::Method method, std::string_view path, std::string_view action) {
  const bool reads = method == http::Method::kGet || method == http::Method::kHead;
  return {.method = method,
          .scope = gate::Scope::kSystem,
          .path = path,
          .credentials = gate::kBearer,
          .data_action = action,
          .any_caller = action.empty(),
          .data = gate::DataClass::kCustomerData,
          .audit = reads ? gate::AuditClass::kRead : gate::AuditClass::kControl};
}

}  // namespace freehold::resources
