#include "src/hsm_gate.h"

#include <algorithm>

#include "src/held_keys.h"
#include "src/hsm_errors.h"
#include "src/hsm_jobs.h"
#include "src/vault_answer.h"

namespace freehold::vault {
namespace {

struct PoolOperation {};

gate::Task<Reply> refuse_inactive(std::string name) { co_return hsm_errors::not_activated(name); }

gate::OnBehalf caller_of(const gate::Permit<PoolOperation>& permit) {
  const auto& who = permit.principal();
  gate::OnBehalf out{.tenant = who.tenant, .object = {}, .audience = who.audience, .peer = permit.request().peer};
  if (who.identity != nullptr) {
    out.object = who.identity->object;
    out.application = who.identity->application;
  }
  return out;
}

gate::RouteSpec spec_of(http::Method method, std::string_view path, std::string_view action, gate::AuditClass audit) {
  return {.method = method,
          .scope = gate::Scope::kSystem,
          .path = path,
          .credentials = gate::kBearer,
          .data_action = action,
          .data = gate::DataClass::kCustomerContent,
          .audit = audit};
}

// When a pool's row is served.
struct Served {
  bool before_activation = false;
  bool during_restore = false;
};

// What a restore replaces isn't altered meanwhile: so the pool is looked for once more, now that none can begin.
template <class Handle>
gate::Task<Reply> use_pool(PoolParts& parts, VaultCall& call, Handle handle) {
  const auto use = parts.jobs.use(call.vault->id);
  if (!use) co_return hsm_errors::restoring(call.vault->name);
  const auto now = parts.vault.vaults.find(call.vault->name);
  if (!now || now->id != call.vault->id) co_return std::unexpected(hsm_errors::no_such_pool());
  call.vault = now;
  co_return co_await handle(call);
}

// `handle` takes the call. Whoever calls is authorised by then: strangers aren't told whether a pool is activated.
template <class Handle>
gate::Task<Reply> answer(PoolParts& parts, gate::Permit<PoolOperation> permit, Served served, Handle handle) {
  return answer_call(parts.vault, std::move(permit), hsm_errors::no_such_pool(),
                     [&parts, served, handle](VaultCall& call) -> gate::Task<Reply> {
                       if (!served.before_activation && !call.vault->pool->activated) {
                         return refuse_inactive(call.vault->name);
                       }
                       if (served.during_restore) return handle(call);
                       return use_pool(parts, call, handle);
                     });
}

}  // namespace

PoolGate::PoolGate(PoolParts& parts, const PoolAccess& access, std::string domain, std::string location)
    : parts_(parts), access_(access), suffix_(".managedhsm." + domain), location_(std::move(location)) {
  add_rows(pool_role_rows());
  add_rows(pool_setting_rows());
  add_rows(pool_domain_rows());
  add_rows(pool_backup_rows());
  add_key_rows();
  add_job<FullBackup>(gate::DataClass::kCustomerContent, gate::AuditClass::kControl);
  add_job<FullRestore>(gate::DataClass::kCustomerContent, gate::AuditClass::kControl);
  add_job<WrapAccountKeyInPool>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
  add_job<UnwrapAccountKeyInPool>(gate::DataClass::kCustomerContent, gate::AuditClass::kRead);
}

http::Response accepted(const VaultCall& call, std::string_view pending, const Json& body) {
  auto response = json_answer(body);
  response.status = 202;
  response.headers.set("azure-asyncoperation", call.origin + std::string(pending) + "?api-version=" +
                                                   std::string(call.request.parameter("api-version")));
  response.headers.set("retry-after", "1");
  return response;
}

void PoolGate::add_rows(std::span<const PoolRow> rows) {
  for (const PoolRow& row : rows) {
    for (const auto path : row.paths) {
      auto spec = spec_of(row.method, path, row.action, row.audit);
      if (row.begins != nullptr) {
        add_as<PoolOperation>(row.name, spec, [this, begin = row.begins](gate::Permit<PoolOperation> permit) {
          const auto caller = caller_of(permit);
          return answer(parts_, std::move(permit), {},
                        [this, begin, caller](VaultCall& call) { return begin(parts_, call, caller); });
        });
        continue;
      }
      add_as<PoolOperation>(row.name, spec,
                            [this, handler = row.handler, served = Served{row.before_activation, row.during_restore}](
                                gate::Permit<PoolOperation> permit) {
                              return answer(parts_, std::move(permit), served,
                                            [this, handler](VaultCall& call) { return handler(parts_, call); });
                            });
    }
  }
}

void PoolGate::add_key_rows() {
  for (const VaultRow& row : pool_key_rows()) {
    for (const auto path : row.paths) {
      auto spec = spec_of(row.method, path, row.action, row.audit);
      spec.slash_at_end = row.slash_at_end;
      if (row.handler == nullptr) {
        spec.operation = row.name;
        add_unimplemented(spec);
        continue;
      }
      add_as<PoolOperation>(row.name, spec, [this, handler = row.handler](gate::Permit<PoolOperation> permit) {
        return answer(parts_, std::move(permit), {},
                      [this, handler](VaultCall& call) { return handler(parts_.vault, call); });
      });
    }
  }
}

// A host below the suffix is a pool's, whether there is one or not: of one that isn't there no row is reached.
bool PoolGate::claims(const http::Request& request, gate::Target& target) const {
  if (request.listener != http::Listener::kHttps || !request.host.ends_with(suffix_)) return false;
  const auto name = std::string_view(request.host).substr(0, request.host.size() - suffix_.size());
  target.container = recorded_pool(name.substr(0, 63));
  target.blob = request.decoded_path.substr(std::min<std::size_t>(1, request.decoded_path.size()));
  const auto pool = parts_.vault.vaults.find(name);
  target.scope = pool ? gate::Scope::kSystem : gate::Scope::kService;
  if (pool) target.tenant = pool->tenant;
  return true;
}

gate::ApiResult<int> PoolGate::check_version(const http::Request& request) const { return check_api_version(request); }

http::Response PoolGate::render(const gate::ApiError& error, const http::Request&) const { return render_error(error); }

gate::ApiError PoolGate::no_such_route(const http::Request&, gate::Scope scope) const {
  return scope == gate::Scope::kService ? hsm_errors::no_such_pool() : vault_errors::no_such_path();
}

void PoolGate::finish(http::Response& response, const http::Request&, const gate::Admission&) const {
  finish_answer(response, location_);
}

}  // namespace freehold::vault
