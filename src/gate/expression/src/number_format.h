// .NET's numeric format strings, invariant culture. Source: "Standard numeric format strings", "Custom numeric format
// strings"; sections (";"), exponents and per mille of custom formats aren't known and are refused.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "expression/json.h"

namespace freehold::gate::expression {

// `number` is an integer or a float.
[[nodiscard]] Result<std::string> format_number(const Json& number, std::string_view format);

}  // namespace freehold::gate::expression
