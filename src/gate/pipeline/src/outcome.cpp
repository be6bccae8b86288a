// How a request or a job ends: the audit record of it, the response, the log line.
#include <algorithm>

#include "base/log.h"
#include "gate_errors.h"
#include "state.h"
#include "telemetry/trace.h"

namespace freehold::gate {
namespace {

constexpr std::size_t kClientRequestIdBytes = 1024;

// Azure returns x-ms-client-request-id as it came if it is visible ASCII of at most 1 KiB.
bool may_be_echoed(std::string_view id) {
  auto visible = [](char c) { return c >= 0x20 && c < 0x7f; };
  return !id.empty() && id.size() <= kClientRequestIdBytes && std::ranges::all_of(id, visible);
}

std::uint64_t body_bytes(const http::Response& response) {
  if (const auto* bytes = std::get_if<Bytes>(&response.body)) return bytes->size();
  if (const auto* stream = std::get_if<http::StreamBody>(&response.body)) return stream->length;
  return 0;
}

// The trace that the caller says its request belongs to (W3C Trace Context), for the log; empty if it says nothing
// valid.
std::string trace_id_of(const Admission& admission) {
  if (admission.request == nullptr) return {};
  const auto header = admission.request->headers.get("traceparent");
  if (header.empty()) return {};
  const auto context = telemetry::parse_traceparent(header);
  return context ? context->trace_id_text() : std::string();
}

// Azure says no to a caller with these two. Where a protocol has it otherwise (RFC 6749 section 5.2), the error tells.
bool is_denial(const ApiError& error) { return error.denied || error.status == 401 || error.status == 403; }

// A streamed body keeps its request's place inside until it has been taken: it holds memory and reads for that long.
class PlacedBody final : public http::BodyWriter {
 public:
  PlacedBody(std::unique_ptr<http::BodyWriter> body, Place place) : body_(std::move(body)), place_(std::move(place)) {}
  Task<Result<BytesView>> next() override { return body_->next(); }

 private:
  std::unique_ptr<http::BodyWriter> body_;
  Place place_;
};

}  // namespace

std::string describe(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

// RFC 6750 section 3: where tokens are taken, who has none is told where to get one.
void Pipeline::State::add_challenge(const Passage& p, ApiError& error) const {
  const auto& a = p.admission;
  std::string challenge;
  if (a.account != nullptr) {
    challenge = bearer_challenge(*a.request, *a.account, options.bearer->tokens);
  } else if (p.service != nullptr && p.service->tokens() != nullptr) {
    challenge =
        p.service->tokens()->challenge(error, a.target.tenant, port_of_host(*a.request), options.bearer->tokens);
  } else {
    return;
  }
  std::erase_if(error.headers, [](const auto& header) { return header.first == "www-authenticate"; });
  error.headers.emplace_back("www-authenticate", std::move(challenge));
}

ActEnding Pipeline::State::ending_of(const Reply& reply) const {
  if (!reply) return {.time = clock.now(), .status = reply.error().status, .code = reply.error().code};
  return {.time = clock.now(), .status = reply->status};
}

// A decision that can't be recorded isn't told: nobody may try keys at a log that is down.
http::Response Pipeline::State::refuse(Passage& p, ApiError error) {
  auto& a = p.admission;
  if (!p.slot.valid()) {
    auto slot = audit.reserve(a.tenant);
    if (slot) {
      p.slot = std::move(*slot);
    } else {
      error = gate_errors::server_busy("audit: " + slot.error().message + " " + slot.error().detail);
    }
  }
  if (error.status == 401 && options.bearer != nullptr) add_challenge(p, error);
  a.record.decision = "denied";
  a.record.reason = error.code;
  a.record.status = error.status;
  a.record.bytes_in = 0;
  if (p.slot.valid()) audit.append(std::move(p.slot), a.record);
  p.place = {};
  return finish(p, render(p, std::move(error)));
}

// A handler that proved its caller to be of another tenant (a sign-in whose path names none) leaves its record in that
// tenant's log, which must have room for it.
bool Pipeline::State::follow_caller(Passage& p) {
  auto& a = p.admission;
  if (a.record.tenant == a.tenant) return true;
  auto slot = audit.reserve(a.record.tenant);
  if (slot) {
    p.slot = std::move(*slot);
  } else {
    a.record.tenant = a.tenant;
  }
  return slot.has_value();
}

http::Response Pipeline::State::conclude(Passage& p, Reply reply) {
  auto& a = p.admission;
  if (reply && !follow_caller(p)) reply = std::unexpected(gate_errors::server_busy("audit of the caller's tenant"));
  a.record.status = reply ? reply->status : reply.error().status;
  if (!reply) a.record.reason = reply.error().code;
  if (!reply && is_denial(reply.error())) a.record.decision = "denied";
  bool committed = reply.has_value();
  auto response = committed ? std::move(*reply) : render(p, std::move(reply.error()));
  if (a.record.bytes_out == 0) a.record.bytes_out = body_bytes(response);
  record_outcome(p, committed);
  return finish(p, std::move(response));
}

void Pipeline::State::conclude_job(Passage& p, const Result<>& result) {
  auto& record = p.admission.record;
  record.status = result ? 200 : 500;
  if (!result) {
    record.reason = to_string(result.error().code);
    log_warning("a background job failed", {{"operation", record.operation},
                                            {"request_id", p.admission.request_id_text},
                                            {"code", to_string(result.error().code)},
                                            {"detail", result.error().detail}});
  }
  const auto& a = p.admission;
  const bool idle = result && a.nothing_done && !a.attached && a.route->audit != AuditClass::kControl;
  if (!idle) record_outcome(p, result.has_value());
  observe(p);
}

// A write whose record rode in its commit is settled; if the operation failed, that commit didn't happen, and the
// record goes the way of all others.
void Pipeline::State::record_outcome(Passage& p, bool committed) {
  auto& a = p.admission;
  if (a.attached && committed) {
    audit.settle(std::move(p.slot), std::move(a.attached_partition), std::move(*a.attached), a.record);
  } else {
    audit.append(std::move(p.slot), a.record);
  }
}

http::Response Pipeline::State::render(Passage& p, ApiError error) const {
  const auto& a = p.admission;
  error.request_id = a.request_id_text;
  error.time = a.now;
  if (error.code == "ServerBusy") busy.add(error.detail, clock.monotonic());
  if (error.status >= 500 && error.status != 501 && error.code != "ServerBusy") {
    const std::string trace_id = trace_id_of(a);
    log_warning("a request failed", {{"operation", a.record.operation},
                                     {"request_id", a.request_id_text},
                                     {"trace_id", trace_id},
                                     {"status", std::int64_t{error.status}},
                                     {"code", error.code},
                                     {"detail", error.detail}});
  }
  auto response =
      p.service != nullptr ? p.service->render(error, *a.request) : gate_errors::render_plain(error, *a.request);
  if (!response.headers.has("x-ms-error-code")) response.headers.add("x-ms-error-code", error.code);
  for (auto& [name, value] : error.headers) response.headers.set(name, std::move(value));
  return response;
}

http::Response Pipeline::State::finish(Passage& p, http::Response response) const {
  const auto& a = p.admission;
  response.headers.set("x-ms-request-id", a.request_id_text);
  auto client_id = a.request->headers.get("x-ms-client-request-id");
  if (may_be_echoed(client_id)) response.headers.set("x-ms-client-request-id", std::string(client_id));
  if (p.service != nullptr) p.service->finish(response, *a.request, a);
  if (auto* stream = std::get_if<http::StreamBody>(&response.body)) {
    stream->writer = std::make_unique<PlacedBody>(std::move(stream->writer), std::move(p.place));
  }
  observe(p);
  return response;
}

// No names, addresses or callers here: the audit log has them, sealed.
void Pipeline::State::observe(const Passage& p) const {
  const auto& record = p.admission.record;
  auto latency = clock.monotonic() - p.began;
  const std::string trace_id = trace_id_of(p.admission);
  log_debug("request", {{"request_id", p.admission.request_id_text},
                        {"trace_id", trace_id},
                        {"operation", record.operation},
                        {"credential", record.credential},
                        {"decision", record.decision},
                        {"status", std::int64_t{record.status}},
                        {"latency_us", std::int64_t{latency.count()}},
                        {"bytes_in", record.bytes_in},
                        {"bytes_out", record.bytes_out}});
  if (options.observer == nullptr) return;
  options.observer->observe({.operation = record.operation,
                             .status = record.status,
                             .latency = latency,
                             .bytes_in = record.bytes_in,
                             .bytes_out = record.bytes_out});
}

}  // namespace freehold::gate
