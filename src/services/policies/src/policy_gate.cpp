#include "src/policy_gate.h"

#include "src/compliance_scan.h"
#include "src/manager_client.h"

namespace freehold::policies {

PolicyGate::PolicyGate() {
  add_job<ScanCompliance>(gate::DataClass::kCustomerData, gate::AuditClass::kRead);
  add_job<RemediateResource>(gate::DataClass::kCustomerData, gate::AuditClass::kControl);
}

http::Response PolicyGate::render(const gate::ApiError& error, const http::Request&) const {
  http::Response response;
  response.status = error.status;
  return response;
}

gate::ApiError PolicyGate::no_such_route(const http::Request&, gate::Scope) const {
  return {.status = 404, .code = "NotFound", .message = "There is no such operation."};
}

}  // namespace freehold::policies
