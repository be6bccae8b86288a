// The head of a response that another server sent: RFC 9112 sections 4 and 6, read as strictly as a request's, because
// that server is nobody's friend.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace freehold::http {

// How the body behind a head is delimited.
struct StatusHead {
  int status = 0;
  Headers headers;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;  // also of a response to HEAD, which has no body
  bool has_body = false;
  [[nodiscard]] bool interim() const { return status < 200; }
};

// `head` is what a HeadScanner found. What can't be framed for certain is refused, with a word about why: a body that
// only the end of the connection would end, codings other than chunked, lengths told twice, a switch of protocols.
[[nodiscard]] std::expected<StatusHead, std::string_view> parse_status_head(std::string_view head, Method asked);

}  // namespace freehold::http
