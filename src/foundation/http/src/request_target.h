// Where a request points: the target of a request line, an authority, and the parts of a Request that say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "head.h"
#include "http/message.h"

namespace freehold::http {

// Visible ASCII without '#', at least one character.
[[nodiscard]] bool is_target(std::string_view text);

// host[:port] of a Host field, an absolute-form target or a URL; the host in lower case, an IPv6 literal in brackets.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

// RFC 9112 section 3.2: origin-form and absolute-form; the other two name nothing that is served here.
[[nodiscard]] std::optional<Refusal> parse_target(std::string_view target, Request& request);
// Fills target, path and raw_query from a path and query, of which either may be missing.
void split_target(std::string_view target, Request& request);
// Fills decoded_path and query from path and raw_query.
[[nodiscard]] std::optional<Refusal> decode_target(Request& request);

}  // namespace freehold::http
