// An environment for tests: parameters and variables as plain values, and one function of its own, contoso.shout(text).
#pragma once

#include "expression/evaluate.h"

namespace freehold::gate::expression::testing {

class SampleEnvironment final : public Environment {
 public:
  explicit SampleEnvironment(Json parameters = Json::object(), Json variables = Json::object())
      : parameters_(std::move(parameters)), variables_(std::move(variables)) {}

  Result<const Json*> parameter(std::string_view name) override {
    const Json* found = find_member(parameters_, name);
    return found != nullptr ? Result<const Json*>(found) : Environment::parameter(name);
  }
  Result<const Json*> variable(std::string_view name) override {
    const Json* found = find_member(variables_, name);
    return found != nullptr ? Result<const Json*>(found) : Environment::variable(name);
  }
  std::optional<Result<Json>> call(std::string_view name, Arguments arguments, Budget&) override {
    if (name != "contoso.shout" || arguments.size() != 1 || !arguments[0]->is_string()) return std::nullopt;
    return Json(arguments[0]->get<std::string>() + "!");
  }

 private:
  Json parameters_;
  Json variables_;
};

}  // namespace freehold::gate::expression::testing
