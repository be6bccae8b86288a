#include "src/batch_body.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "base/limits.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kBoundaryChars = 70;
constexpr std::size_t kContentIdChars = 64;
constexpr std::size_t kHeadersOfPart = 64;

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// RFC 2046 section 5.1.1, without the space.
bool is_boundary_character(char c) {
  return is_letter_or_digit(c) || std::string_view("'()+_,-./:=?").find(c) != std::string_view::npos;
}
// RFC 9110 section 5.6.2.
bool is_token_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_visible(char c) { return c > 0x20 && c < 0x7F; }

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Cuts off what stands before the next `mark`; nullopt if there is none.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  const auto before = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return before;
}

using Header = std::pair<std::string, std::string>;

std::optional<Header> parse_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0) return std::nullopt;
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  const auto forbidden = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; };
  if (!std::ranges::all_of(name, is_token_character) || std::ranges::any_of(value, forbidden)) return std::nullopt;
  return Header(to_lower(name), value);
}

// Lines up to an empty one or the end of the text.
std::optional<std::vector<Header>> take_headers(std::string_view& text) {
  std::vector<Header> headers;
  while (!text.empty()) {
    const auto line = take_until(text, kLineEnd);
    if (!line || headers.size() == kHeadersOfPart) return std::nullopt;
    if (line->empty()) return headers;
    auto header = parse_header(*line);
    if (!header) return std::nullopt;
    headers.push_back(std::move(*header));
  }
  return headers;
}

std::optional<http::Method> method_of(std::string_view text) {
  using http::Method;
  constexpr std::array kMethods = {Method::kGet,    Method::kHead,    Method::kPut,   Method::kPost,
                                   Method::kDelete, Method::kOptions, Method::kPatch, Method::kMerge};
  for (const auto method : kMethods) {
    if (text == http::to_string(method)) return method;
  }
  return std::nullopt;
}

// "DELETE /container/blob HTTP/1.1"
bool parse_request_line(std::string_view line, BatchPart& part) {
  const auto method = take_until(line, " ");
  const auto target = take_until(line, " ");
  if (!method || !target || line != "HTTP/1.1") return false;
  const auto known = method_of(*method);
  if (!known || !target->starts_with('/') || target->size() > limits::kRequestLineBytes) return false;
  if (!std::ranges::all_of(*target, is_visible)) return false;
  part.method = *known;
  part.target = *target;
  return true;
}

// What stands around the request: its type, its encoding, its id.
bool parse_envelope(const std::vector<Header>& headers, BatchPart& part) {
  bool typed = false;
  for (const auto& [name, value] : headers) {
    if (name == "content-type") {
      const std::string_view type(value);
      if (typed || !equals_ignoring_case(trim(type.substr(0, type.find(';'))), "application/http")) return false;
      typed = true;
    } else if (name == "content-transfer-encoding") {
      if (!equals_ignoring_case(value, "binary")) return false;
    } else if (name == "content-id") {
      if (!part.content_id.empty() || value.size() > kContentIdChars) return false;
      if (!std::ranges::all_of(value, is_visible)) return false;
      part.content_id = value;
    }
  }
  return typed && !part.content_id.empty();
}

// None of the operations that a batch may hold has a body.
bool announces_no_body(const std::vector<Header>& headers) {
  return std::ranges::all_of(headers, [](const Header& header) {
    return header.first != "transfer-encoding" && header.first != "host" &&
           (header.first != "content-length" || header.second == "0");
  });
}

// The text between two boundaries. The line end before the second belongs to it, so the empty line behind the headers
// may be that one.
std::optional<BatchPart> parse_part(std::string_view text) {
  BatchPart part;
  const auto envelope = take_headers(text);
  if (!envelope || !parse_envelope(*envelope, part)) return std::nullopt;
  const std::string with_end = std::string(text) + std::string(kLineEnd);
  std::string_view rest(with_end);
  const auto line = take_until(rest, kLineEnd);
  if (!line || !parse_request_line(*line, part)) return std::nullopt;
  auto headers = take_headers(rest);
  if (!headers || !announces_no_body(*headers)) return std::nullopt;
  part.headers = std::move(*headers);
  while (rest.starts_with(kLineEnd)) rest.remove_prefix(kLineEnd.size());
  if (!rest.empty()) return std::nullopt;
  return part;
}

bool is_there(const std::vector<BatchPart>& parts, const std::string& id) {
  return std::ranges::find(parts, id, &BatchPart::content_id) != parts.end();
}

// For people; clients go by the number and x-ms-error-code.
std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 404:
      return "Not Found";
    default:
      return status < 400 ? "Done" : "Refused";
  }
}

}  // namespace

ApiResult<std::string> parse_batch_type(std::string_view content_type) {
  const auto bad = [&] { return refuse(errors::invalid_header("Content-Type", content_type)); };
  if (content_type.empty()) return refuse(errors::missing_header("Content-Type"));
  auto rest = content_type;
  const auto type = take_until(rest, ";");
  if (!type || !equals_ignoring_case(trim(*type), "multipart/mixed")) return bad();
  std::string boundary;
  while (!rest.empty()) {
    const auto semicolon = rest.find(';');
    const auto parameter = trim(rest.substr(0, semicolon));
    rest.remove_prefix(semicolon == rest.npos ? rest.size() : semicolon + 1);
    constexpr std::string_view kName = "boundary=";
    if (!equals_ignoring_case(parameter.substr(0, kName.size()), kName)) continue;
    if (!boundary.empty()) return bad();
    auto value = parameter.substr(kName.size());
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    if (value.empty() || value.size() > kBoundaryChars) return bad();
    if (!std::ranges::all_of(value, is_boundary_character)) return bad();
    boundary = value;
  }
  if (boundary.empty()) return bad();
  return boundary;
}

ApiResult<std::vector<BatchPart>> parse_batch(std::string_view body, std::string_view boundary) {
  const auto bad = [] { return refuse(errors::invalid_input()); };
  const std::string first = "--" + std::string(boundary);
  const std::string delimiter = std::string(kLineEnd) + first;
  if (body.starts_with(kLineEnd)) body.remove_prefix(kLineEnd.size());
  if (!body.starts_with(first)) return bad();
  body.remove_prefix(first.size());
  std::vector<BatchPart> parts;
  while (!body.starts_with("--")) {
    // What merely begins like the boundary is none.
    if (!body.starts_with(kLineEnd)) return bad();
    body.remove_prefix(kLineEnd.size());
    const auto text = take_until(body, delimiter);
    if (!text) return bad();
    if (parts.size() == kBatchParts) return refuse(errors::too_many_batch_parts());
    auto part = parse_part(*text);
    if (!part || is_there(parts, part->content_id)) return bad();
    parts.push_back(std::move(*part));
  }
  body.remove_prefix(2);
  if (parts.empty() || !(body.empty() || body == kLineEnd)) return bad();
  return parts;
}

void BatchAnswer::add(std::string_view content_id, const http::Response& response) {
  out_ += "--" + boundary_ + "\r\nContent-Type: application/http\r\n";
  if (!content_id.empty()) out_.append("Content-ID: ").append(content_id).append(kLineEnd);
  out_ += "\r\nHTTP/1.1 " + std::to_string(response.status) + ' ';
  out_.append(reason_of(response.status)).append(kLineEnd);
  for (const auto& [name, value] : response.headers.fields()) {
    out_.append(name).append(": ").append(value).append(kLineEnd);
  }
  if (const auto* body = std::get_if<Bytes>(&response.body)) {
    out_ += "Content-Length: " + std::to_string(body->size()) + "\r\n\r\n" + *body;
  }
  out_ += kLineEnd;
}

std::string BatchAnswer::finish() {
  out_ += "--" + boundary_ + "--\r\n";
  return std::move(out_);
}

}  // namespace freehold::blob
