// PolicyGate: the background work of policies. No request is for it: what clients ask comes through the resource
// manager.
#pragma once

#include "pipeline/service_gate.h"

namespace freehold::policies {

class PolicyGate final : public gate::ServiceGate {
 public:
  PolicyGate();
  [[nodiscard]] bool claims(const http::Request&, gate::Target&) const override { return false; }
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request&) const override { return 1; }
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request&) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request&, gate::Scope) const override;
  void finish(http::Response&, const http::Request&, const gate::Admission&) const override {}
};

}  // namespace freehold::policies
