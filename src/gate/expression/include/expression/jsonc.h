// Reads the JSON that Azure's tools send: RFC 8259 and, as Azure's own reader takes it, comments, trailing commas,
// single quotes, names without quotes (az sends `template:` so) and texts that run over several lines.
//
// What it gives is safe to walk recursively (bounded depth), and no object has two members whose names differ in
// nothing or in case only: what a policy judged and what a resource type reads is the same member.
#pragma once

#include <string_view>

#include "base/result.h"
#include "expression/json.h"

namespace freehold::gate::expression {

struct JsonLimits {
  std::size_t bytes = 4 * 1024 * 1024;  // Azure Resource Manager's largest request
  std::size_t depth = 100;
  std::size_t nodes = 400'000;
};

// kInvalidArgument with line and column of what is wrong; kExhausted beyond a limit.
[[nodiscard]] Result<Json> read_jsonc(std::string_view text, const JsonLimits& limits = {});

}  // namespace freehold::gate::expression
