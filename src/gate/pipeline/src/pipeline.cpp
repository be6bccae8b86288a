#include "pipeline/pipeline.h"

#include "base/log.h"
#include "gate_errors.h"
#include "state.h"

namespace freehold::gate {

Pipeline::Pipeline(const AccountDirectory& accounts, audit::Log& audit, const Clock& clock, Random& random,
                   PipelineOptions options)
    : state_(std::make_unique<State>(accounts, audit, clock, random, options)) {}

Pipeline::~Pipeline() = default;

void Pipeline::add(ServiceGate& service) {
  State::Service added{&service, dynamic_cast<const ControlGate*>(&service), RouteTable(service.rows())};
  auto faults = check_rows(added.routes.rows());
  for (const auto& fault : faults) log_error("faulty route row", {{"fault", fault}});
  FH_CHECK(faults.empty());
  for (const auto& endpoint : service.endpoints_) FH_CHECK(endpoint.spec.implemented == bool(endpoint.run));
  state_->services.push_back(std::move(added));
}

Task<http::Response> Pipeline::handle(http::Request& request) { return walk(state_->arrive(request, *this)); }

Task<http::Response> Pipeline::pass_part(const Admission& whole, http::Request& part, AskedBy asked_by) {
  return walk(state_->arrive_part(whole, part, asked_by));
}

// The way of a request (docs/request-path.md). Every stage refuses or lets pass; the first refusal is the answer. All
// but find_container and find_tags are plain functions. Policy, residency and lockbox will stand between permit and
// take_place.
Task<http::Response> Pipeline::walk(Passage p) {
  State& s = *state_;
  ApiResult<> open = s.check_nesting(p);
  if (open) open = s.claim(p);
  if (open) open = s.check_load(p);
  if (open) open = s.check_version(p);
  if (open) open = s.find_row(p);
  if (open) open = s.find_account(p);
  if (open) open = s.check_network(p);
  if (open && s.needs_container(p)) open = co_await s.find_container(p);
  if (open) open = s.identify(p);
  if (open) open = s.permit(p);
  if (s.needs_tags(p, open)) {
    open = co_await s.find_tags(p);
    if (open) open = s.permit(p);
  }
  if (open) open = s.take_place(p);
  if (open) open = s.reserve_audit(p);
  if (open && p.admission.route->audit == AuditClass::kControl) {
    auto noted = co_await s.audit.append_durably(p.admission.record);
    if (!noted) open = std::unexpected(gate_errors::server_busy("audit: " + noted.error().detail));
  }
  auto* journal = open ? s.journal_of(p) : nullptr;
  if (journal != nullptr) {
    auto begun = co_await journal->begun(s.act_of(p));
    if (!begun) open = std::unexpected(gate_errors::server_busy("activity: " + begun.error().detail));
  }
  if (!open) co_return s.refuse(p, std::move(open.error()));

  Reply reply;
  const auto body = s.await_body(p);
  try {
    reply = co_await p.endpoint->run(PipelineKey(), p.admission);
  } catch (...) {
    reply = std::unexpected(gate_errors::internal_error("handler threw: " + describe(std::current_exception())));
  }
  if (body && body->refusal()) reply = std::unexpected(*body->refusal());
  if (journal != nullptr) co_await journal->ended(s.act_of(p), s.ending_of(reply));
  co_return s.conclude(p, std::move(reply));
}

Task<Result<>> Pipeline::admit_job(std::string_view operation, Job job, JobWork work) {
  State& s = *state_;
  const auto* row = s.find_job(operation);
  if (row == nullptr) co_return fail(ErrorCode::kDenied, "no such job", std::string(operation));
  Passage p = s.begin_job(*row, std::move(job), *this);
  if (!s.take_place(p)) co_return fail(ErrorCode::kExhausted, "too much is running");
  if (!s.reserve_audit(p)) co_return fail(ErrorCode::kUnavailable, "the audit log can't take a record");
  if (row->audit == AuditClass::kControl) {
    FH_CO_CHECK_OK(co_await s.audit.append_durably(p.admission.record));
  }

  Result<> result;
  try {
    result = co_await work(PipelineKey(), p.admission);
  } catch (...) {
    result = fail(ErrorCode::kInternal, "the job failed", "job threw: " + describe(std::current_exception()));
  }
  s.conclude_job(p, result);
  co_return result;
}

std::size_t Pipeline::running() const { return state_->limits.running(); }

}  // namespace freehold::gate
