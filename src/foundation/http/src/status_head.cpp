#include "status_head.h"

#include "base/check.h"
#include "base/encoding.h"
#include "field_lines.h"

namespace freehold::http {
namespace {

using Fault = std::optional<std::string_view>;

// HTTP-version SP status-code SP [reason-phrase]; the last space is often left out where there is no reason.
Fault parse_status_line(std::string_view line, int& status) {
  if (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) return "not an HTTP/1 response";
  line.remove_prefix(9);
  const auto code = line.size() >= 3 ? parse_u64(line.substr(0, 3)) : std::nullopt;
  if (!code || *code < 100 || *code > 599) return "the status is invalid";
  if (line.size() > 3 && (line[3] != ' ' || !is_field_value(line.substr(4)))) return "the status line is malformed";
  status = static_cast<int>(*code);
  return std::nullopt;
}

Fault apply_framing(StatusHead& head) {
  std::string_view length, coding;
  int lengths = 0, codings = 0;
  for (const auto& [name, value] : head.headers.fields()) {
    if (name == "content-length") length = value, ++lengths;
    if (name == "transfer-encoding") coding = value, ++codings;
  }
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) return "the length is told in two ways";
  if (codings > 0) {
    if (!equals_ignoring_case(coding, "chunked")) return "an unknown transfer coding";
    head.chunked = true;
  }
  if (lengths > 0) {
    head.content_length = parse_u64(length);
    if (!head.content_length || *head.content_length > INT64_MAX) return "the Content-Length is invalid";
  }
  return std::nullopt;
}

}  // namespace

std::expected<StatusHead, std::string_view> parse_status_head(std::string_view head, Method asked) {
  const std::size_t end = head.find("\r\n");
  FH_CHECK(end != std::string_view::npos && head.ends_with("\r\n\r\n"));
  StatusHead out;
  if (const auto fault = parse_status_line(head.substr(0, end), out.status)) return std::unexpected(*fault);
  if (const auto refusal = parse_fields(head.substr(end + 2), out.headers)) return std::unexpected(refusal->reason);
  if (const auto fault = apply_framing(out)) return std::unexpected(*fault);
  if (out.status == 101) return std::unexpected("an unasked switch of protocols");
  // RFC 9112 section 6.3: these have none, whatever their fields say.
  const bool bodiless = out.interim() || out.status == 204 || out.status == 304 || asked == Method::kHead;
  out.has_body = !bodiless && (out.chunked || out.content_length.value_or(0) > 0);
  if (!bodiless && !out.chunked && !out.content_length) return std::unexpected("a body of unknown length");
  return out;
}

}  // namespace freehold::http
