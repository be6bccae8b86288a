// ApiError: what a client is told when something is refused. Each service has one maker per Azure error.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/message.h"

namespace freehold::gate {

// status, Azure's error code and its text. `detail` goes to the log only; `fields` are extra elements of the error body
// (AuthenticationErrorDetail, ...), `headers` extra response headers (Retry-After, ...), which the pipeline adds to
// what the service rendered.
struct ApiError {
  int status = 500;
  std::string code = {};
  std::string message = {};
  std::string detail = {};
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Of a refusal by a handler that says no to the caller, not to what it asks for: recorded as denied. 401 and 403 are
  // in any case.
  bool denied = false;
  // Filled in by the pipeline before the error is rendered: Azure's texts end in "\nRequestId:...\nTime:...".
  std::string request_id = {};
  WallTime time = {};
};

template <class T = void>
using ApiResult = std::expected<T, ApiError>;
using Reply = ApiResult<http::Response>;

}  // namespace freehold::gate
