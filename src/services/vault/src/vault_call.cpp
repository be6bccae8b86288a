#include "src/vault_call.h"

#include "base/json_text.h"
#include "http/json_response.h"

namespace freehold::vault {

http::Response json_answer(const Json& json) { return http::json_response(200, to_json_text(json)); }

http::Response secret_answer(Json json) {
  auto response = json_answer(json);
  wipe_texts(json);
  return response;
}

void wipe_texts(Json& json) {
  if (json.is_string()) return wipe(json.get_ref<std::string&>());
  if (!json.is_structured()) return;
  for (auto& each : json) wipe_texts(each);
}

http::Response empty_answer() {
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace freehold::vault
