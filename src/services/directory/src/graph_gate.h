// GraphGate: Graph v1.0 at graph.D: its rows, who may what, how errors look.
#pragma once

#include "authn/token_rules.h"
#include "pipeline/service_gate.h"
#include "src/graph_operations.h"

namespace freehold::directory {

// Who may do what to the directory: users read it, and directory roles give the rest.
class GraphRules final : public gate::TokenRules {
 public:
  GraphRules(const DirectoryStore& store, std::string domain) : store_(store), domain_(std::move(domain)) {}
  [[nodiscard]] bool takes_audience(std::string_view audience) const override;
  [[nodiscard]] bool allows(const gate::Identity& who, const http::Request& request, const gate::Target& target,
                            std::string_view action) const override;
  [[nodiscard]] gate::ApiError refuse_action(const gate::Identity& who, const http::Request& request,
                                             const gate::Target& target, std::string_view action) const override;

 private:
  const DirectoryStore& store_;
  const std::string domain_;
};

// Owned by DirectoryService, like the parts, which outlive it. Over TLS only.
class GraphGate final : public gate::ServiceGate {
 public:
  explicit GraphGate(GraphParts& parts);
  [[nodiscard]] bool claims(const http::Request& request, gate::Target& target) const override;
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request& request) const override;
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request& request) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request& request, gate::Scope scope) const override;
  void finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const override;
  [[nodiscard]] const gate::TokenRules* tokens() const override { return &rules_; }

 private:
  void add_rows(std::span<const GraphRow> rows, GraphParts& parts);
  const DirectoryStore& store_;
  GraphRules rules_;
  const std::string host_;
};

}  // namespace freehold::directory
