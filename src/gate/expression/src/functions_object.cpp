// Objects, comparison and logic. Source: "Object functions", "Comparison functions", "Logical functions for ARM
// templates".
#include <algorithm>

#include "base/encoding.h"
#include "expression/jsonc.h"
#include "src/function.h"

namespace freehold::gate::expression {
namespace {

Result<Json> create_object(const Call& call) {
  if (call.count() % 2 != 0) return call.wrong("every name needs a value");
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  Json out = Json::object();
  for (std::size_t i = 0; i < call.count(); i += 2) {
    FH_TRY(const auto name, call.text(i));
    set_member(out, name, call[i + 1]);
  }
  return out;
}

std::vector<const Json::object_t::value_type*> sorted_members(const Json& object) {
  std::vector<const Json::object_t::value_type*> members;
  for (const auto& member : object.get_ref<const Json::object_t&>()) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  return members;
}

Result<Json> items(const Call& call) {
  if (!call[0].is_object()) return call.wrong_type(0, "an object");
  Json out = Json::array();
  for (const auto* member : sorted_members(call[0])) {
    out.push_back(Json{{"key", member->first}, {"value", member->second}});
  }
  return out;
}

Result<Json> object_keys(const Call& call) {
  if (!call[0].is_object()) return call.wrong_type(0, "an object");
  Json out = Json::array();
  for (const auto* member : sorted_members(call[0])) out.push_back(member->first);
  return out;
}

Result<Json> parse_json(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  const JsonLimits limits{.bytes = call.budget.limits().text_bytes, .nodes = call.budget.limits().nodes};
  auto value = read_jsonc(text, limits);
  if (!value) return call.wrong(value.error().message);
  return value;
}

Result<Json> null(const Call&) { return nullptr; }

// tryGet(value, key, more keys...): null where property access would fail.
Result<Json> try_get(const Call& call) {
  const Json* at = &call[0];
  for (std::size_t i = 1; i < call.count(); ++i) {
    if (at->is_null()) return nullptr;
    if (at->is_object() && call[i].is_string()) {
      at = find_member(*at, call[i].get_ref<const std::string&>());
    } else if (at->is_array() && call[i].is_number_integer()) {
      const auto place = call[i].get<std::int64_t>();
      at = place >= 0 && static_cast<std::uint64_t>(place) < at->size() ? &(*at)[static_cast<std::size_t>(place)]
                                                                        : nullptr;
    } else {
      return call.wrong_type(i, "a string for an object, an integer for an array");
    }
    if (at == nullptr) return nullptr;
  }
  return *at;
}

Result<Json> equals(const Call& call) {
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  return deep_equal(call[0], call[1]);
}

// Integers with integers, texts with texts (by their bytes, so upper case comes before lower case).
Result<int> compare(const Call& call) {
  if (call[0].is_number() && call[1].is_number()) return call[0] < call[1] ? -1 : call[0] == call[1] ? 0 : 1;
  if (call[0].is_string() && call[1].is_string()) {
    return call[0].get_ref<const std::string&>().compare(call[1].get_ref<const std::string&>());
  }
  return call.wrong("it compares two integers or two strings");
}

Result<Json> less(const Call& call) {
  FH_TRY(const int order, compare(call));
  return order < 0;
}
Result<Json> less_or_equals(const Call& call) {
  FH_TRY(const int order, compare(call));
  return order <= 0;
}
Result<Json> greater(const Call& call) {
  FH_TRY(const int order, compare(call));
  return order > 0;
}
Result<Json> greater_or_equals(const Call& call) {
  FH_TRY(const int order, compare(call));
  return order >= 0;
}

Result<Json> yes(const Call&) { return true; }
Result<Json> no(const Call&) { return false; }

Result<Json> negate(const Call& call) {
  if (!call[0].is_boolean()) return call.wrong_type(0, "a boolean");
  return !call[0].get<bool>();
}

Result<Json> to_bool(const Call& call) {
  const Json& value = call[0];
  if (value.is_boolean()) return value;
  if (value.is_number_integer()) return value.get<std::int64_t>() != 0;
  FH_TRY(const auto text, call.text(0));
  if (equals_ignoring_case(text, "true") || text == "1") return true;
  if (equals_ignoring_case(text, "false") || text == "0") return false;
  return call.wrong("the string is no boolean");
}

constexpr FunctionRow kRows[] = {
    {{"createobject", 0, kAny}, create_object},
    {{"items", 1, 1}, items},
    {{"objectkeys", 1, 1}, object_keys},
    {{"json", 1, 1}, parse_json},
    {{"null", 0, 0}, null},
    {{"tryget", 2, kAny}, try_get},
    {{"equals", 2, 2}, equals},
    {{"less", 2, 2}, less},
    {{"lessorequals", 2, 2}, less_or_equals},
    {{"greater", 2, 2}, greater},
    {{"greaterorequals", 2, 2}, greater_or_equals},
    {{"true", 0, 0}, yes},
    {{"false", 0, 0}, no},
    {{"not", 1, 1}, negate},
    {{"bool", 1, 1}, to_bool},
};

}  // namespace

std::span<const FunctionRow> object_functions() { return kRows; }

}  // namespace freehold::gate::expression
