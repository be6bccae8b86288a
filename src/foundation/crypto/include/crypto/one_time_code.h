// One-time codes by time (TOTP, RFC 6238): HMAC-SHA-1, 30 seconds, six digits, as every authenticator app has them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace freehold::crypto {

inline constexpr std::chrono::seconds kCodeStep{30};

[[nodiscard]] std::string one_time_code(const Secret& secret, std::uint64_t step);
// The step whose code this is: the present one or either beside it (RFC 6238 section 5.2). The caller refuses a step
// that it has taken before.
[[nodiscard]] std::optional<std::uint64_t> step_of_code(const Secret& secret, std::string_view code, WallTime now);
// RFC 4648 section 6, with or without padding, in either case; nullopt for anything else, and for less than 16 bytes.
[[nodiscard]] std::optional<Secret> secret_from_base32(std::string_view text);

}  // namespace freehold::crypto
