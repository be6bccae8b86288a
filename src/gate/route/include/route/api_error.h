// ApiError: what a client is told when something is refused. Each service has one maker per Azure error.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "http/message.h"

namespace freehold::gate {

// status, Azure's error code and its text. `detail` goes to the log only; `fields` are extra elements of the error body
// (AuthenticationErrorDetail, ...), `headers` extra response headers (Retry-After, ...).
struct ApiError {
  int status = 500;
  std::string code;
  std::string message;
  std::string detail;
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::pair<std::string, std::string>> headers;
};

template <class T = void>
using ApiResult = std::expected<T, ApiError>;
using Reply = ApiResult<http::Response>;

}  // namespace freehold::gate
