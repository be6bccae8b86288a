// The head of a response as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace freehold::http {

[[nodiscard]] std::string_view reason_phrase(int status);

// False if a field couldn't be sent as it is (a CR, LF or NUL that came from somewhere): then no head may be made of
// it.
[[nodiscard]] bool can_be_sent(const Headers& headers);

enum class Persistence { kKeepAlive, kKeepAliveSaidAloud, kClose };

// Appends status line, standing lines (Server, Date), fields, Content-Length if any and the empty line.
void append_head(std::string& out, int status, std::string_view standing_lines, const Headers& headers,
                 std::optional<std::uint64_t> content_length, Persistence persistence);

}  // namespace freehold::http
