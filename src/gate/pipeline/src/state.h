// What the pipeline's stages share. Internal to gate/pipeline.
#pragma once

#include <exception>
#include <memory>
#include <string_view>
#include <vector>

#include "awaited_body.h"
#include "busy_report.h"
#include "pipeline/control_gate.h"
#include "pipeline/pipeline.h"
#include "running_limits.h"

namespace freehold::gate {

// One request on its way, or one job. Lives in the frame of walk() or admit_job().
struct Pipeline::Passage {
  Admission admission;
  const ServiceGate* service = nullptr;
  const ControlGate* control = nullptr;  // the same, if it is one
  const Endpoint* endpoint = nullptr;
  std::shared_ptr<const ContainerAccess> container;  // if who calls depends on it
  ResourceTags tags = {};                            // if what it may do depends on them
  MonotonicTime began;
  Place place;
  audit::Slot slot;
  // Of a part: the request or job that asks for it, which outlives this, and in whose name it does.
  const Admission* whole = nullptr;
  AskedBy asked_by = AskedBy::kItself;
};

struct Pipeline::State {
  struct Service {
    ServiceGate* gate;
    const ControlGate* control;  // the same, if it is one
    RouteTable routes;           // of gate->endpoints_, in order
  };

  State(const AccountDirectory& accounts_in, audit::Log& audit_in, const Clock& clock_in, Random& random_in,
        PipelineOptions options_in)
      : accounts(accounts_in),
        audit(audit_in),
        clock(clock_in),
        random(random_in),
        options(options_in),
        limits(options_in.max_running, options_in.max_running_per_tenant) {}

  const AccountDirectory& accounts;
  audit::Log& audit;
  const Clock& clock;
  Random& random;
  const PipelineOptions options;
  RunningLimits limits;
  BodyRoom bodies;
  mutable BusyReport busy;
  std::vector<Service> services;

  // The stages (stages.cpp): each looks at what the earlier ones found, adds what it finds, or refuses.
  [[nodiscard]] Passage arrive(http::Request& request, Door& door);
  [[nodiscard]] Passage arrive_part(const Admission& whole, http::Request& part, AskedBy asked_by);
  [[nodiscard]] ApiResult<> check_nesting(Passage& p) const;
  [[nodiscard]] ApiResult<> claim(Passage& p) const;
  [[nodiscard]] ApiResult<> check_load(Passage& p) const;
  [[nodiscard]] ApiResult<> check_version(Passage& p) const;
  [[nodiscard]] ApiResult<> find_row(Passage& p) const;
  [[nodiscard]] ApiResult<> find_account(Passage& p) const;
  [[nodiscard]] ApiResult<> check_network(Passage& p) const;
  [[nodiscard]] bool needs_container(const Passage& p) const;
  [[nodiscard]] Task<ApiResult<>> find_container(Passage& p);
  [[nodiscard]] ApiResult<> identify(Passage& p) const;
  [[nodiscard]] ApiResult<> identify_by_token(Passage& p, const TokenRules& rules) const;
  [[nodiscard]] ApiResult<> identify_behalf(Passage& p, const TokenRules& rules) const;
  [[nodiscard]] ApiResult<> permit(Passage& p) const;
  [[nodiscard]] bool needs_tags(const Passage& p, const ApiResult<>& permitted) const;
  [[nodiscard]] Task<ApiResult<>> find_tags(Passage& p);
  [[nodiscard]] ApiResult<> check_role(Admission& a, const AskedFor& asked) const;
  [[nodiscard]] ApiResult<> check_rules(const Admission& a, const Identity& who, const TokenRules& rules) const;
  // Null where there is no body to wait for, or nobody's rights are asked of a service's own rules.
  [[nodiscard]] std::unique_ptr<AwaitedBody> await_body(Passage& p);
  [[nodiscard]] ApiResult<> ask_again(const Admission& a, const TokenRules& rules) const;
  [[nodiscard]] ApiResult<> take_place(Passage& p);
  [[nodiscard]] ApiResult<> reserve_audit(Passage& p);
  [[nodiscard]] const RouteSpec* find_job(std::string_view operation) const;
  [[nodiscard]] Passage begin_job(const RouteSpec& row, Job job, Door& door);

  // Null: this isn't one that a journal is kept of.
  [[nodiscard]] ActivityJournal* journal_of(const Passage& p) const;
  [[nodiscard]] Act act_of(const Passage& p) const;

  // The ends (outcome.cpp).
  [[nodiscard]] ActEnding ending_of(const Reply& reply) const;
  [[nodiscard]] http::Response refuse(Passage& p, ApiError error);
  void add_challenge(const Passage& p, ApiError& error) const;
  [[nodiscard]] bool follow_caller(Passage& p);
  [[nodiscard]] http::Response conclude(Passage& p, Reply reply);
  void conclude_job(Passage& p, const Result<>& result);
  void record_outcome(Passage& p, bool committed);
  [[nodiscard]] http::Response render(Passage& p, ApiError error) const;
  [[nodiscard]] http::Response finish(Passage& p, http::Response response) const;
  void observe(const Passage& p) const;
};

// What a handler threw, for the log.
[[nodiscard]] std::string describe(std::exception_ptr thrown);

}  // namespace freehold::gate
