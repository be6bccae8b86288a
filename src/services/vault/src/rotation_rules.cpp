#include "src/rotation_rules.h"

#include <algorithm>
#include <chrono>

#include "base/encoding.h"
#include "src/vault_call.h"

namespace freehold::vault {
namespace {

using vault_errors::bad_parameter;

constexpr std::uint64_t kMaxNumber = 12'000;
constexpr std::int64_t kSecondsADay = 86'400;
constexpr int kLeastDays = 7;  // Azure: from creation to rotation, and from that to expiry

// Compared at a place in time, since months differ.
bool at_least_days(const Period& period, int days) { return after(0, period) >= days * kSecondsADay; }

ApiResult<std::optional<Period>> period_member(const Json& object, std::string_view name, int least_days) {
  FH_TRY(const auto text, said(text_member(object, name, 32)));
  if (!text || text->empty()) return std::nullopt;
  const auto period = parse_period(*text);
  if (!period || !at_least_days(*period, least_days)) {
    return bad_parameter("'" + std::string(name) + "' must be an ISO 8601 duration of at least " +
                         std::to_string(least_days) + " days: \"P90D\".");
  }
  return *period;
}

// Without order each version would be due as soon as it is made, or after it expired.
ApiResult<> check_order(const std::optional<Period>& created, const std::optional<Period>& expires,
                        const std::optional<Period>& expiry) {
  if (!expiry) return {};
  const auto end = after(0, *expiry);
  if (expires && after(end, *expires, -1) < kLeastDays * kSecondsADay) {
    return bad_parameter("'timeBeforeExpiry' must leave at least 7 days of 'expiryTime' before it.");
  }
  if (created && end - after(0, *created) < kLeastDays * kSecondsADay) {
    return bad_parameter("'timeAfterCreate' must be at least 7 days before 'expiryTime'.");
  }
  return {};
}

ApiResult<Json> read_action(const Json& given, const std::optional<Period>& expiry) {
  FH_TRY(const auto type, said(word_member(member(given, "action"), "type", {"Rotate", "Notify"})));
  if (!type) return bad_parameter("A lifetime action's 'action.type' is Rotate or Notify.");
  const auto& trigger = member(given, "trigger");
  FH_TRY(const auto created, period_member(trigger, "timeAfterCreate", kLeastDays));
  FH_TRY(const auto expires, period_member(trigger, "timeBeforeExpiry", kLeastDays));
  if (created.has_value() == expires.has_value()) {
    return bad_parameter("A lifetime action's 'trigger' has either timeAfterCreate or timeBeforeExpiry.");
  }
  if (expires && *type == "Rotate" && !expiry) {
    return bad_parameter("Who rotates before expiry says when that is: 'attributes.expiryTime'.");
  }
  FH_CHECK_OK(check_order(created, expires, expiry));
  if (created && *type == "Notify") return bad_parameter("Notify is triggered by timeBeforeExpiry alone.");
  const std::string_view name = created ? "timeAfterCreate" : "timeBeforeExpiry";
  return Json{{"trigger", {{name, member(trigger, name)}}}, {"action", {{"type", *type}}}};
}

std::optional<Period> period_of(const Json& object, std::string_view name) {
  const auto& text = member(object, name);
  return text.is_string() ? parse_period(text.get_ref<const std::string&>()) : std::nullopt;
}

}  // namespace

std::optional<Period> parse_period(std::string_view text) {
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  Period out;
  std::string_view left = "YMD";
  while (!text.empty()) {
    const auto end = text.find_first_of("YMD");
    const auto number = end == text.npos ? std::nullopt : parse_u64(text.substr(0, end));
    const auto unit = end == text.npos ? left.npos : left.find(text[end]);
    if (!number || *number > kMaxNumber || unit == left.npos) return std::nullopt;
    const int value = static_cast<int>(*number);
    if (text[end] == 'Y') out.months += value > 1'000 ? 12'000 : 12 * value;
    if (text[end] == 'M') out.months += value;
    if (text[end] == 'D') out.days += value;
    left.remove_prefix(unit + 1);
    text.remove_prefix(end + 1);
  }
  return out.months <= 12'000 ? std::optional(out) : std::nullopt;
}

std::int64_t after(std::int64_t seconds, const Period& period, int direction) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<days>(time);
  auto date = year_month_day(day) + months(direction * period.months);
  if (!date.ok()) date = date.year() / date.month() / last;
  const auto moved = sys_days(date) + days(direction * period.days) + (time - day);
  return moved.time_since_epoch().count();
}

ApiResult<Json> read_rotation_policy(const Json& body, const Json& before, std::int64_t now) {
  FH_TRY(const auto expiry, period_member(member(body, "attributes"), "expiryTime", 28));
  FH_TRY(const auto* actions, said(array_member(body, "lifetimeActions", 10)));
  Json kept = Json::array();
  bool rotates = false;
  if (actions != nullptr) {
    for (const auto& given : *actions) {
      FH_TRY(auto action, read_action(given, expiry));
      const bool rotate = action["action"]["type"] == "Rotate";
      if (rotate && rotates) return bad_parameter("A rotation policy has one action of type Rotate at most.");
      rotates = rotates || rotate;
      kept.push_back(std::move(action));
    }
  }
  const auto& created = member(member(before, "attributes"), "created");
  Json attributes = {{"created", created.is_null() ? Json(now) : created}, {"updated", now}};
  if (expiry) attributes["expiryTime"] = member(member(body, "attributes"), "expiryTime");
  return Json{{"lifetimeActions", std::move(kept)}, {"attributes", std::move(attributes)}};
}

// What Azure shows of a key for which nobody set a policy.
Json default_rotation_policy() {
  return {{"lifetimeActions", {{{"trigger", {{"timeBeforeExpiry", "P30D"}}}, {"action", {{"type", "Notify"}}}}}},
          {"attributes", Json::object()}};
}

Json policy_of(const ItemHead& head) {
  Json policy = Json::parse(head.policy, nullptr, false);
  return policy.is_object() ? policy : default_rotation_policy();
}

// A day at least after the newest version was made, whatever else is said: nothing rotates round by round.
std::optional<std::int64_t> rotation_due(const ItemHead& head) {
  if (head.policy.empty()) return std::nullopt;
  const Json policy = policy_of(head);
  const auto& attributes = head.current.attributes;
  for (const auto& each : member(policy, "lifetimeActions")) {
    if (member(member(each, "action"), "type") != Json("Rotate")) continue;
    const auto& trigger = member(each, "trigger");
    const auto soonest = attributes.created + kSecondsADay;
    if (const auto period = period_of(trigger, "timeAfterCreate")) {
      return std::max(soonest, after(attributes.created, *period));
    }
    const auto period = period_of(trigger, "timeBeforeExpiry");
    if (period && attributes.expires) return std::max(soonest, after(*attributes.expires, *period, -1));
  }
  return std::nullopt;
}

std::optional<std::int64_t> expiry_by_policy(const ItemHead& head, std::int64_t now) {
  const auto period = period_of(member(policy_of(head), "attributes"), "expiryTime");
  return period ? std::optional(after(now, *period)) : std::nullopt;
}

}  // namespace freehold::vault
