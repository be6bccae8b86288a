// What providers of resources refuse with, where they all say the same. Their own errors are made of these parts.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"
#include "route/api_error.h"

namespace freehold::gate::resource {

struct ProposedChange;

using Refusal = std::unexpected<ApiError>;

[[nodiscard]] Refusal refuse(int status, std::string_view code, std::string message);
// What a caller sent, in a sentence: no more of it than a name can have.
[[nodiscard]] std::string quoted(std::string_view text);

// 412
[[nodiscard]] Refusal precondition_failed();
// The same, where If-Match or If-None-Match doesn't hold for a resource of a type without ETags: what names one never
// does.
[[nodiscard]] ApiResult<> check_conditions(const ProposedChange& change, bool there);
// What a store said: 404, 503, or 500 for what nobody planned for. The detail goes to the log only.
[[nodiscard]] Refusal refuse_for(const Error& error);

}  // namespace freehold::gate::resource
