// Rotation policies of keys. Pure.
//
// Source: "Configure key auto-rotation in Azure Key Vault", "Update Key Rotation Policy".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "route/api_error.h"
#include "src/item.h"
#include "src/json_input.h"

namespace freehold::vault {

using gate::ApiResult;

// "P90D", "P18M", "P2Y", "P1Y6M": years, months, days. nullopt: not one, or longer than a thousand years.
struct Period {
  int months = 0;
  int days = 0;
};
[[nodiscard]] std::optional<Period> parse_period(std::string_view text);
// The time so much later (or earlier, for -1), by the calendar; a day that a month lacks is its last one.
[[nodiscard]] std::int64_t after(std::int64_t seconds, const Period& period, int direction = 1);

// The policy as it is to be kept. 400: what no policy says.
[[nodiscard]] ApiResult<Json> read_rotation_policy(const Json& body, const Json& before, std::int64_t now);
// What a key has for which nobody set one.
[[nodiscard]] Json default_rotation_policy();
[[nodiscard]] Json policy_of(const ItemHead& head);

// When the newest version is to be followed by another one; nullopt: never by itself.
[[nodiscard]] std::optional<std::int64_t> rotation_due(const ItemHead& head);
// When a version that is made now expires; nullopt: it doesn't.
[[nodiscard]] std::optional<std::int64_t> expiry_by_policy(const ItemHead& head, std::int64_t now);

}  // namespace freehold::vault
