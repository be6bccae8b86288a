#include "http/message.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/secret.h"

namespace freehold::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPut:
      return "PUT";
    case Method::kPost:
      return "POST";
    case Method::kDelete:
      return "DELETE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kPatch:
      return "PATCH";
    case Method::kMerge:
      return "MERGE";
  }
  return "";
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& field : fields_) {
    if (field.first == name) return field.second;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(fields_, [name](const auto& field) { return field.first == name; });
}

void Headers::note(std::string_view name) {
  sent_ += name;
  sent_ += ':';
}

void Headers::add(std::string name, std::string value) {
  if (!sent_.empty()) note(name);
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::add_as_sent(std::string_view name, std::string value) {
  if (sent_.empty()) {
    sent_.reserve(fields_.capacity() * 16);
    for (const auto& field : fields_) note(field.first);
  }
  note(name);
  fields_.emplace_back(to_lower(name), std::move(value));
}

std::string_view Headers::sent_name(std::size_t index) const {
  if (sent_.empty()) return fields_[index].first;
  std::string_view rest = sent_;
  for (std::size_t i = 0; i < index; ++i) rest.remove_prefix(rest.find(':') + 1);
  return rest.substr(0, rest.find(':'));
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  if (!sent_.empty() && has(name)) {
    std::string kept;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (fields_[i].first != name) kept.append(sent_name(i)).append(1, ':');
    }
    sent_ = std::move(kept);
  }
  std::erase_if(fields_, [name](const auto& field) { return field.first == name; });
}

void Headers::wipe_values(std::string_view name) {
  for (auto& [field, value] : fields_) {
    if (field == name) wipe(value);
  }
}

namespace {

// A query is read as a form (WHATWG URL, application/x-www-form-urlencoded), as Azure does: Go's clients send a space
// as '+', and what means a plus comes as %2B.
std::optional<std::string> decode_form(std::string_view text) {
  if (!text.contains('+')) return percent_decode(text);
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

std::optional<std::vector<QueryParameter>> parse_query(std::string_view query) {
  std::vector<QueryParameter> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    if (parameters.size() == limits::kQueryParameters) return std::nullopt;
    const std::size_t equals = part.find('=');
    auto name = decode_form(part.substr(0, equals));
    auto value = decode_form(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    for (const std::string* text : {&*name, &*value}) {
      if (text->find('\0') != std::string::npos || !is_valid_utf8(*text)) return std::nullopt;
    }
    parameters.push_back({to_lower(*name), std::move(*value), std::move(*name)});
  }
  return parameters;
}

std::string_view Request::parameter(std::string_view name) const {
  for (const auto& parameter : query) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

bool Request::has_parameter(std::string_view name) const {
  return std::ranges::any_of(query, [name](const auto& parameter) { return parameter.name == name; });
}

Task<Result<std::size_t>> read_full(BodyReader& body, std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    FH_CO_TRY(const std::size_t got, co_await body.read_some(out.subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  co_return filled;
}

Task<Result<Bytes>> read_all(BodyReader& body, std::size_t limit) {
  static constexpr std::size_t kFirst = 4'096;
  const std::optional<std::uint64_t> length = body.length();
  if (length && *length > limit) co_return fail(ErrorCode::kExhausted, "the request body is too large");
  Bytes bytes;
  // One byte more than is allowed, so that a body that is too long is seen without reading all of it. A promised length
  // is only a promise: memory follows what really arrives, a doubling at a time.
  std::size_t filled = 0;
  while (true) {
    const std::size_t target = std::min<std::size_t>(std::max(kFirst, filled * 2), length ? *length : limit + 1);
    if (filled == target) break;
    bytes.resize(target);
    FH_CO_TRY(const std::size_t got, co_await read_full(body, std::span<char>(bytes).subspan(filled)));
    filled += got;
    if (filled < target) break;
  }
  if (filled > limit) co_return fail(ErrorCode::kExhausted, "the request body is too large");
  bytes.resize(filled);
  co_return bytes;
}

}  // namespace freehold::http
