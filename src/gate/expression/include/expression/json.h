// The values of templates and policies: JSON whose members keep their order, looked up as Azure does, without regard to
// case.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace freehold::gate::expression {

using Json = nlohmann::ordered_json;

// The member of that name: the one that is spelt so, or else the first that differs in ASCII case only. nullptr if
// there is none, or if `value` is no object. Costs time in proportion to the object's size.
[[nodiscard]] const Json* find_member(const Json& value, std::string_view name);
[[nodiscard]] Json* find_member(Json& value, std::string_view name);
// As find_member, and the text of it: empty if it is absent or no text.
[[nodiscard]] std::string_view text_member(const Json& value, std::string_view name);
// Sets the member that find_member finds, or a new one at the end.
void set_member(Json& object, std::string_view name, Json value);
// Appends without looking whether the name is there: for names known to be new.
void append_member(Json& object, std::string name, Json value);

// Equal as values: the order of members doesn't matter, 1 and 1.0 are one number, texts and names differ by case.
[[nodiscard]] bool deep_equal(const Json& a, const Json& b);
// The same text for values that are deep_equal, and for no others.
[[nodiscard]] std::string canonical_text(const Json& value);

// What a value weighs: its nodes (itself, members, elements), the bytes of its texts and names, and its depth (a scalar
// has 1). Stops counting when `most_nodes` is passed.
struct Weight {
  std::size_t nodes = 0;
  std::size_t text_bytes = 0;
  std::size_t longest_text = 0;
  std::size_t depth = 0;
};
[[nodiscard]] Weight weigh(const Json& value, std::size_t most_nodes);

// "String", "Integer", "Float", "Boolean", "Array", "Object", "Null": the names that Azure's errors use.
[[nodiscard]] std::string_view type_name(const Json& value);

}  // namespace freehold::gate::expression
