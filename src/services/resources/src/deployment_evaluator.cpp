#include "src/deployment_evaluator.h"

namespace freehold::resources {

using gate::expression::Unknown;

Task<Result<std::shared_ptr<gate::expression::Template>>> DeploymentEvaluator::plan(
    gate::expression::TemplateInput input) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  co_return co_await planning_.run(tenant_, time_,
                                   [input = std::move(input)]() mutable -> Result<std::shared_ptr<Template>> {
                                     return Template::plan(std::move(input));
                                   });
}

Task<Result<OrderedJson>> DeploymentEvaluator::once(std::shared_ptr<Template> plan, Evaluation evaluation,
                                                    std::shared_ptr<View> view, Unknown unknown) {
  FH_CO_TRY(const auto turn, co_await turn_.take());
  co_return co_await planning_.run(tenant_, time_, [plan, evaluation, view, unknown]() -> Result<OrderedJson> {
    return evaluation(*plan, *view, unknown);
  });
}

Task<Result<OrderedJson>> DeploymentEvaluator::preview(std::shared_ptr<Template> plan, Evaluation evaluation,
                                                       DeploymentLive::Reach reach, AskDoor door) {
  for (;;) {
    const auto view = std::make_shared<View>(live_, reach);
    auto made = co_await once(plan, evaluation, view, Unknown::kStays);
    if (!co_await live_->fetch(*view, door, origin_)) co_return made;
  }
}

// What stays is then what fails: only the last evaluation may say so.
Task<Result<OrderedJson>> DeploymentEvaluator::evaluate(std::shared_ptr<Template> plan, Evaluation evaluation,
                                                        AskDoor door) {
  for (;;) {
    const auto view = std::make_shared<View>(live_, DeploymentLive::Reach::kEverything);
    auto made = co_await once(plan, evaluation, view, Unknown::kStays);
    if (co_await live_->fetch(*view, door, origin_)) continue;
    if (made && view->complete()) co_return made;
    co_return co_await once(plan, evaluation, view, Unknown::kFails);
  }
}

DeploymentEvaluator::Evaluation body_of(std::size_t resource) {
  return [resource](gate::expression::Template& plan, gate::expression::LiveValues& live, Unknown unknown) {
    return plan.body(resource, live, unknown);
  };
}

DeploymentEvaluator::Evaluation outputs_of() {
  return [](gate::expression::Template& plan, gate::expression::LiveValues& live, Unknown unknown) {
    return plan.outputs(live, unknown);
  };
}

}  // namespace freehold::resources
