// ArmGate: what the resource manager puts at the gate: its host, versions, how errors look, and its rows.
#pragma once

#include <deque>
#include <string>

#include "pipeline/control_gate.h"
#include "src/arm_parts.h"
#include "src/arm_rules.h"

namespace freehold::resources {

// Claims management.D over TLS only: tokens are sent there. Borrows everything.
class ArmGate final : public gate::ControlGate {
 public:
  ArmGate(const Site& site, const gate::authz::ManagementTree& tree, const gate::resource::Registry& registry,
          const ArmRules& rules, gate::ActivityJournal* journal)
      : site_(site), tree_(tree), registry_(registry), rules_(rules), journal_(journal) {}
  [[nodiscard]] bool claims(const http::Request& request, gate::Target& target) const override;
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request& request) const override;
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request& request) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request& request, gate::Scope scope) const override;
  void finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const override;
  [[nodiscard]] const gate::TokenRules* tokens() const override { return &rules_; }
  void tidy(http::Request& request) const override;
  [[nodiscard]] gate::ActivityJournal* journal() const override { return journal_; }

  // Rows keep views of their texts: those that are made from data are kept here.
  [[nodiscard]] std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

 private:
  const Site& site_;
  const gate::authz::ManagementTree& tree_;
  const gate::resource::Registry& registry_;
  const ArmRules& rules_;
  gate::ActivityJournal* journal_;
  std::deque<std::string> texts_;
};

}  // namespace freehold::resources
