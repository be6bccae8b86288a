// The head of a request: finding its end, and turning it into a Request. RFC 9112 sections 2 to 6, read strictly: what
// two servers could read in two ways is refused, because the difference is how requests are smuggled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace freehold::http {

// Why a request isn't served at all; the connection closes after saying so.
struct Refusal {
  int status = 400;
  std::string_view reason;
};

// How the body of a request is delimited and what becomes of the connection after it.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool http10 = false;
  bool expect_continue = false;
};

// Finds where a head ends, remembering how far it looked, so that a head arriving byte by byte is scanned once. One
// empty line before the request line is skipped (RFC 9112 section 2.2), a second is refused.
class HeadScanner {
 public:
  // `buffer` begins at the first byte of the request and only ever grows between calls. nullopt: more is needed.
  // Otherwise the head, from the request line to the empty line inclusive; it ends at end() in the buffer.
  [[nodiscard]] std::expected<std::optional<std::string_view>, Refusal> scan(std::string_view buffer);
  [[nodiscard]] std::size_t end() const { return line_; }
  void reset() { *this = HeadScanner(); }

 private:
  [[nodiscard]] std::optional<Refusal> check_incomplete(std::string_view buffer) const;

  std::size_t begin_ = 0;    // of the request line
  std::size_t line_ = 0;     // of the line being looked at
  std::size_t scanned_ = 0;  // no line end before this but those already seen
  std::size_t lines_ = 0;
};

// Parses what HeadScanner found. Fills `request` (but listener, peer and body) and `framing`.
[[nodiscard]] std::optional<Refusal> parse_head(std::string_view head, Request& request, Framing& framing);

}  // namespace freehold::http
