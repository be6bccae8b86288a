#include "src/vault_call.h"

namespace freehold::vault {

http::Response json_answer(const Json& json) {
  http::Response response;
  response.headers.add("content-type", "application/json; charset=utf-8");
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

http::Response empty_answer() {
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace freehold::vault
