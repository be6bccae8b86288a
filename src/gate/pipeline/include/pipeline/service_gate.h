// ServiceGate: what a service puts at the gate.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "authn/token_rules.h"
#include "pipeline/permit.h"
#include "route/route.h"

namespace freehold::gate {

using runtime::Task;

namespace testing {
class TwinGate;
}

// A route row with its handler. Made by ServiceGate::add, never by hand. `run` is const: it's called from all loops.
struct Endpoint {
  RouteSpec spec;
  std::move_only_function<Task<Reply>(PipelineKey, Admission&) const> run;
};

// Who may come into a service's containers without an account key, and what conditions of roles ask about what is in
// them. Implemented by the service that keeps them.
// Thread-safe. Answers from memory where it can, and never with what was true before a change that has been answered.
class ContainerDirectory {
 public:
  virtual ~ContainerDirectory() = default;
  // Null: there is no such container. kUnavailable and the like: it can't be known now.
  [[nodiscard]] virtual Task<Result<std::shared_ptr<const ContainerAccess>>> find(
      std::shared_ptr<const StorageAccount> account, std::string container) = 0;
  // Of what the request is about, as it is now; none if it isn't there. The borrowed ones outlive the task.
  [[nodiscard]] virtual Task<Result<std::vector<std::pair<std::string, std::string>>>> tags_of(
      std::shared_ptr<const StorageAccount> account, const Target& target, const http::Request& request) = 0;
};

// A service's rows, how it finds a request's target, and how its errors look. One object a service, complete before the
// server starts, read-only and called from all loops afterwards. None of its functions throws or waits.
class ServiceGate {
 public:
  virtual ~ServiceGate() = default;
  // Is this request (by Host, path or listener) for this service? Fills the target if so. A target without an account
  // is the service's own (Scope::kSystem): only the admin socket reaches it.
  [[nodiscard]] virtual bool claims(const http::Request& request, Target& target) const = 0;
  [[nodiscard]] virtual ApiResult<int> check_version(const http::Request& request) const = 0;
  // Status and body of an error. The pipeline adds error.headers, x-ms-error-code and the request id.
  [[nodiscard]] virtual http::Response render(const ApiError& error, const http::Request& request) const = 0;
  // What to answer when no row matches.
  [[nodiscard]] virtual ApiError no_such_route(const http::Request& request, Scope scope) const = 0;
  // Headers that every response of the service carries (x-ms-version, ...), when it has all others. Called for refusals
  // too, when the admission holds only what the stages before the refusal found.
  virtual void finish(http::Response& response, const http::Request& request, const Admission& admission) const = 0;

  // Null for a service without containers: then nobody is anonymous in one, and no SAS names a policy. Outlives the
  // gate.
  [[nodiscard]] virtual ContainerDirectory* containers() const { return nullptr; }

  // Null for a service that tells callers by their accounts. Otherwise its callers are principals of the directory: a
  // row that accepts kBearer takes their tokens, and these rules say who may do what. The tenant of a request is then
  // its caller's. Outlives the gate.
  [[nodiscard]] virtual const TokenRules* tokens() const { return nullptr; }

  // The handler takes the Permit of the row's own operation, and nothing else gets it in.
  template <class Operation, class Fn>
  void add(RouteSpec spec, Fn handler) {
    spec.operation = Operation::kName;
    endpoints_.push_back({std::move(spec), [handler = std::move(handler)](PipelineKey key, Admission& a) {
                            return handler(Permit<Operation>(key, a));
                          }});
  }
  // The same for rows that are made from data: one handler, and the row's own name, which lives as long as the gate.
  template <class Operation, class Fn>
  void add_as(std::string_view name, RouteSpec spec, Fn handler) {
    spec.operation = name;
    endpoints_.push_back({std::move(spec), [handler = std::move(handler)](PipelineKey key, Admission& a) {
                            return handler(Permit<Operation>(key, a));
                          }});
  }
  // A row that authenticates and then answers 501.
  void add_unimplemented(RouteSpec spec);
  // Background work of the service: no request reaches it, Pipeline::run_job does.
  template <class Operation>
  void add_job(DataClass data, AuditClass audit) {
    jobs_.push_back({.operation = Operation::kName,
                     .scope = Scope::kSystem,
                     .credentials = kSystemJob,
                     .data = data,
                     .audit = audit});
  }
  [[nodiscard]] std::vector<RouteSpec> rows() const;
  [[nodiscard]] const std::vector<RouteSpec>& jobs() const { return jobs_; }

 private:
  friend class Pipeline;
  friend class testing::TwinGate;  // the route matrix: the same rows with handlers that count
  std::vector<Endpoint> endpoints_;
  std::vector<RouteSpec> jobs_;
};

}  // namespace freehold::gate
