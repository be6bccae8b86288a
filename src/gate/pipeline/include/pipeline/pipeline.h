// The one door: every request of every kind goes through Pipeline::handle, and its stages read in order there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "authn/account.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/message.h"
#include "http/server.h"
#include "pipeline/permit.h"
#include "route/route.h"

namespace freehold::gate {

using runtime::Task;

// A route row with its handler. Made by Service::add, never by hand.
struct Endpoint {
  RouteSpec spec;
  std::move_only_function<Task<Reply>(PipelineKey, Admission&)> run;
};

// What a service puts at the gate: its rows, how it finds a request's target, and how its errors look. One object a
// service, complete before the server starts, read-only afterwards.
class ServiceGate {
 public:
  virtual ~ServiceGate() = default;
  // Is this request (by Host, path or listener) for this service? Fills the target if so.
  [[nodiscard]] virtual bool claims(const http::Request& request, Target& target) const = 0;
  [[nodiscard]] virtual ApiResult<int> check_version(const http::Request& request) const = 0;
  [[nodiscard]] virtual http::Response render(const ApiError& error, const http::Request& request) const = 0;
  // What to answer when no row matches.
  [[nodiscard]] virtual ApiError no_such_route(const http::Request& request, Scope scope) const = 0;
  // Headers that every response of the service carries (x-ms-version, ...).
  virtual void finish(http::Response& response, const http::Request& request, const Admission& admission) const = 0;

  // The handler takes the Permit of the row's own operation, and nothing else gets it in.
  template <class Operation, class Fn>
  void add(RouteSpec spec, Fn handler) {
    spec.operation = Operation::kName;
    endpoints_.push_back({std::move(spec), [handler = std::move(handler)](PipelineKey key, Admission& a) mutable {
                            return handler(Permit<Operation>(key, a));
                          }});
  }
  // A row that authenticates and then answers 501.
  void add_unimplemented(RouteSpec spec);
  [[nodiscard]] std::vector<RouteSpec> rows() const;

 private:
  friend class Pipeline;
  std::vector<Endpoint> endpoints_;
};

struct PipelineOptions {
  std::size_t max_running = 4'096;             // requests inside, all tenants together
  std::size_t max_running_per_tenant = 3'072;  // one tenant (I1)
};

// Thread-safe: called from all loops.
class Pipeline final : public http::Handler {
 public:
  Pipeline(const AccountDirectory& accounts, audit::Log& audit, const Clock& clock, Random& random,
           PipelineOptions options);
  ~Pipeline() override;
  void add(ServiceGate& service);  // before the server starts
  [[nodiscard]] Task<http::Response> handle(http::Request& request) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::gate
