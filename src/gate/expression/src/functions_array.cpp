// Functions over sequences: arrays, and texts where Azure lets them take either. Source: "Array functions for ARM
// templates", "String functions for ARM templates".
#include <algorithm>

#include "base/encoding.h"
#include "expression/find_text.h"
#include "src/function.h"
#include "src/text.h"

namespace freehold::gate::expression {
namespace {

constexpr std::int64_t kRange = 10'000;  // Azure's limit for range()

Result<Json> make_array(const Call& call) {
  if (call[0].is_array()) return call[0];
  return Json::array({call[0]});
}

Result<Json> concat(const Call& call) {
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  const bool arrays = call[0].is_array();
  Json joined = Json::array();
  std::string text;
  for (std::size_t i = 0; i < call.count(); ++i) {
    if (call[i].is_array() != arrays) return call.wrong("arrays can't be joined with other types");
    if (call[i].is_object()) return call.wrong_type(i, "a string or an array");
    if (arrays) {
      joined.insert(joined.end(), call[i].begin(), call[i].end());
    } else {
      text += text_of(call[i]);
    }
  }
  if (arrays) return joined;
  return Json(std::move(text));
}

Result<Json> contains(const Call& call) {
  const Json& in = call[0];
  if (in.is_null()) return false;
  if (in.is_object()) {
    FH_TRY(const auto name, call.text(1));
    return find_member(in, name) != nullptr;
  }
  if (in.is_string()) {
    return find_text(in.get_ref<const std::string&>(), text_of(call[1])) != std::string::npos;
  }
  if (!in.is_array()) return call.wrong_type(0, "an array, an object or a string");
  FH_CHECK_OK(call.budget.spend(in.size()));
  return std::any_of(in.begin(), in.end(), [&call](const Json& element) { return deep_equal(element, call[1]); });
}

Result<Json> create_array(const Call& call) {
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  Json out = Json::array();
  for (const Json* argument : call.arguments) out.push_back(*argument);
  return out;
}

Result<Json> empty(const Call& call) {
  if (call[0].is_null()) return true;
  if (call[0].is_string()) return call[0].get_ref<const std::string&>().empty();
  if (call[0].is_structured()) return call[0].empty();
  return call.wrong_type(0, "an array, an object or a string");
}

Result<Json> length(const Call& call) {
  if (call[0].is_string()) return count_characters(call[0].get_ref<const std::string&>());
  if (call[0].is_structured()) return call[0].size();
  return call.wrong_type(0, "an array, an object or a string");
}

// The part [from, from + count) of an array or a text.
Result<Json> part(const Call& call, std::size_t from, std::size_t count) {
  if (call[0].is_string()) {
    const auto& text = call[0].get_ref<const std::string&>();
    const auto start = offset_of_character(text, from);
    const auto rest = std::string_view(text).substr(start);
    return Json(std::string(rest.substr(0, offset_of_character(rest, count))));
  }
  Json out = Json::array();
  for (auto i = from; i < call[0].size() && i - from < count; ++i) out.push_back(call[0][i]);
  return out;
}

Result<Json> first(const Call& call) {
  if (call[0].is_string()) return part(call, 0, 1);
  if (!call[0].is_array()) return call.wrong_type(0, "an array or a string");
  return call[0].empty() ? Json(nullptr) : call[0].front();
}

Result<Json> last(const Call& call) {
  if (call[0].is_string()) {
    const auto size = count_characters(call[0].get_ref<const std::string&>());
    return part(call, size == 0 ? 0 : size - 1, 1);
  }
  if (!call[0].is_array()) return call.wrong_type(0, "an array or a string");
  return call[0].empty() ? Json(nullptr) : call[0].back();
}

Result<Json> skip(const Call& call) {
  if (!call[0].is_array() && !call[0].is_string()) return call.wrong_type(0, "an array or a string");
  FH_TRY(const auto count, call.integer(1));
  return part(call, static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), std::string::npos);
}

Result<Json> take(const Call& call) {
  if (!call[0].is_array() && !call[0].is_string()) return call.wrong_type(0, "an array or a string");
  FH_TRY(const auto count, call.integer(1));
  return part(call, 0, static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
}

Result<Json> flatten(const Call& call) {
  if (!call[0].is_array()) return call.wrong_type(0, "an array");
  Json out = Json::array();
  for (const Json& inner : call[0]) {
    if (!inner.is_array()) return call.wrong("it flattens an array of arrays");
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

// The element that is `place` from the end; nullptr beyond the start.
Result<const Json*> from_end(const Call& call) {
  if (!call[0].is_array()) return call.wrong_type(0, "an array");
  FH_TRY(const auto place, call.integer(1));
  if (place < 1) return call.wrong("the index from the end begins with 1");
  if (static_cast<std::uint64_t>(place) > call[0].size()) return static_cast<const Json*>(nullptr);
  return &call[0][call[0].size() - static_cast<std::size_t>(place)];
}

Result<Json> index_from_end(const Call& call) {
  FH_TRY(const Json* const found, from_end(call));
  if (found == nullptr) return call.wrong("the index is out of bounds");
  return *found;
}

Result<Json> try_index_from_end(const Call& call) {
  FH_TRY(const Json* const found, from_end(call));
  return found == nullptr ? Json(nullptr) : *found;
}

Json place_in_text(std::string_view text, std::size_t offset) {
  return offset == std::string_view::npos ? Json(-1) : Json(count_characters(text.substr(0, offset)));
}

Result<Json> index_of(const Call& call) {
  if (call[0].is_array()) {
    FH_CHECK_OK(call.budget.spend(call[0].size()));
    for (std::size_t i = 0; i < call[0].size(); ++i) {
      if (deep_equal(call[0][i], call[1])) return i;
    }
    return -1;
  }
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto wanted, call.text(1));
  return place_in_text(text, find_ignoring_case(text, wanted));
}

Result<Json> last_index_of(const Call& call) {
  if (call[0].is_array()) {
    FH_CHECK_OK(call.budget.spend(call[0].size()));
    for (std::size_t i = call[0].size(); i > 0; --i) {
      if (deep_equal(call[0][i - 1], call[1])) return i - 1;
    }
    return -1;
  }
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto wanted, call.text(1));
  return place_in_text(text, find_last_ignoring_case(text, wanted));
}

Result<Json> join(const Call& call) {
  if (!call[0].is_array()) return call.wrong_type(0, "an array");
  FH_TRY(const auto between, call.text(1));
  std::string out;
  for (std::size_t i = 0; i < call[0].size(); ++i) {
    if (call[0][i].is_structured()) return call.wrong("the array has elements that are no strings");
    if (i > 0) out += between;
    out += text_of(call[0][i]);
    FH_CHECK_OK(call.budget.admit_text(out.size()));
  }
  return Json(std::move(out));
}

Result<Json> range(const Call& call) {
  FH_TRY(const auto start, call.integer(0));
  FH_TRY(const auto count, call.integer(1));
  constexpr std::int64_t kMost = 2'147'483'647;  // of start + count, as Azure has it
  if (count < 0 || count > kRange) return call.wrong(fmt::format("the count must be 0 to {}", kRange));
  if (start > kMost - count || start < -kMost) return call.wrong("the range leaves the integers of 32 bits");
  Json out = Json::array();
  for (std::int64_t i = 0; i < count; ++i) out.push_back(start + i);
  return out;
}

constexpr FunctionRow kRows[] = {
    {{"array", 1, 1}, make_array},
    {{"concat", 1, kAny}, concat},
    {{"contains", 2, 2}, contains},
    {{"createarray", 0, kAny}, create_array},
    {{"empty", 1, 1}, empty},
    {{"length", 1, 1}, length},
    {{"first", 1, 1}, first},
    {{"last", 1, 1}, last},
    {{"skip", 2, 2}, skip},
    {{"take", 2, 2}, take},
    {{"flatten", 1, 1}, flatten},
    {{"indexfromend", 2, 2}, index_from_end},
    {{"tryindexfromend", 2, 2}, try_index_from_end},
    {{"indexof", 2, 2}, index_of},
    {{"lastindexof", 2, 2}, last_index_of},
    {{"join", 2, 2}, join},
    {{"range", 2, 2}, range},
};

}  // namespace

std::span<const FunctionRow> array_functions() { return kRows; }

}  // namespace freehold::gate::expression
