// Graph: the secrets and federated credentials of applications and service principals.
#include <algorithm>

#include "base/encoding.h"
#include "src/changes.h"
#include "src/client_secret.h"
#include "src/graph_errors.h"
#include "src/graph_operations.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

constexpr std::chrono::days kSecretLife{2 * 365};  // where the caller names no end, as Azure's

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// The application or service principal of the path, if the caller may give it credentials.
ApiResult<PrincipalId> client_at(const GraphParts& parts, const GraphCall& call) {
  const auto id = call.id_at(1);
  const auto& objects = call.directory->objects;
  if (equals_ignoring_case(call.segments.front(), "applications")) {
    const auto application = id ? live_in(objects.applications, *id) : nullptr;
    if (!application) return refuse(errors::not_found(call.text_at(1)));
    FH_CHECK_OK(check_reach_of_client(parts, call, application->application));
    return *id;
  }
  const auto principal = id ? live_in(objects.principals, *id) : nullptr;
  if (!principal) return refuse(errors::not_found(call.text_at(1)));
  FH_CHECK_OK(check_reach(parts, call, *principal));
  return *id;
}

// Graph wraps what it is told in `passwordCredential`.
GraphReply add_password(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto object, client_at(parts, call));
  const auto wrapped = call.body.find("passwordCredential");
  const Json asked = wrapped != call.body.end() && wrapped->is_object() ? *wrapped : Json::object();
  for (const auto& [name, value] : asked.items()) {
    if (name == "displayName" || name == "startDateTime" || name == "endDateTime" || value.is_null()) continue;
    co_return refuse(errors::invalid_property(name));
  }
  FH_CO_TRY(const auto name, graph_json::read_text(asked, "displayName"));
  FH_CO_TRY(const auto start, graph_json::read_time(asked, "startDateTime"));
  FH_CO_TRY(const auto end, graph_json::read_time(asked, "endDateTime"));
  auto made = make_secret(parts.random, end.value_or(call.now + kSecretLife));
  made.kept.name = name.substr(0, kMaxNameBytes);
  made.kept.start = start.value_or(call.now);
  if (*made.kept.expiry <= *made.kept.start) co_return refuse(errors::bad_request("Credential end date is invalid."));
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call, [object, kept = made.kept](Draft& draft) { return changes::add_secret(draft, object, kept); }));
  Json out = graph_json::of(made.kept);
  out["secretText"] = std::string(made.text.view());  // told this once
  co_return graph_object(call, std::move(out));
}

GraphReply remove_password(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto object, client_at(parts, call));
  FH_CO_TRY(const auto key, graph_json::read_text(call.body, "keyId"));
  const auto id = parse_guid<SecretId>(key);
  if (!id) co_return refuse(errors::invalid_property("keyId"));
  FH_CO_CHECK_OK(co_await graph_change(
      parts, call, [object, id = *id](Draft& draft) { return changes::remove_secret(draft, object, id); }));
  co_return graph_nothing();
}

ApiResult<std::shared_ptr<const Application>> application_at(const GraphParts& parts, const GraphCall& call) {
  FH_TRY(const auto id, client_at(parts, call));
  return find_in(call.directory->objects.applications, id);
}

// By id or name.
ApiResult<FederatedCredential> credential_at(const GraphCall& call, const Application& application) {
  const auto& wanted = call.text_at(3);
  const auto at = std::ranges::find_if(application.federated, [&wanted](const FederatedCredential& held) {
    return held.name == wanted || to_string(held.id) == to_lower(wanted);
  });
  if (at == application.federated.end()) return refuse(errors::not_found(wanted));
  return *at;
}

GraphReply list_federated(GraphParts& parts, GraphCall& call) {
  const auto id = call.id_at(1);
  const auto application = id ? live_in(call.directory->objects.applications, *id) : nullptr;
  if (!application) co_return refuse(errors::not_found(call.text_at(1)));
  co_return co_await graph_list(parts, call, [application](const Snapshot&) {
    std::vector<Json> out;
    for (const auto& held : application->federated) out.push_back(graph_json::of(held));
    return out;
  });
}

// Puts the credential among the application's, or takes it away.
runtime::Task<ApiResult<>> put_federated(GraphParts& parts, GraphCall& call, PrincipalId application,
                                         FederatedCredential credential, bool keep) {
  return graph_change(parts, call, [application, credential = std::move(credential), keep](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().applications, application);
    if (!present) return fail(ErrorCode::kNotFound, "there is no such application");
    Application next = *present;
    std::erase_if(next.federated, [&](const FederatedCredential& held) { return held.id == credential.id; });
    for (const auto& held : next.federated) {
      const bool same =
          held.name == credential.name || (held.issuer == credential.issuer && held.subject == credential.subject);
      if (keep && same)
        return fail(ErrorCode::kConflict,
                    "FederatedIdentityCredential with that name, or issuer and "
                    "subject, already exists.");
    }
    if (keep) next.federated.push_back(credential);
    return changes::replace(draft, std::move(next));
  });
}

GraphReply create_federated(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(parts, call));
  FH_CO_TRY(auto credential, graph_json::read_federated(call.body, {.id = random_id<SecretId>(parts.random),
                                                                    .name = {},
                                                                    .issuer = {},
                                                                    .subject = {},
                                                                    .audiences = {},
                                                                    .key_set = {}}));
  const Json shown = graph_json::of(credential);
  FH_CO_CHECK_OK(co_await put_federated(parts, call, application->object, std::move(credential), true));
  co_return graph_object(call, shown, 201);
}

GraphReply get_federated(GraphParts& parts, GraphCall& call) {
  const auto id = call.id_at(1);
  const auto application = id ? live_in(call.directory->objects.applications, *id) : nullptr;
  if (!application) co_return refuse(errors::not_found(call.text_at(1)));
  FH_CO_TRY(const auto credential, credential_at(call, *application));
  co_return graph_object(call, graph_json::of(credential));
}

GraphReply update_federated(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(parts, call));
  FH_CO_TRY(auto credential, credential_at(call, *application));
  FH_CO_TRY(auto changed, graph_json::read_federated(call.body, std::move(credential)));
  FH_CO_CHECK_OK(co_await put_federated(parts, call, application->object, std::move(changed), true));
  co_return graph_nothing();
}

GraphReply delete_federated(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(parts, call));
  FH_CO_TRY(auto credential, credential_at(call, *application));
  FH_CO_CHECK_OK(co_await put_federated(parts, call, application->object, std::move(credential), false));
  co_return graph_nothing();
}

constexpr std::string_view kOfApplication = "microsoft.directory/applications/credentials/update";
constexpr std::string_view kOfPrincipal = "microsoft.directory/servicePrincipals/credentials/update";
constexpr GraphRow kRows[] = {
    {Method::kPost, "/v1.0/applications/{id}/addPassword", "Graph.AddApplicationPassword", kOfApplication,
     add_password},
    {Method::kPost, "/v1.0/applications/{id}/removePassword", "Graph.RemoveApplicationPassword", kOfApplication,
     remove_password},
    {Method::kPost, "/v1.0/applications/{id}/addKey", "Graph.AddApplicationKey", kOfApplication, nullptr},
    {Method::kPost, "/v1.0/applications/{id}/removeKey", "Graph.RemoveApplicationKey", kOfApplication, nullptr},
    {Method::kPost, "/v1.0/servicePrincipals/{id}/addPassword", "Graph.AddServicePrincipalPassword", kOfPrincipal,
     add_password},
    {Method::kPost, "/v1.0/servicePrincipals/{id}/removePassword", "Graph.RemoveServicePrincipalPassword", kOfPrincipal,
     remove_password},
    {Method::kGet, "/v1.0/applications/{id}/federatedIdentityCredentials", "Graph.ListFederatedCredentials", kGraphRead,
     list_federated},
    {Method::kPost, "/v1.0/applications/{id}/federatedIdentityCredentials", "Graph.CreateFederatedCredential",
     kOfApplication, create_federated},
    {Method::kGet, "/v1.0/applications/{id}/federatedIdentityCredentials/{credential}", "Graph.GetFederatedCredential",
     kGraphRead, get_federated},
    {Method::kPatch, "/v1.0/applications/{id}/federatedIdentityCredentials/{credential}",
     "Graph.UpdateFederatedCredential", kOfApplication, update_federated},
    {Method::kDelete, "/v1.0/applications/{id}/federatedIdentityCredentials/{credential}",
     "Graph.DeleteFederatedCredential", kOfApplication, delete_federated}};

}  // namespace

std::span<const GraphRow> graph_credential_rows() { return kRows; }

}  // namespace freehold::directory
