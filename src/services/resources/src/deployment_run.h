// DeploymentRun: deploys a template, in the name and while the request of its caller lasts. Each resource is written by
// a request of its own through the door: found, authorised, checked, recorded like any other.
#pragma once

#include <memory>
#include <string>

#include "src/deployment_live.h"
#include "src/deployment_plan.h"

namespace freehold::resources {

inline constexpr std::size_t kDeploymentNesting = 5;
inline constexpr std::size_t kDeploymentWrites = 4'000;  // of a deployment with all that it nests

// Lives in a handler's frame, and is used by its coroutine alone.
class DeploymentRun {
 public:
  DeploymentRun(const DeploymentParts& parts, ArmCall call, AskDoor door)
      : parts_(parts), call_(std::move(call)), door_(std::move(door)), live_(door_, call_.caller.origin) {}

  // The deployment as it ended: Succeeded, Failed or Canceled. An error: it never began (400 InvalidTemplate, 409
  // DeploymentActive), or what came of it couldn't be written down.
  [[nodiscard]] Task<ApiResult<OrderedJson>> deploy(ResourceId scope, std::string name, DeploymentRequest request,
                                                    OuterTemplate outer, std::size_t depth);

 private:
  // One template under way.
  struct Stage {
    DeploymentKey key;
    OrderedJson shown = OrderedJson::object();
    std::unique_ptr<Template> plan = {};
    ActiveDeployments::Flag cancelled = {};
    std::size_t depth = 0;
    std::size_t operations = 0;
    OrderedJson failures = OrderedJson::array();
    OrderedJson written = OrderedJson::array();
  };
  // What became of one resource; no error: it is there.
  struct Outcome {
    int status = 200;
    OrderedJson error = nullptr;
  };

  [[nodiscard]] Task<ApiResult<>> begin(Stage& stage);
  [[nodiscard]] Task<ApiResult<>> write_all(Stage& stage);
  [[nodiscard]] Task<Outcome> write(Stage& stage, std::size_t place);
  [[nodiscard]] Task<Outcome> nest(Stage& stage, std::size_t place, OrderedJson body);
  [[nodiscard]] Task<ApiResult<>> note(Stage& stage, std::size_t place, Outcome outcome, WallTime began);
  [[nodiscard]] Task<ApiResult<>> finish(Stage& stage);
  [[nodiscard]] Task<ApiResult<OrderedJson>> outputs(Stage& stage);

  const DeploymentParts& parts_;
  const ArmCall call_;
  const AskDoor door_;
  DeploymentLive live_;
  std::size_t writes_ = 0;
};

}  // namespace freehold::resources
