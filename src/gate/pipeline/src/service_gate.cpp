#include "pipeline/service_gate.h"

namespace freehold::gate {

void ServiceGate::add_unimplemented(RouteSpec spec) {
  spec.implemented = false;
  endpoints_.push_back({std::move(spec), nullptr});
}

std::vector<RouteSpec> ServiceGate::rows() const {
  std::vector<RouteSpec> rows;
  for (const auto& endpoint : endpoints_) rows.push_back(endpoint.spec);
  return rows;
}

}  // namespace freehold::gate
