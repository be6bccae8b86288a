// base64, data URIs, URIs. Source: "String functions for ARM templates".
#include "base/encoding.h"
#include "expression/jsonc.h"
#include "src/function.h"

namespace freehold::gate::expression {
namespace {

constexpr std::string_view kDataUri = "data:text/plain;charset=utf8;base64,";

Result<Json> base64(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_CHECK_OK(call.budget.admit_text(text.size() * 4 / 3));
  return to_base64(text);
}

Result<std::string> decoded(const Call& call, std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes) return call.wrong("the string is no base64");
  if (!is_valid_utf8(*bytes)) return call.wrong("the decoded bytes are no UTF-8");
  return std::move(*bytes);
}

Result<Json> base64_to_string(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(std::string bytes, decoded(call, text));
  return Json(std::move(bytes));
}

Result<Json> base64_to_json(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_TRY(const std::string bytes, decoded(call, text));
  const JsonLimits limits{.bytes = call.budget.limits().text_bytes, .nodes = call.budget.limits().nodes};
  auto value = read_jsonc(bytes, limits);
  if (!value) return call.wrong(value.error().message);
  return value;
}

Result<Json> data_uri(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_CHECK_OK(call.budget.admit_text(text.size() * 4 / 3));
  return std::string(kDataUri) + to_base64(text);
}

Result<Json> data_uri_to_string(const Call& call) {
  FH_TRY(const auto uri, call.text(0));
  const auto comma = uri.find(',');
  if (!uri.starts_with("data:") || comma == std::string_view::npos) return call.wrong("the string is no data URI");
  const auto content = uri.substr(comma + 1);
  if (uri.substr(0, comma).ends_with(";base64")) {
    FH_TRY(std::string bytes, decoded(call, content));
    return Json(std::move(bytes));
  }
  auto bytes = percent_decode(content);
  if (!bytes || !is_valid_utf8(*bytes)) return call.wrong("the string is no data URI");
  return Json(std::move(*bytes));
}

Result<Json> uri_component(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  FH_CHECK_OK(call.budget.admit_text(text.size() * 3));
  return percent_encode(text);
}

Result<Json> uri_component_to_string(const Call& call) {
  FH_TRY(const auto text, call.text(0));
  auto bytes = percent_decode(text);
  if (!bytes || !is_valid_utf8(*bytes)) return call.wrong("the string is no URI-encoded text");
  return Json(std::move(*bytes));
}

// The length of "scheme:", 0 if there is none.
std::size_t scheme_size(std::string_view uri) {
  const auto end = uri.find_first_of(":/?#");
  if (end == std::string_view::npos || end == 0 || uri[end] != ':') return 0;
  return end + 1;
}

// RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const auto slash = path.find('/', 1);
    const auto segment = path.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (segment == "/.." || segment == "/.") {
      if (segment == "/.." && !kept.empty()) kept.pop_back();
      if (last) kept.push_back("/");
    } else {
      kept.push_back(segment);
    }
    path.remove_prefix(last ? path.size() : slash);
  }
  std::string out;
  for (const auto segment : kept) out += segment;
  return out;
}

// uri(base, relative): RFC 3986 section 5.2, for a base with an authority.
Result<Json> uri(const Call& call) {
  FH_TRY(const auto base, call.text(0));
  FH_TRY(const auto relative, call.text(1));
  FH_CHECK_OK(call.budget.admit_text(base.size() + relative.size()));
  const auto scheme = scheme_size(base);
  if (scheme == 0 || !base.substr(scheme).starts_with("//")) return call.wrong("the base is no absolute URI");
  if (scheme_size(relative) != 0) return std::string(relative);
  if (relative.starts_with("//")) return std::string(base.substr(0, scheme)) + std::string(relative);
  const auto authority_end = std::min(base.find_first_of("/?#", scheme + 2), base.size());
  const auto authority = base.substr(0, authority_end);
  const auto path_end = std::min(base.find_first_of("?#", authority_end), base.size());
  const auto base_path = base.substr(authority_end, path_end - authority_end);
  if (relative.empty()) return std::string(base.substr(0, path_end)) + (base_path.empty() ? "/" : "");
  const auto relative_path_end = std::min(relative.find_first_of("?#"), relative.size());
  std::string path(relative.substr(0, relative_path_end));
  if (path.empty()) {
    path = base_path.empty() ? "/" : base_path;
  } else if (!path.starts_with('/')) {
    const auto slash = base_path.rfind('/');
    path = (slash == std::string_view::npos ? "/" : std::string(base_path.substr(0, slash + 1))) + path;
  }
  return std::string(authority) + without_dots(path) + std::string(relative.substr(relative_path_end));
}

constexpr FunctionRow kRows[] = {
    {{"base64", 1, 1}, base64},
    {{"base64tostring", 1, 1}, base64_to_string},
    {{"base64tojson", 1, 1}, base64_to_json},
    {{"datauri", 1, 1}, data_uri},
    {{"datauritostring", 1, 1}, data_uri_to_string},
    {{"uricomponent", 1, 1}, uri_component},
    {{"uricomponenttostring", 1, 1}, uri_component_to_string},
    {{"uri", 2, 2}, uri},
};

}  // namespace

std::span<const FunctionRow> encoding_functions() { return kRows; }

}  // namespace freehold::gate::expression
