// DeploymentEvaluator: the evaluations of one deployment, beside the loop, one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "expression/template.h"
#include "runtime/turn.h"
#include "src/deployment_live.h"
#include "src/planning.h"

namespace freehold::resources {

// Belongs to one deployment, validation or preview with all that it nests: a nested template reads its parent's. Used
// by coroutines of one loop.
class DeploymentEvaluator {
 public:
  using Template = gate::expression::Template;
  using Evaluation = std::function<Result<OrderedJson>(Template& plan, gate::expression::LiveValues& live,
                                                       gate::expression::Unknown unknown)>;

  DeploymentEvaluator(Planning& planning, TenantId tenant, std::string origin)
      : planning_(planning), tenant_(tenant), origin_(std::move(origin)) {}

  [[nodiscard]] Task<Result<std::shared_ptr<Template>>> plan(gate::expression::TemplateInput input);
  // Asks `door` for what the expressions want to know, all of it that can be known at once.
  [[nodiscard]] Task<Result<OrderedJson>> evaluate(std::shared_ptr<Template> plan, Evaluation evaluation, AskDoor door);
  // The same for a preview: what can't be known stays as it is written, and nobody's keys are asked for.
  [[nodiscard]] Task<Result<OrderedJson>> preview(std::shared_ptr<Template> plan, Evaluation evaluation,
                                                  DeploymentLive::Reach reach, AskDoor door);
  void forget(const std::string& id) { live_->forget(id); }
  [[nodiscard]] std::vector<std::string> secrets() const { return live_->secrets(); }

 private:
  using View = DeploymentLive::View;
  [[nodiscard]] Task<Result<OrderedJson>> once(std::shared_ptr<Template> plan, Evaluation evaluation,
                                               std::shared_ptr<View> view, gate::expression::Unknown unknown);

  Planning& planning_;
  const TenantId tenant_;
  const std::string origin_;
  const std::shared_ptr<DeploymentLive> live_ = std::make_shared<DeploymentLive>();
  const std::shared_ptr<PlanningTime> time_ = std::make_shared<PlanningTime>();
  runtime::Turn turn_;
};

// The body of one resource.
[[nodiscard]] DeploymentEvaluator::Evaluation body_of(std::size_t resource);
[[nodiscard]] DeploymentEvaluator::Evaluation outputs_of();

}  // namespace freehold::resources
