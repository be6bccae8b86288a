// One request of the resource manager, read as far as every operation needs it; and how answers are written.
#pragma once

#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/service_gate.h"
#include "resource/provider.h"
#include "src/arm_parts.h"
#include "src/list_filter.h"

namespace freehold::resources {

using gate::ApiResult;
using gate::Reply;
using gate::resource::Json;
using gate::resource::ResourceId;

struct ArmCall {
  ResourceId id;     // the longest whole id in the path
  std::string rest;  // what comes behind it, as sent
  std::string api_version;
  gate::resource::Caller caller;
  std::shared_ptr<const gate::Identity> who;
  std::shared_ptr<const TenantState> state;               // of the caller's tenant, as it was when the request came
  std::shared_ptr<const Subscription> subscription = {};  // where the id is below one
};

// 400 for a path that is none, 404 SubscriptionNotFound for another tenant's subscription or nobody's.
template <class Operation>
[[nodiscard]] ApiResult<ArmCall> read_call(const ArmParts& parts, const gate::Permit<Operation>& permit) {
  return read_call(parts, permit.request(), permit.principal(), permit.tenant(), permit.now());
}
[[nodiscard]] ApiResult<ArmCall> read_call(const ArmParts& parts, const http::Request& request,
                                           const gate::Principal& principal, TenantId tenant, WallTime now);

// The group of the id: 404 ResourceGroupNotFound.
[[nodiscard]] ApiResult<std::shared_ptr<const ResourceGroup>> group_of(const ArmCall& call);

// The body as JSON, null if there is none: 400 InvalidRequestContent if it isn't JSON or nests deeper than 64.
[[nodiscard]] Task<ApiResult<Json>> read_json(http::BodyReader& body);
// The same, and an object.
[[nodiscard]] Task<ApiResult<Json>> read_object(http::BodyReader& body);
// A member's text: empty if it isn't there. 400 if it is no text or longer than `limit`.
[[nodiscard]] ApiResult<std::string> text_of(const Json& json, const char* name, std::size_t limit);
// "properties" of a body, or an empty object. 400 if it is something else.
[[nodiscard]] ApiResult<Json> properties_of(const Json& body);
// "tags": 50 at most, names of 512 and values of 256 characters, no two that differ in case alone.
[[nodiscard]] ApiResult<Tags> tags_of(const Json& json);

// May the caller do this to that? As the gate asks, for what an operation decides by itself (lists).
[[nodiscard]] bool may(const ArmParts& parts, const ArmCall& call, std::string_view action, const ResourceId& id);

// What is answered to whom it isn't allowed.
[[nodiscard]] gate::ApiError forbidden(const ArmCall& call, std::string_view action, std::string_view scope);

// For lists, which show each caller what that one may see: 403 to whom no role there, above or below gives anything, so
// that he isn't told what there is and what not, nor has it looked for.
[[nodiscard]] ApiResult<> check_sees(const ArmParts& parts, const ArmCall& call, std::string_view action,
                                     const ResourceId& id);

[[nodiscard]] http::Response json_answer(int status, const Json& json);
[[nodiscard]] http::Response empty_answer(int status);
// {"value": [...], "nextLink": ...}: sorted by id, $top at a time (1,000 at most), $skiptoken from where.
[[nodiscard]] Reply list_answer(const http::Request& request, const ArmCall& call, std::vector<Json> items);

// By what lists are sorted: the id in lower case.
[[nodiscard]] std::string sort_key(const Json& item);
// The last one of the page before; empty: this is the first page. 400 InvalidSkipToken if it is none that was given
// out.
[[nodiscard]] ApiResult<std::string> skip_token_of(const http::Request& request);
// The same request from behind `last` on: the $skiptoken of the next page.
[[nodiscard]] std::string next_link(const http::Request& request, const ArmCall& call, std::string_view last);
// $top, 1,000 at most: 400 if it is none.
[[nodiscard]] ApiResult<std::uint64_t> top_of(const http::Request& request);

// $filter, of these fields alone: 400 InvalidFilterInQueryString for anything else.
[[nodiscard]] ApiResult<std::vector<FilterClause>> read_filter(const http::Request& request,
                                                               std::initializer_list<std::string_view> fields);

// "https://management.D:8443" as the caller came.
[[nodiscard]] std::string origin_of(const http::Request& request, const Site& site);
// "West US" and "westus" are one location.
[[nodiscard]] std::string normal_location(std::string_view location);

// A row for a caller with this action on what the path points at; an empty action: for any caller. Reads are recorded
// in batches; whatever else is durable before it runs.
[[nodiscard]] gate::RouteSpec arm_row(http::Method method, std::string_view path, std::string_view action);

}  // namespace freehold::resources
