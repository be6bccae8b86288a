// An answer of JSON, as text.
#pragma once

#include <string>
#include <utility>

#include "http/message.h"

namespace freehold::http {

[[nodiscard]] inline Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.add("content-type", "application/json; charset=utf-8");
  response.body = std::move(json);
  return response;
}

}  // namespace freehold::http
