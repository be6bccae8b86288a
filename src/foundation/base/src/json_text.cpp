#include "base/json_text.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace freehold {
namespace {

// Without branches: the compiler takes many characters at once.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= (c >= ' ') & (c <= '~') & (c != '"') & (c != '\\');
  return plain;
}

template <class Json>
std::string by_library(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_string(std::string& out, const std::string& text) {
  if (is_plain(text)) {
    out.append(1, '"').append(text).append(1, '"');
  } else {
    out += by_library(nlohmann::json(text));
  }
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  out.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

template <class Json>
void append(std::string& out, const Json& json) {
  char before = 0;
  switch (json.type()) {
    case Json::value_t::object:
      before = '{';
      for (auto member = json.begin(); member != json.end(); ++member) {
        out.append(1, before);
        append_string(out, member.key());
        out.append(1, ':');
        append(out, member.value());
        before = ',';
      }
      out.append(json.empty() ? "{}" : "}");
      return;
    case Json::value_t::array:
      before = '[';
      for (const auto& each : json) {
        out.append(1, before);
        append(out, each);
        before = ',';
      }
      out.append(json.empty() ? "[]" : "]");
      return;
    case Json::value_t::string:
      return append_string(out, json.template get_ref<const std::string&>());
    case Json::value_t::number_integer:
      return append_number(out, json.template get<std::int64_t>());
    case Json::value_t::number_unsigned:
      return append_number(out, json.template get<std::uint64_t>());
    default:
      out += by_library(json);
  }
}

}  // namespace

std::string to_json_text(const nlohmann::json& json) {
  std::string out;
  out.reserve(512);
  append(out, json);
  return out;
}

std::string to_json_text(const nlohmann::ordered_json& json) {
  std::string out;
  out.reserve(512);
  append(out, json);
  return out;
}

std::size_t members_in(std::string_view text) {
  std::size_t count = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (c == '\\') ++i;
    if (c == ':' && !in_string) ++count;
  }
  return count;
}

std::size_t members_of(const nlohmann::json& json) {
  if (!json.is_structured()) return 0;
  std::size_t count = json.is_object() ? json.size() : 0;
  for (const auto& each : json) count += members_of(each);
  return count;
}

}  // namespace freehold
