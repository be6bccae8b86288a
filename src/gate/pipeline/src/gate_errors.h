// One maker per refusal of the pipeline itself; texts are Azure's own ("Common REST API error codes").
#pragma once

#include <string>
#include <string_view>

#include "route/api_error.h"

namespace freehold::gate::gate_errors {

[[nodiscard]] ApiError nobody_claims();
[[nodiscard]] ApiError server_busy(std::string detail);
[[nodiscard]] ApiError no_such_account();
[[nodiscard]] ApiError no_write_on_secondary();
[[nodiscard]] ApiError requires_https();
[[nodiscard]] ApiError tls_too_old();
[[nodiscard]] ApiError network_refused();
[[nodiscard]] ApiError key_based_not_permitted();
[[nodiscard]] ApiError another_account();
[[nodiscard]] ApiError nested_part();
[[nodiscard]] ApiError permission_mismatch();
[[nodiscard]] ApiError tags_withheld();
[[nodiscard]] ApiError not_implemented();
[[nodiscard]] ApiError internal_error(std::string detail);

// How an error looks where no service has claimed the request.
[[nodiscard]] http::Response render_plain(const ApiError& error, const http::Request& request);

}  // namespace freehold::gate::gate_errors
