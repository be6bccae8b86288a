#include "request_target.h"

#include "base/encoding.h"

namespace freehold::http {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos || end < 3) return std::nullopt;
    for (const char c : text.substr(1, end - 1)) {
      if (!(is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == ':' || c == '.'))
        return std::nullopt;
    }
    ++end;
  } else {
    while (end < text.size() && is_host_char(text[end])) ++end;
    if (end == 0) return std::nullopt;
  }
  Authority authority{to_lower(text.substr(0, end)), std::nullopt};
  const std::string_view rest = text.substr(end);
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    if (rest.size() > 1) {
      const auto port = parse_u64(rest.substr(1));
      if (!port || *port > 65'535) return std::nullopt;
      authority.port = static_cast<std::uint16_t>(*port);
    }
  }
  return authority;
}

bool is_target(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;  // char is signed: bytes from 0x80 are negative
  }
  return !text.empty();
}

std::optional<Refusal> parse_target(std::string_view target, Request& request) {
  static constexpr Refusal kInvalid{400, "the request target is invalid"};
  if (!is_target(target)) return kInvalid;
  if (target.front() != '/') {
    const std::size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return kInvalid;
    const std::string scheme = to_lower(target.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return kInvalid;
    target.remove_prefix(scheme_end + 3);
    const std::size_t authority_end = std::min(target.find('/'), target.find('?'));
    auto authority = parse_authority(target.substr(0, authority_end));
    if (!authority) return kInvalid;
    request.host = std::move(authority->host);
    target.remove_prefix(std::min(authority_end, target.size()));
  }
  split_target(target, request);
  return std::nullopt;
}

void split_target(std::string_view target, Request& request) {
  const std::size_t question = target.find('?');
  request.path = question == 0 || target.empty() ? "/" : target.substr(0, question);
  if (question != std::string_view::npos) request.raw_query = target.substr(question + 1);
  if (target.starts_with('/')) {
    request.target = target;
  } else {
    request.target = "/" + std::string(target);
  }
}

std::optional<Refusal> decode_target(Request& request) {
  if (request.path.find('%') == std::string::npos) {
    request.decoded_path = request.path;  // visible ASCII, by is_target
  } else {
    auto decoded = percent_decode(request.path);
    if (!decoded || decoded->find('\0') != std::string::npos || !is_valid_utf8(*decoded)) {
      return Refusal{400, "the path is not percent-encoded UTF-8"};
    }
    request.decoded_path = std::move(*decoded);
  }
  if (request.raw_query.empty()) return std::nullopt;
  auto query = parse_query(request.raw_query);
  if (!query) return Refusal{400, "the query is not percent-encoded UTF-8 of few parameters"};
  request.query = std::move(*query);
  return std::nullopt;
}

}  // namespace freehold::http
