// Text encodings of bytes: hex, base64 (RFC 4648), percent (RFC 3986), UTF-8 checks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace freehold {

[[nodiscard]] std::string to_hex(BytesView bytes);  // lower case
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

[[nodiscard]] std::string to_base64(BytesView bytes);     // RFC 4648 section 4, padded
[[nodiscard]] std::string to_base64url(BytesView bytes);  // section 5, unpadded
// Strict: padding present and canonical, no white space, no foreign characters.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);

// Encodes all but unreserved characters (RFC 3986 section 2.3) and those in `keep`.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view keep = {});
// nullopt on a broken escape. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

[[nodiscard]] bool is_valid_utf8(std::string_view text);
[[nodiscard]] char ascii_lower(char c);
[[nodiscard]] std::string to_lower(std::string_view text);                        // ASCII only
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII only

// The whole text is one decimal number without sign, white space or overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text);

// The known word nearest to `word` by edit distance, or empty if none is near: for "did you mean" in errors.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace freehold
