#include "operations/operations_service.h"

#include <nlohmann/json.hpp>

#include "export_audit.h"

namespace freehold::operations {

namespace {

class OperationsGate final : public gate::ServiceGate {
 public:
  bool claims(const http::Request& request, gate::Target& target) const override {
    if (request.listener != http::Listener::kAdmin) return false;
    target.scope = gate::Scope::kSystem;
    return true;
  }

  gate::ApiResult<int> check_version(const http::Request&) const override { return 1; }

  http::Response render(const gate::ApiError& error, const http::Request&) const override {
    http::Response response;
    response.status = error.status;
    response.headers.add("content-type", "application/json");
    const nlohmann::json body = {{"error", {{"code", error.code}, {"message", error.message}}}};
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return response;
  }

  gate::ApiError no_such_route(const http::Request&, gate::Scope) const override {
    return {.status = 404, .code = "NoSuchOperation", .message = "there is no such operation", .detail = {}};
  }

  void finish(http::Response&, const http::Request&, const gate::Admission&) const override {}
};

}  // namespace

struct OperationsService::State {
  explicit State(OperationsOptions given) : options(std::move(given)) {
    gate.add<ExportAudit>(
        {.method = http::Method::kPost,
         .scope = gate::Scope::kSystem,
         .query = {{"out", ""}},
         .credentials = gate::kLocalOperator,
         .data_action = "Freehold.Operations/audit/export/action",
         .data = gate::DataClass::kSupportData,
         .audit = gate::AuditClass::kControl},
        [this](gate::Permit<ExportAudit> permit) { return export_audit(options, std::move(permit)); });
  }
  OperationsOptions options;
  OperationsGate gate;
};

OperationsService::OperationsService(OperationsOptions options) : state_(std::make_unique<State>(std::move(options))) {}
OperationsService::~OperationsService() = default;
gate::ServiceGate& OperationsService::gate() { return state_->gate; }

}  // namespace freehold::operations
