#include "shared_key_string.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "base/encoding.h"
#include "header_order.h"

namespace freehold::gate {
namespace {

using Field = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kPrefix = "x-ms-";
constexpr std::string_view kSignedHeaders[] = {
    "content-encoding",  "content-language", "content-length", "content-md5",         "content-type", "date",
    "if-modified-since", "if-match",         "if-none-match",  "if-unmodified-since", "range"};
// Keys and source URLs with their SAS: signed, never shown.
constexpr std::string_view kSecretHeaders[] = {"x-ms-encryption-key", "x-ms-source-encryption-key", "x-ms-copy-source",
                                               "x-ms-copy-source-authorization", "x-ms-rename-source"};
// From this version on an absent body is signed as an empty Content-Length; before it "0" stood.
constexpr std::string_view kEmptyLengthSince = "2015-02-21";

enum class Secrets { kSigned, kHidden };

bool is_secret(std::string_view header) {
  return std::ranges::any_of(kSecretHeaders, [&](std::string_view name) { return name == header; });
}

std::string_view trimmed(std::string_view text) {
  auto from = text.find_first_not_of(" \t");
  return from == std::string_view::npos ? "" : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string_view standard_header(const http::Request& request, std::string_view name) {
  auto value = request.headers.get(name);
  if (name == "date" && request.headers.has("x-ms-date")) return {};
  if (name == "content-length" && value == "0") {
    auto version = request.headers.get("x-ms-version");
    if (version.empty() || version >= kEmptyLengthSince) return {};
  }
  return value;
}

// Headers of one name stay in their order of arrival. What is compared is made once a header, not once a comparison.
std::vector<Field> storage_headers(const http::Request& request, SigningForm::Order order) {
  struct Keyed {
    std::string key;  // of the collation; empty if bytes decide
    std::size_t arrived;
    Field field;
  };
  const bool collated = order == SigningForm::Order::kCollated;
  std::vector<Keyed> found;
  found.reserve(16);
  for (const auto& [name, value] : request.headers.fields()) {
    if (!name.starts_with(kPrefix)) continue;
    found.push_back({collated ? collation_key(name) : std::string(), found.size(), {name, trimmed(value)}});
  }
  std::ranges::sort(found, std::less<>{}, [](const Keyed& k) { return std::tie(k.key, k.field.first, k.arrived); });
  std::vector<Field> fields;
  fields.reserve(found.size());
  for (const auto& keyed : found) fields.push_back(keyed.field);
  return fields;
}

// "name:value\n" each; a header that came several times stands once with its values in order of arrival. White space
// inside a value stays: clients sign it as they send it, whatever the specification says of folding it.
void append_headers(std::string& out, const std::vector<Field>& fields, Secrets secrets) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    bool repeated = i > 0 && fields[i].first == fields[i - 1].first;
    if (repeated) {
      out.back() = ',';
    } else {
      out.append(fields[i].first).append(":");
    }
    bool hidden = secrets == Secrets::kHidden && is_secret(fields[i].first);
    out.append(hidden ? "***" : fields[i].second).append("\n");
  }
}

std::string decoded(std::string_view text, SigningForm::Plus plus) {
  std::string spaced(text);
  if (plus == SigningForm::Plus::kSpace) std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced).value_or(std::string(text));
}

// "\nname:value,value": names in lower case and in order, the values of one name in order.
void append_query(std::string& out, std::string_view query, SigningForm::Plus plus) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    auto piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), piece.size() + 1));
    auto equals = piece.find('=');
    auto value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
    if (!piece.empty()) parameters.emplace_back(to_lower(decoded(piece.substr(0, equals), plus)), decoded(value, plus));
  }
  std::ranges::sort(parameters);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    bool repeated = i > 0 && parameters[i].first == parameters[i - 1].first;
    repeated ? out.append(",") : out.append("\n").append(parameters[i].first).append(":");
    out.append(parameters[i].second);
  }
}

// The Lite form signs one parameter alone: `comp` says which operation is meant.
void append_comp(std::string& out, const http::Request& request) {
  if (request.has_parameter("comp")) out.append("?comp=").append(request.parameter("comp"));
}

// What is signed of a request: its x-ms- headers in one of their orders, and what a plus in its query means.
struct Signed {
  const http::Request& request;
  std::string_view account;
  std::string_view path;
  const std::vector<Field>& headers;
  SigningForm::Plus plus = SigningForm::Plus::kSpace;
  Secrets secrets = Secrets::kSigned;
};

std::string build_lite(const Signed& s) {
  std::string out;
  out.reserve(512);
  out.append(http::to_string(s.request.method)).append("\n");
  for (std::string_view name : {"content-md5", "content-type", "date"}) {
    out.append(standard_header(s.request, name)).append("\n");
  }
  append_headers(out, s.headers, s.secrets);
  out.append("/").append(s.account).append(s.path.empty() ? "/" : s.path);
  append_comp(out, s.request);
  return out;
}

std::string build(const Signed& s) {
  std::string out;
  out.reserve(512);
  out.append(http::to_string(s.request.method)).append("\n");
  for (auto name : kSignedHeaders) out.append(standard_header(s.request, name)).append("\n");
  append_headers(out, s.headers, s.secrets);
  out.append("/").append(s.account).append(s.path.empty() ? "/" : s.path);
  append_query(out, s.request.raw_query, s.plus);
  return out;
}

using Builder = std::string (*)(const Signed&);

std::string build_one(Builder builder, const http::Request& request, std::string_view account, std::string_view path,
                      SigningForm form) {
  return builder({request, account, path, storage_headers(request, form.order), form.plus});
}

std::string build_shown(Builder builder, const http::Request& request, std::string_view account) {
  const auto headers = storage_headers(request, SigningForm::Order::kCollated);
  return builder({request, account, request.path, headers, SigningForm::Plus::kSpace, Secrets::kHidden});
}

// The query has forms of its own only if it is signed at all.
std::vector<std::string> build_all(Builder builder, const http::Request& request, std::string_view account,
                                   bool signs_query) {
  const bool pluses = signs_query && request.raw_query.contains('+');
  std::vector<std::string> strings;
  const auto add = [&](const std::vector<Field>& headers) {
    strings.push_back(builder({request, account, request.path, headers}));
    if (pluses) strings.push_back(builder({request, account, request.path, headers, SigningForm::Plus::kPlus}));
  };
  const auto collated = storage_headers(request, SigningForm::Order::kCollated);
  add(collated);
  if (!std::ranges::is_sorted(collated, std::less<>{}, &Field::first)) {
    add(storage_headers(request, SigningForm::Order::kOrdinal));
  }
  return strings;
}

}  // namespace

std::string shared_key_string(const http::Request& request, std::string_view account, std::string_view path,
                              SigningForm form) {
  return build_one(build, request, account, path, form);
}

std::string shared_key_lite_string(const http::Request& request, std::string_view account, std::string_view path,
                                   SigningForm form) {
  return build_one(build_lite, request, account, path, form);
}

std::vector<std::string> shared_key_strings(const http::Request& request, std::string_view account) {
  return build_all(build, request, account, true);
}

std::vector<std::string> shared_key_lite_strings(const http::Request& request, std::string_view account) {
  return build_all(build_lite, request, account, false);
}

std::size_t count_storage_headers(const http::Request& request) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers.fields(), [](const auto& field) { return field.first.starts_with(kPrefix); }));
}

std::string shown_shared_key_string(const http::Request& request, std::string_view account) {
  return build_shown(build, request, account);
}

std::string shown_shared_key_lite_string(const http::Request& request, std::string_view account) {
  return build_shown(build_lite, request, account);
}

}  // namespace freehold::gate
