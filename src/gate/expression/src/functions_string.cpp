// Source: "String functions for ARM templates". indexOf, startsWith and endsWith don't regard case; replace and
// contains do.
#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "expression/find_text.h"
#include "expression/names.h"
#include "src/function.h"
#include "src/number_format.h"
#include "src/text.h"

namespace freehold::gate::expression {

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_null()) return {};
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

Result<Json> to_string(const Call& call) {
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  return text_of(call[0]);
}

Result<Json> starts_with(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto start, call.text(1));
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

Result<Json> ends_with(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto end, call.text(1));
  return text.size() >= end.size() && equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

Result<Json> lower(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  return freehold::to_lower(text);
}

Result<Json> upper(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

Result<Json> trim(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return Json("");
  return std::string(text.substr(start, text.find_last_not_of(kSpace) - start + 1));
}

Result<Json> pad_left(const Call& call) {
  if (!call[0].is_string() && !call[0].is_number_integer()) return call.wrong_type(0, "a string or an integer");
  FH_TRY(const auto width, call.integer(1));
  std::string_view padding = " ";
  if (call.count() > 2) {
    FH_TRY(padding, call.text(2));
  }
  if (count_characters(padding) != 1) return call.wrong("the padding is one character");
  constexpr std::int64_t kWidest = 16'384;
  if (width < 0 || width > kWidest) return call.wrong(fmt::format("the length must be 0 to {}", kWidest));
  std::string text = text_of(call[0]);
  const auto size = count_characters(text);
  std::string out;
  for (auto i = size; i < static_cast<std::size_t>(width); ++i) out += padding;
  return out + text;
}

Result<Json> replace(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto old, call.text(1));
  FH_TRY(const auto with, call.text(2));
  if (old.empty()) return call.wrong("the string to replace is empty");
  std::string out;
  std::size_t at = 0;
  for (auto found = find_text(text, old); found != std::string_view::npos; found = find_text(text, old, at)) {
    out += text.substr(at, found - at);
    out += with;
    at = found + old.size();
    FH_CHECK_OK(call.budget.admit_text(out.size()));
  }
  out += text.substr(at);
  return out;
}

// The delimiters, one or several.
Result<std::vector<std::string_view>> delimiters(const Call& call) {
  std::vector<std::string_view> out;
  if (!call[1].is_array()) {
    FH_TRY(const auto one, call.text(1));
    out.push_back(one);
  } else {
    constexpr std::size_t kMost = 16;
    if (call[1].size() > kMost) return call.wrong("it takes at most 16 delimiters");
    for (const Json& delimiter : call[1]) {
      if (!delimiter.is_string()) return call.wrong("the delimiters are strings");
      out.push_back(delimiter.get_ref<const std::string&>());
    }
  }
  constexpr std::size_t kLongest = 128;  // they are tried at every place of the text
  if (std::any_of(out.begin(), out.end(), [](std::string_view one) { return one.size() > kLongest; })) {
    return call.wrong("a delimiter is too long");
  }
  return out;
}

Result<Json> split(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto between, delimiters(call));
  Json out = Json::array();
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto hit = std::find_if(between.begin(), between.end(), [&](std::string_view delimiter) {
      return !delimiter.empty() && text.substr(at).starts_with(delimiter);
    });
    if (hit == between.end()) {
      ++at;
      continue;
    }
    out.push_back(std::string(text.substr(start, at - start)));
    if (out.size() > call.budget.limits().nodes) return call.wrong("the result has too many parts");
    at += hit->size();
    start = at;
  }
  out.push_back(std::string(text.substr(start)));
  return out;
}

Result<Json> substring(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const auto start, call.integer(1));
  const auto size = static_cast<std::int64_t>(count_characters(text));
  auto length = size - start;
  if (call.count() > 2) {
    FH_TRY(length, call.integer(2));
  }
  if (start < 0 || start > size)
    return call.wrong(fmt::format("start index {} is outside the string of {}", start, size));
  if (length < 0 || length > size - start) {
    return call.wrong(
        fmt::format("index and length must refer to a location within the string: {} + {} of {}", start, length, size));
  }
  const auto rest = text.substr(offset_of_character(text, static_cast<std::size_t>(start)));
  return std::string(rest.substr(0, offset_of_character(rest, static_cast<std::size_t>(length))));
}

// One "{index[,alignment][:format]}" without its braces.
Result<std::string> format_item(const Call& call, std::string_view item) {
  const auto colon = std::min(item.find(':'), item.size());
  const auto comma = std::min(item.find(','), colon);
  std::size_t index = 0;
  int width = 0;
  const auto number = item.substr(0, comma);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  bool good = error == std::errc() && end == number.data() + number.size();
  if (comma < colon) {
    auto alignment = item.substr(comma + 1, colon - comma - 1);
    while (alignment.starts_with(' ')) alignment.remove_prefix(1);
    const auto parsed = std::from_chars(alignment.data(), alignment.data() + alignment.size(), width);
    good = good && parsed.ec == std::errc() && parsed.ptr == alignment.data() + alignment.size();
  }
  constexpr int kWidest = 4096;
  if (!good || width > kWidest || width < -kWidest) return call.wrong("the format string is malformed");
  if (index + 1 >= call.count())
    return call.wrong(fmt::format("the format string refers to value {}, which isn't there", index));
  const Json& value = call[index + 1];
  std::string text;
  if (value.is_number() && colon < item.size()) {
    FH_TRY(text, format_number(value, item.substr(colon + 1)));
  } else {
    text = text_of(value);
  }
  const auto size = count_characters(text);
  const auto wanted = static_cast<std::size_t>(std::abs(width));
  if (size < wanted) text.insert(width < 0 ? text.size() : 0, wanted - size, ' ');
  return text;
}

// .NET composite formatting.
Result<Json> format(const Call& call) {
  FH_TRY(const auto pattern, call.text(0));
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const bool doubled = i + 1 < pattern.size() && pattern[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      out += c;
      ++i;
    } else if (c == '{') {
      const auto end = pattern.find('}', i);
      if (end == std::string_view::npos) return call.wrong("the format string is malformed");
      FH_TRY(const std::string item, format_item(call, pattern.substr(i + 1, end - i - 1)));
      out += item;
      i = end;
    } else if (c == '}') {
      return call.wrong("the format string is malformed");
    } else {
      out += c;
    }
    FH_CHECK_OK(call.budget.admit_text(out.size()));
  }
  return out;
}

// The arguments of guid() and uniqueString(): texts, joined by '-'.
Result<std::string> joined_names(const Call& call) {
  FH_CHECK_OK(call.budget.admit_all(call.arguments));
  std::string out;
  for (std::size_t i = 0; i < call.count(); ++i) {
    FH_TRY(const auto part, call.text(i));
    if (i > 0) out += '-';
    out += part;
  }
  return out;
}

Result<Json> guid(const Call& call) {
  FH_TRY(const std::string names, joined_names(call));
  return name_guid(names);
}

Result<Json> unique(const Call& call) {
  FH_TRY(const std::string names, joined_names(call));
  return unique_string(names);
}

constexpr FunctionRow kRows[] = {
    {{"string", 1, 1}, to_string},       {{"startswith", 2, 2}, starts_with}, {{"endswith", 2, 2}, ends_with},
    {{"tolower", 1, 1}, lower},          {{"toupper", 1, 1}, upper},          {{"trim", 1, 1}, trim},
    {{"padleft", 2, 3}, pad_left},       {{"replace", 3, 3}, replace},        {{"split", 2, 2}, split},
    {{"substring", 2, 3}, substring},    {{"format", 2, kAny}, format},       {{"guid", 1, kAny}, guid},
    {{"uniquestring", 1, kAny}, unique},
};

}  // namespace

std::span<const FunctionRow> string_functions() { return kRows; }

}  // namespace freehold::gate::expression
