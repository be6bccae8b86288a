// DeploymentLive: what a template's reference() and list...() find, asked for in the caller's name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "expression/template.h"
#include "src/deployment_parts.h"

namespace freehold::resources {

// An answer of the resource manager to a part of a deployment.
struct DoorAnswer {
  int status = 0;
  OrderedJson body = nullptr;
  [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
  // {"code", "message"}, as it was told.
  [[nodiscard]] OrderedJson error() const;
};

// One request in the caller's name; a null body: none.
[[nodiscard]] Task<DoorAnswer> ask_manager(AskDoor door, http::Method method, std::string url, OrderedJson body);
// "https://management.D:8443" + id + "?api-version=..."
[[nodiscard]] std::string url_of(std::string_view origin, std::string_view id, std::string_view api_version);

// Owned by one run, and used by its coroutine alone. An evaluation that asks for what isn't here fails and is repeated
// after fetch().
class DeploymentLive final : public gate::expression::LiveValues {
 public:
  DeploymentLive(AskDoor door, std::string origin) : door_(std::move(door)), origin_(std::move(origin)) {}
  [[nodiscard]] Result<OrderedJson> read(const gate::expression::LiveRequest& request) override;

  // Asks for what the last evaluation lacked. False: it lacked nothing that could be asked for.
  [[nodiscard]] Task<bool> fetch();
  // What may be otherwise now.
  void forget(const std::string& id);

 private:
  AskDoor door_;
  std::string origin_;
  std::map<std::string, Result<OrderedJson>> known_;
  std::optional<gate::expression::LiveRequest> wanted_;
};

}  // namespace freehold::resources
