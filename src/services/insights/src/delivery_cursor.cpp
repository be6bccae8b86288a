#include "src/delivery_cursor.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "store/json_row.h"

namespace freehold::insights {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a delivery's cursor is not as it was written"); }

Json plan_json(const DeliveryPlan& plan) {
  Json out = {
      {"leaf", plan.until.leaf}, {"line", plan.until.line}, {"events", Json::array()}, {"appends", Json::array()}};
  for (const auto& tag : plan.events) out["events"].push_back(to_base64url(tag));
  for (const auto& each : plan.appends) {
    out["appends"].push_back({{"category", each.category},
                              {"hour", each.hour},
                              {"part", each.part},
                              {"position", each.position},
                              {"length", each.length}});
  }
  return out;
}

Result<DeliveryPlan> parse_plan(const Json& json) {
  DeliveryPlan out;
  store::MemberReader members(json);
  members.take("leaf", out.until.leaf).take("line", out.until.line);
  const auto events = json.find("events");
  const auto appends = json.find("appends");
  const bool whole =
      members.ok() && events != json.end() && events->is_array() && appends != json.end() && appends->is_array();
  if (!whole) return corrupt();
  for (const auto& each : *events) {
    auto tag = each.is_string() ? from_base64url(each.get<std::string>()) : std::nullopt;
    if (!tag) return corrupt();
    out.events.push_back(std::move(*tag));
  }
  for (const auto& each : *appends) {
    if (!each.is_object()) return corrupt();
    PlannedAppend append;
    store::MemberReader one(each);
    one.take("category", append.category).take("hour", append.hour).take("part", append.part);
    one.take("position", append.position).take("length", append.length);
    if (!one.ok()) return corrupt();
    out.appends.push_back(std::move(append));
  }
  return out;
}

}  // namespace

Bytes encode(const DeliveryCursor& cursor) {
  Json json = {{"v", kVersion}, {"leaf", cursor.at.leaf}, {"line", cursor.at.line}};
  if (cursor.plan) json["plan"] = plan_json(*cursor.plan);
  return json.dump();
}

Result<DeliveryCursor> decode_cursor(BytesView row) {
  FH_TRY(const Json json, store::parse_json_row(row, kVersion, "a delivery's cursor"));
  DeliveryCursor out;
  store::MemberReader members(json);
  members.take("leaf", out.at.leaf).take("line", out.at.line);
  if (!members.ok()) return corrupt();
  const auto plan = json.find("plan");
  if (plan == json.end()) return out;
  if (!plan->is_object()) return corrupt();
  FH_TRY(out.plan, parse_plan(*plan));
  return out;
}

}  // namespace freehold::insights
