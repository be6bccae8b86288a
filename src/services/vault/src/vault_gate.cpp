#include "src/vault_gate.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "http/json_response.h"
#include "src/held_keys.h"
#include "src/vault_keeper.h"

namespace freehold::vault {
namespace {

constexpr std::size_t kMaxBody = 1'024 * 1'024;  // a restored backup is the longest
constexpr std::size_t kMaxSegments = 6;

struct VaultOperation {};

// As sent: no name of a vault's object has anything to encode, and what a path was decided by is what is acted upon.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (path.starts_with('/') && out.size() <= kMaxSegments) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  if (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

bool has_body(http::Method method) {
  return method == http::Method::kPost || method == http::Method::kPut || method == http::Method::kPatch;
}

// Secrets came in one of the body's texts.
struct WipedCall {
  VaultCall call;
  explicit WipedCall(VaultCall made) : call(std::move(made)) {}
  ~WipedCall() { wipe_texts(call.body); }
};

gate::Task<Reply> answer(VaultParts& parts, VaultHandler handler, gate::Permit<VaultOperation> permit) {
  auto& request = permit.request();
  auto vault = parts.vaults.find(permit.target().container);
  // What was decided was decided of a vault of the caller's tenant.
  if (!vault || vault->tenant != permit.tenant()) co_return std::unexpected(vault_errors::no_such_vault());
  WipedCall held(
      {.vault = std::move(vault),
       .request = request,
       .segments = segments_of(request.path),
       .now = permit.now(),
       .origin = "https://" + std::string(request.headers.get("host")),
       .audit = [&permit](const store::PartitionId& partition) { return permit.audit_row(partition, 200); }});
  if (has_body(request.method)) {
    auto body = co_await http::read_all(*request.body, kMaxBody);
    if (!body) co_return vault_errors::bad_parameter("The request body is too large, or broken.");
    permit.count_in(body->size());
    if (!body->empty()) {
      auto parsed = parse_object(*body);
      wipe(*body);
      if (!parsed) co_return vault_errors::of(parsed.error());
      held.call.body = std::move(*parsed);
    }
  }
  co_return co_await handler(parts, held.call);
}

// "7.0" to "7.6", with or without "-preview...", and dates from 2016-10-01 on. As a number that orders them.
std::optional<int> version_number(std::string_view text) {
  text = text.substr(0, text.find("-preview"));
  if (text.size() == 3 && text.starts_with("7.") && text[2] >= '0' && text[2] <= '9')
    return 20'180'000 + (text[2] - '0');
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_u64(text.substr(0, 4));
  const auto month = parse_u64(text.substr(5, 2));
  const auto day = parse_u64(text.substr(8, 2));
  if (!year || !month || !day || *year < 2'015 || *month == 0 || *month > 12 || *day == 0 || *day > 31) {
    return std::nullopt;
  }
  return static_cast<int>(*year * 10'000 + *month * 100 + *day);
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
  const auto vault = parts_.vaults.find(name);
  target.scope = vault ? gate::Scope::kSystem : gate::Scope::kService;
  if (vault) target.tenant = vault->tenant;
  return true;
}

gate::ApiResult<int> VaultGate::check_version(const http::Request& request) const {
  if (!request.has_parameter("api-version")) return vault_errors::bad_parameter("api-version must be specified.");
  const auto version = version_number(request.parameter("api-version"));
  if (!version) {
    return vault_errors::bad_parameter("The specified version (" +
                                       std::string(request.parameter("api-version").substr(0, 64)) +
                                       ") is not recognized.");
  }
  return *version;
}

http::Response VaultGate::render(const gate::ApiError& error, const http::Request&) const {
  nlohmann::ordered_json inner = {{"code", error.code}, {"message", error.message}};
  for (const auto& [name, value] : error.fields) {
    if (name == vault_errors::kInner) inner["innererror"] = {{"code", value}};
  }
  const nlohmann::ordered_json whole = {{"error", std::move(inner)}};
  return http::json_response(error.status,
                             whole.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

gate::ApiError VaultGate::no_such_route(const http::Request&, gate::Scope scope) const {
  return scope == gate::Scope::kService ? vault_errors::no_such_vault() : vault_errors::no_such_path();
}

void VaultGate::finish(http::Response& response, const http::Request&, const gate::Admission&) const {
  response.headers.set("cache-control", "no-cache");
  response.headers.set("pragma", "no-cache");
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("x-ms-keyvault-region", location_);
}

}  // namespace freehold::vault
