// How what becomes of a deployment is written down: operations, errors, durations. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resource/resource_id.h"
#include "route/api_error.h"
#include "src/deployment_store.h"
#include "src/model.h"

namespace freehold::resources {

[[nodiscard]] OrderedJson error_json(const gate::ApiError& error);
// "DeploymentFailed", with what failed as its details.
[[nodiscard]] OrderedJson failed_error(const OrderedJson& details);
// ISO 8601: "PT1.234S".
[[nodiscard]] std::string duration_text(WallTime from, WallTime to);

// An error in which no text holds one of these, nor its base64: "******" stands there.
[[nodiscard]] OrderedJson masked(OrderedJson error, const std::vector<std::string>& secrets);

// Which deployments of a scope go, the oldest first, so that as many and as much are left as are kept.
[[nodiscard]] std::vector<std::string> too_many_of(std::vector<DeploymentSummary> all);

// "expressionEvaluationOptions": {"scope": "inner"} of a nested deployment; a linked template is always a world of its
// own.
[[nodiscard]] bool evaluates_inside(const OrderedJson& body);

// Was this kept of that deployment, or of an earlier one of its name?
[[nodiscard]] bool is_source_of(const OrderedJson& source, const OrderedJson& deployment);
// Parameters as they are shown, as a request gives them: those without a value aren't among them.
[[nodiscard]] OrderedJson given_parameters(const OrderedJson& shown);

// One operation of a deployment, from its beginning on.
class OperationNote {
 public:
  OperationNote(const std::string& deployment, std::size_t number, std::string_view kind, const OrderedJson& target,
                WallTime began);
  void set_tracking(std::string id) { shown_["properties"]["trackingId"] = std::move(id); }
  // A null error: it succeeded.
  void end(int status, const OrderedJson& error, WallTime now);
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] const OrderedJson& shown() const { return shown_; }

 private:
  std::size_t number_;
  WallTime began_;
  OrderedJson shown_;
};

}  // namespace freehold::resources
