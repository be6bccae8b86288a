// Planner: turns the resources of a template into a list with ids and an order.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/template_environment.h"

namespace freehold::gate::expression {

// Where a planned resource stands in the document, and in which rounds of which loops.
struct ResourceSource {
  const Json* raw = nullptr;
  std::vector<CopyRound> rounds;
};

[[nodiscard]] bool is_deployment_type(std::string_view type);
// "expressionEvaluationOptions": {"scope": "inner"} in the properties of a nested deployment.
[[nodiscard]] bool has_inner_scope(const Json& properties);

// Lives for one plan().
class Planner {
 public:
  Planner(const Json& document, const TemplateFrame& frame, TemplateEnvironment& environment)
      : document_(document), frame_(frame), environment_(environment) {}

  // Limits of the document, and what must be in it.
  Result<void> check_document() const;
  Result<void> list_resources();
  // dependsOn, what expressions mention, serial loops; a circle is an error. set_resources() was called before.
  Result<void> order_resources();

  std::vector<PlannedResource> resources = {};
  std::vector<ResourceSource> sources = {};

 private:
  struct Loop {
    std::string name;
    std::size_t count = 1;
    std::size_t batch = 0;  // 0: all at once
    bool is_loop = false;
  };
  struct Parent {
    std::string type = {};
    std::string name = {};
  };

  Result<void> add(const Json& raw, const std::string& symbol, const Parent& parent);
  Result<Loop> read_loop(const Json& raw, const std::string& symbol);
  Result<void> add_one(const Json& raw, const std::string& symbol, const Parent& parent, const Loop& loop,
                       std::size_t index);
  Result<void> add_children(const Json& raw, const Parent& parent);
  Result<PlannedResource> head(const Json& raw, const Parent& parent);
  Result<bool> condition(const Json& raw, const std::string& name);
  Result<std::string> scope_of(const Json& raw, const PlannedResource& resource);
  Result<void> note_id(const PlannedResource& resource);

  Result<void> order_one(std::size_t place);
  Result<void> after_named(std::size_t place);
  Result<void> after_mentioned(std::size_t place);
  Result<void> check_circles() const;
  [[nodiscard]] std::string circle(const std::vector<std::size_t>& left) const;

  const Json& document_;
  const TemplateFrame& frame_;
  TemplateEnvironment& environment_;
  std::set<std::string, std::less<>> ids_;    // in lower case, of what is deployed
  std::set<std::string, std::less<>> loops_;  // in lower case, those without a round too
  std::size_t counted_ = 0;
};

}  // namespace freehold::gate::expression
