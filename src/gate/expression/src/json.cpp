#include "expression/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53: beyond it a double no longer tells neighbours apart

void append_number(const Json& value, std::string& out) {
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::floor(number) == number && std::fabs(number) < kExactIntegers) {
      out += std::to_string(static_cast<std::int64_t>(number));
    } else {
      out += fmt::format("{}", number);
    }
  } else {
    out += value.dump();
  }
}

void append_canonical(const Json& value, std::string& out) {
  if (value.is_object()) {
    std::vector<const Json::object_t::value_type*> members;
    for (const auto& member : value.get_ref<const Json::object_t&>()) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    out += '{';
    for (const auto* member : members) {
      out += Json(member->first).dump(-1, ' ', false, Json::error_handler_t::replace) + ":";
      append_canonical(member->second, out);
      out += ',';
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& element : value) {
      append_canonical(element, out);
      out += ',';
    }
    out += ']';
  } else if (value.is_number()) {
    append_number(value, out);
  } else {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

void add_weight(const Json& value, std::size_t depth, std::size_t most_nodes, Weight& weight) {
  if (weight.nodes > most_nodes) return;
  ++weight.nodes;
  weight.depth = std::max(weight.depth, depth);
  if (value.is_string()) {
    const auto size = value.get_ref<const std::string&>().size();
    weight.text_bytes += size;
    weight.longest_text = std::max(weight.longest_text, size);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
      weight.text_bytes += name.size();
      add_weight(member, depth + 1, most_nodes, weight);
    }
  } else if (value.is_array()) {
    for (const auto& element : value) add_weight(element, depth + 1, most_nodes, weight);
  }
}

}  // namespace

const Json* find_member(const Json& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  const Json* other = nullptr;
  for (const auto& member : value.get_ref<const Json::object_t&>()) {
    if (member.first.size() != name.size()) continue;
    if (member.first == name) return &member.second;
    if (other == nullptr && equals_ignoring_case(member.first, name)) other = &member.second;
  }
  return other;
}

Json* find_member(Json& value, std::string_view name) {
  return const_cast<Json*>(find_member(static_cast<const Json&>(value), name));
}

std::string_view text_member(const Json& value, std::string_view name) {
  const Json* member = find_member(value, name);
  return member != nullptr && member->is_string() ? std::string_view(member->get_ref<const std::string&>())
                                                  : std::string_view();
}

void set_member(Json& object, std::string_view name, Json value) {
  if (Json* member = find_member(object, name)) {
    *member = std::move(value);
  } else {
    append_member(object, std::string(name), std::move(value));
  }
}

void append_member(Json& object, std::string name, Json value) {
  // ordered_map's own emplace looks through all members first; the vector below it doesn't.
  using Members = std::vector<Json::object_t::value_type>;
  static_cast<Members&>(object.get_ref<Json::object_t&>()).emplace_back(std::move(name), std::move(value));
}

bool deep_equal(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a == b;
  if (a.type() != b.type()) return false;
  if (a.is_array()) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), deep_equal);
  }
  if (!a.is_object()) return a == b;
  constexpr std::size_t kFew = 16;
  if (a.size() != b.size()) return false;
  if (a.size() > kFew) return canonical_text(a) == canonical_text(b);
  return std::all_of(a.items().begin(), a.items().end(), [&b](const auto& item) {
    const auto found = b.find(item.key());
    return found != b.end() && deep_equal(item.value(), *found);
  });
}

std::string canonical_text(const Json& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

Weight weigh(const Json& value, std::size_t most_nodes) {
  Weight weight;
  add_weight(value, 1, most_nodes, weight);
  return weight;
}

std::string_view type_name(const Json& value) {
  if (value.is_string()) return "String";
  if (value.is_number_float()) return "Float";
  if (value.is_number()) return "Integer";
  if (value.is_boolean()) return "Boolean";
  if (value.is_array()) return "Array";
  if (value.is_object()) return "Object";
  return "Null";
}

}  // namespace freehold::gate::expression
