// A request through the door and its answer, for the tests of services that speak JSON.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/pipeline.h"
#include "route/testing/make_request.h"
#include "runtime/task_scope.h"

namespace freehold::gate::testing {

// For services that have none.
class NoAccounts final : public AccountDirectory {
 public:
  [[nodiscard]] std::shared_ptr<const StorageAccount> find(std::string_view) const override { return nullptr; }
};

// `from`: the address it comes from, where that matters.
inline http::Response send(Pipeline& door, http::Method method, std::string_view url, std::string body = {},
                           HeaderList headers = {}, std::string_view from = {}) {
  auto request = make_request(method, url, std::move(headers));
  BytesBody bytes(std::move(body));
  request.body = &bytes;
  if (!from.empty()) request.peer.address = from;
  return runtime::run_blocking(door.handle(request));
}

// Empty: it has none, or one that streams.
inline std::string body_text(const http::Response& response) {
  const auto* bytes = std::get_if<Bytes>(&response.body);
  return bytes == nullptr ? std::string() : *bytes;
}
// Null where there is no body; discarded where it is no JSON.
inline nlohmann::json body_json(const http::Response& response) {
  const auto text = body_text(response);
  return text.empty() ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
}

// An answer of Azure's APIs of JSON, whose errors are {"error": {"code", "innererror": {"code"}}}.
struct JsonAnswer {
  int status = 0;
  nlohmann::json body = nullptr;
  http::Headers headers = {};

  [[nodiscard]] std::string code() const { return code_in(body, "error"); }
  [[nodiscard]] std::string inner() const {
    return body.is_object() && body.contains("error") ? code_in(body["error"], "innererror") : std::string();
  }
  // "404 ResourceNotFound"
  [[nodiscard]] std::string said() const { return std::to_string(status) + " " + code(); }

 private:
  [[nodiscard]] static std::string code_in(const nlohmann::json& json, const char* member) {
    return json.is_object() && json.contains(member) ? json[member].value("code", "") : std::string();
  }
};

// A null body: none; a text: as it is.
inline JsonAnswer ask(Pipeline& door, http::Method method, std::string_view url, const nlohmann::json& body = nullptr,
                      HeaderList headers = {}, std::string_view from = {}) {
  auto text = body.is_null() ? std::string() : body.is_string() ? body.get<std::string>() : body.dump();
  const auto response = send(door, method, url, std::move(text), std::move(headers), from);
  return {response.status, body_json(response), response.headers};
}

}  // namespace freehold::gate::testing
