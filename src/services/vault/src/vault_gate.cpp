#include "src/vault_gate.h"

#include <algorithm>

#include "base/check.h"
#include "src/held_keys.h"
#include "src/vault_answer.h"
#include "src/vault_keeper.h"

namespace freehold::vault {
namespace {

struct VaultOperation {};

gate::Task<Reply> answer(VaultParts& parts, VaultHandler handler, gate::Permit<VaultOperation> permit) {
  return answer_call(parts, std::move(permit), vault_errors::no_such_vault(),
                     [&parts, handler](VaultCall& call) { return handler(parts, call); });
}

}  // namespace

VaultGate::VaultGate(VaultParts& parts, const VaultAccess& access, std::string domain, std::string location)
    : parts_(parts), access_(access), suffix_(".vault." + domain), location_(std::move(location)) {
  add_rows(secret_rows());
  add_rows(key_rows());
  add_rows(certificate_rows());
  add_job<RotateDueKey>(gate::DataClass::kCustomerContent, gate::AuditClass::kWrite);
  add_job<RenewDueCertificate>(gate::DataClass::kCustomerContent, gate::AuditClass::kWrite);
  add_job<PurgeExpiredObject>(gate::DataClass::kCustomerContent, gate::AuditClass::kControl);
  add_job<PurgeExpiredVault>(gate::DataClass::kCustomerContent, gate::AuditClass::kControl);
  add_job<WrapAccountKey>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
  add_job<UnwrapAccountKey>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
}

void VaultGate::add_rows(std::span<const VaultRow> rows) {
  for (const VaultRow& row : rows) {
    for (const auto path : row.paths) {
      gate::RouteSpec spec{.method = row.method,
                           .scope = gate::Scope::kSystem,
                           .path = path,
                           .slash_at_end = row.slash_at_end,
                           .credentials = gate::kBearer,
                           .data_action = row.action,
                           .data = row.data,
                           .audit = row.audit};
      if (row.handler == nullptr) {
        spec.operation = row.name;
        add_unimplemented(spec);
        continue;
      }
      add_as<VaultOperation>(row.name, spec, [this, handler = row.handler](gate::Permit<VaultOperation> permit) {
        return answer(parts_, handler, std::move(permit));
      });
    }
  }
}

// A host below the suffix is a vault's, whether there is one or not: of one that isn't there no row is reached.
bool VaultGate::claims(const http::Request& request, gate::Target& target) const {
  if (request.listener != http::Listener::kHttps || !request.host.ends_with(suffix_)) return false;
  const auto name = std::string_view(request.host).substr(0, request.host.size() - suffix_.size());
  target.container = std::string(name.substr(0, 63));
  target.blob = request.decoded_path.substr(std::min<std::size_t>(1, request.decoded_path.size()));
  const auto vault = parts_.vaults.known(name);
  target.scope = vault ? gate::Scope::kSystem : gate::Scope::kService;
  if (vault) target.tenant = vault->tenant;
  return true;
}

gate::ApiResult<int> VaultGate::check_version(const http::Request& request) const { return check_api_version(request); }

http::Response VaultGate::render(const gate::ApiError& error, const http::Request&) const {
  return render_error(error);
}

gate::ApiError VaultGate::no_such_route(const http::Request&, gate::Scope scope) const {
  return scope == gate::Scope::kService ? vault_errors::no_such_vault() : vault_errors::no_such_path();
}

void VaultGate::finish(http::Response& response, const http::Request&, const gate::Admission&) const {
  finish_answer(response, location_);
}

}  // namespace freehold::vault
