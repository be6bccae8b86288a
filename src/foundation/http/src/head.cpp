#include "head.h"

#include <array>
#include <cstring>

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "field_lines.h"
#include "request_target.h"

namespace freehold::http {
namespace {

std::optional<Method> parse_method(std::string_view text) {
  static constexpr std::array kMethods{Method::kGet,    Method::kHead,    Method::kPut,   Method::kPost,
                                       Method::kDelete, Method::kOptions, Method::kPatch, Method::kMerge};
  for (const Method method : kMethods) {
    if (to_string(method) == text) return method;
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Refusal> parse_version(std::string_view text, Framing& framing) {
  if (text == "HTTP/1.1") return std::nullopt;
  if (text == "HTTP/1.0") {
    framing.http10 = true;
    framing.keep_alive = false;
    return std::nullopt;
  }
  if (text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7])) {
    return Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  }
  return Refusal{400, "the request line has no valid HTTP version"};
}

std::optional<Refusal> parse_request_line(std::string_view line, Request& request, Framing& framing) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return Refusal{400, "the request line is malformed"};
  const std::string_view method = line.substr(0, first);
  if (!is_token(method)) return Refusal{400, "the method is malformed"};
  if (auto refusal = parse_version(line.substr(last + 1), framing)) return refusal;
  const auto known = parse_method(method);
  if (!known) return Refusal{501, "the method is not implemented"};
  request.method = *known;
  return parse_target(line.substr(first + 1, last - first - 1), request);
}

// What decides over framing and connection, gathered in one pass over the fields.
struct Controls {
  std::string_view host, content_length, transfer_encoding, expect;
  unsigned hosts = 0, content_lengths = 0, transfer_encodings = 0;
  bool close = false, keep_alive = false;
};

Controls gather(const Headers& headers) {
  Controls controls;
  for (const auto& [name, value] : headers.fields()) {
    if (name == "host") {
      controls.host = value;
      ++controls.hosts;
    } else if (name == "content-length") {
      controls.content_length = value;
      ++controls.content_lengths;
    } else if (name == "transfer-encoding") {
      controls.transfer_encoding = value;
      ++controls.transfer_encodings;
    } else if (name == "expect") {
      controls.expect = value;
    } else if (name == "connection") {
      for_each_element(value, [&](std::string_view element) {
        controls.close = controls.close || equals_ignoring_case(element, "close");
        controls.keep_alive = controls.keep_alive || equals_ignoring_case(element, "keep-alive");
      });
    }
  }
  return controls;
}

// RFC 9112 section 3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0. Beside an absolute-form target it has to
// agree with it.
std::optional<Refusal> apply_host(const Controls& controls, const Framing& framing, Request& request) {
  if (controls.hosts > 1) return Refusal{400, "more than one Host header"};
  if (controls.hosts == 0) {
    if (framing.http10) return std::nullopt;
    return Refusal{400, "the Host header is missing"};
  }
  auto authority = parse_authority(controls.host);
  if (!authority) return Refusal{400, "the Host header is invalid"};
  if (!request.host.empty() && request.host != authority->host) {
    return Refusal{400, "Host header and request target disagree"};
  }
  request.host = std::move(authority->host);
  return std::nullopt;
}

// RFC 9112 section 6: one length, told in one way.
std::optional<Refusal> apply_framing(const Controls& controls, Framing& framing) {
  if (controls.transfer_encodings > 0) {
    if (controls.content_lengths > 0) return Refusal{400, "both Content-Length and Transfer-Encoding"};
    if (framing.http10) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
    if (controls.transfer_encodings > 1) return Refusal{400, "more than one Transfer-Encoding header"};
    if (!equals_ignoring_case(controls.transfer_encoding, "chunked")) {
      return Refusal{501, "only the chunked transfer coding is implemented"};
    }
    framing.chunked = true;
    return std::nullopt;
  }
  if (controls.content_lengths > 1) return Refusal{400, "more than one Content-Length header"};
  if (controls.content_lengths == 1) {
    const auto length = parse_u64(controls.content_length);
    if (!length || *length > INT64_MAX) return Refusal{400, "the Content-Length header is invalid"};
    framing.content_length = *length;
  }
  return std::nullopt;
}

std::optional<Refusal> apply_expect(const Controls& controls, Framing& framing) {
  if (controls.expect.empty() || framing.http10) return std::nullopt;
  if (!equals_ignoring_case(controls.expect, "100-continue")) return Refusal{417, "the expectation can't be met"};
  framing.expect_continue = framing.chunked || framing.content_length.value_or(0) > 0;
  return std::nullopt;
}

}  // namespace

std::expected<std::optional<std::string_view>, Refusal> HeadScanner::scan(std::string_view buffer) {
  while (scanned_ < buffer.size()) {
    const auto* found = static_cast<const char*>(std::memchr(buffer.data() + scanned_, '\n', buffer.size() - scanned_));
    if (found == nullptr) {
      if (auto refusal = check_incomplete(buffer)) return std::unexpected(*refusal);
      scanned_ = buffer.size();
      return std::nullopt;
    }
    const auto newline = static_cast<std::size_t>(found - buffer.data());
    if (newline == line_ || buffer[newline - 1] != '\r')
      return std::unexpected(Refusal{400, "a line ends in a bare LF"});
    const std::size_t length = newline - 1 - line_;
    const bool first = line_ == begin_;
    scanned_ = line_ = newline + 1;
    if (first && length > limits::kRequestLineBytes)
      return std::unexpected(Refusal{414, "the request line is too long"});
    if (line_ - begin_ > limits::kHeaderBytes) return std::unexpected(Refusal{431, "the headers are too large"});
    if (length > 0) {
      if (++lines_ > limits::kHeaderCount + 1) return std::unexpected(Refusal{431, "too many headers"});
    } else if (!first) {
      return buffer.substr(begin_, line_ - begin_);
    } else if (begin_ == 0) {
      begin_ = line_;
    } else {
      return std::unexpected(Refusal{400, "empty lines before the request line"});
    }
  }
  return std::nullopt;
}

// What can be refused before the line is complete: without this, garbage would hold the connection until its timeout.
std::optional<Refusal> HeadScanner::check_incomplete(std::string_view buffer) const {
  for (std::size_t i = scanned_; i < buffer.size(); ++i) {
    const auto byte = static_cast<unsigned char>(buffer[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\r') return Refusal{400, "a control character in the head"};
  }
  if (line_ == begin_ && buffer.size() - begin_ > limits::kRequestLineBytes + 1) {
    return Refusal{414, "the request line is too long"};
  }
  if (buffer.size() - begin_ > limits::kHeaderBytes) return Refusal{431, "the headers are too large"};
  return std::nullopt;
}

std::optional<Refusal> parse_head(std::string_view head, Request& request, Framing& framing) {
  const std::size_t end = head.find("\r\n");
  FH_CHECK(end != std::string_view::npos && head.ends_with("\r\n\r\n"));
  if (auto refusal = parse_request_line(head.substr(0, end), request, framing)) return refusal;
  head.remove_prefix(end + 2);
  if (auto refusal = parse_fields(head, request.headers)) return refusal;
  const Controls controls = gather(request.headers);
  if (auto refusal = apply_host(controls, framing, request)) return refusal;
  if (auto refusal = apply_framing(controls, framing)) return refusal;
  if (auto refusal = apply_expect(controls, framing)) return refusal;
  framing.keep_alive = !controls.close && (!framing.http10 || controls.keep_alive);
  return decode_target(request);
}

}  // namespace freehold::http
