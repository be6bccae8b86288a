// DeploymentPreview: what-if. Plans a template, and what it nests, and asks in the caller's name how each resource is
// now. Nothing is written.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "src/deployment_evaluator.h"
#include "src/deployment_plan.h"

namespace freehold::resources {

// Lives in a handler's frame. A resource that the caller may not read is told as Unsupported, with no more of it than
// the template says.
class DeploymentPreview {
 public:
  // `door` asks in the caller's name, `stranger` in nobody's.
  DeploymentPreview(const DeploymentParts& parts, ArmCall call, AskDoor door, AskDoor stranger)
      : parts_(parts),
        call_(std::move(call)),
        door_(std::move(door)),
        stranger_(std::move(stranger)),
        evaluator_(parts.planning, call_.caller.tenant, call_.caller.origin) {}

  // The changes, in the template's order, and then what else is in the group.
  [[nodiscard]] Task<ApiResult<OrderedJson>> look(ResourceId scope, std::string name, DeploymentRequest request);

 private:
  struct Place {
    ResourceId scope;
    std::string name;
    std::size_t depth = 0;
    TemplateLink link = {};  // of the template around it; then its own
  };
  [[nodiscard]] Task<ApiResult<>> look_at(Place place, DeploymentRequest request, OuterTemplate outer);
  [[nodiscard]] Task<ApiResult<>> look_at_resource(Place place, std::shared_ptr<Template> plan, std::size_t which);
  [[nodiscard]] Task<ApiResult<>> look_inside(Place place, std::shared_ptr<Template> plan, std::size_t which,
                                              OrderedJson body);
  [[nodiscard]] Task<> compare(PlannedResource resource, OrderedJson body);
  [[nodiscard]] Task<ApiResult<>> look_around(ResourceId group, bool complete);
  void add(std::string_view id, std::string_view type, OrderedJson before, OrderedJson after);
  void add_unsupported(std::string_view id, std::string reason);

  const DeploymentParts& parts_;
  const ArmCall call_;
  const AskDoor door_;
  const AskDoor stranger_;
  DeploymentEvaluator evaluator_;
  bool ids_only_ = false;
  std::set<std::string> wanted_;  // what the templates name, lower case
  OrderedJson changes_ = OrderedJson::array();
};

}  // namespace freehold::resources
