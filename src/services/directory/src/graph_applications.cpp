// Graph: applications and service principals.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "src/changes.h"
#include "src/graph_errors.h"
#include "src/graph_operations.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

constexpr std::array<std::string_view, 3> kOwnOfApplication = {"keyCredentials", "id", "appId"};
constexpr std::array<std::string_view, 7> kOwnOfPrincipal = {
    "keyCredentials", "id", "appId", "accountEnabled", "displayName", "servicePrincipalNames", "servicePrincipalType"};

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

ApiResult<std::shared_ptr<const Application>> application_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  auto application = id ? live_in(call.directory->objects.applications, *id) : nullptr;
  if (!application) return refuse(errors::not_found(call.text_at(1)));
  return application;
}

ApiResult<std::shared_ptr<const ServicePrincipal>> principal_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  auto principal = id ? live_in(call.directory->objects.principals, *id) : nullptr;
  if (!principal) return refuse(errors::not_found(call.text_at(1)));
  return principal;
}

GraphReply list_applications(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [id, application] : directory.objects.applications) {
      if (!application->deleted) out.push_back(graph_json::of(*application));
    }
    return out;
  });
}

GraphReply create_application(GraphParts& parts, GraphCall& call) {
  Application application{.object = random_id<PrincipalId>(parts.random),
                          .application = random_id<PrincipalId>(parts.random)};
  FH_CO_CHECK_OK(
      graph_json::read_attributes(call.body, ObjectKind::kApplication, kOwnOfApplication, application.attributes));
  FH_CO_TRY(application.certificates, graph_json::read_certificates(call.body, {}, parts.random));
  application.created = call.now;
  FH_CO_CHECK_OK(
      co_await graph_change(parts, call, [application](Draft& draft) { return changes::add(draft, application); }));
  co_return graph_object(call, graph_json::of(application), 201);
}

GraphReply get_application(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(call));
  co_return graph_object(call, graph_json::of(*application));
}

GraphReply update_application(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(call));
  Application changed = *application;
  FH_CO_CHECK_OK(check_reach_of_client(parts, call, application->application));
  FH_CO_CHECK_OK(
      graph_json::read_attributes(call.body, ObjectKind::kApplication, kOwnOfApplication, changed.attributes));
  FH_CO_TRY(changed.certificates, graph_json::read_certificates(call.body, application->certificates, parts.random));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [&parts, &call, changed](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().applications, changed.object);
    if (!present) return fail(ErrorCode::kNotFound, "there is no such application");
    Application next = *present;
    // Read again: others may have changed the rest, or taken away a certificate.
    if (!graph_json::read_attributes(call.body, ObjectKind::kApplication, kOwnOfApplication, next.attributes)) {
      return fail(ErrorCode::kInvalidArgument, "a property is invalid");
    }
    auto certificates = graph_json::read_certificates(call.body, present->certificates, parts.random);
    if (!certificates) return fail(ErrorCode::kInvalidArgument, certificates.error().message);
    next.certificates = std::move(*certificates);
    FH_CHECK_OK(changes::replace(draft, next));
    // Its service principal goes by the application's name.
    const auto name = text_of(next.attributes, "displayName");
    for (const auto& [id, principal] : draft.objects().principals) {
      if (principal->deleted || principal->application != next.application || principal->name == name) continue;
      ServicePrincipal renamed = *principal;
      renamed.name = name;
      return changes::replace(draft, std::move(renamed));
    }
    return {};
  }));
  co_return graph_nothing();
}

GraphReply delete_application(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto application, application_at(call));
  FH_CO_CHECK_OK(check_reach_of_client(parts, call, application->application));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [application, now = call.now](Draft& draft) -> Result<> {
    for (const auto& [id, principal] : draft.objects().principals) {
      if (principal->application != application->application) continue;
      FH_CHECK_OK(check_administrator_stays(draft.objects(), id));
    }
    return changes::remove(draft, application->object, now);
  }));
  co_return graph_nothing();
}

GraphReply list_principals(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [id, principal] : directory.objects.principals) {
      if (!principal->deleted) out.push_back(graph_json::of(*principal, directory));
    }
    return out;
  });
}

// The body names an application of this tenant; applications of others aren't known here.
GraphReply create_principal(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto client, graph_json::read_text(call.body, "appId"));
  const auto id = parse_guid<PrincipalId>(client);
  const auto application = id ? call.directory->application(*id) : nullptr;
  if (!application) {
    co_return refuse(errors::bad_request("The appId '" + client.substr(0, 64) +
                                         "' of the service principal does not reference a valid application object."));
  }
  ServicePrincipal principal{.object = random_id<PrincipalId>(parts.random),
                             .application = *id,
                             .name = text_of(application->attributes, "displayName")};
  FH_CO_CHECK_OK(
      graph_json::read_attributes(call.body, ObjectKind::kServicePrincipal, kOwnOfPrincipal, principal.attributes));
  FH_CO_TRY(const auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  FH_CO_TRY(principal.certificates, graph_json::read_certificates(call.body, {}, parts.random));
  principal.enabled = enabled.value_or(true);
  principal.created = call.now;
  FH_CO_CHECK_OK(
      co_await graph_change(parts, call, [principal](Draft& draft) { return changes::add(draft, principal); }));
  co_return graph_object(call, graph_json::of(principal, *graph_after(parts, call)), 201);
}

GraphReply get_principal(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto principal, principal_at(call));
  co_return graph_object(call, graph_json::of(*principal, *call.directory));
}

GraphReply update_principal(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto principal, principal_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *principal));
  ServicePrincipal changed = *principal;
  FH_CO_CHECK_OK(
      graph_json::read_attributes(call.body, ObjectKind::kServicePrincipal, kOwnOfPrincipal, changed.attributes));
  FH_CO_TRY(const auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  FH_CO_TRY(changed.certificates, graph_json::read_certificates(call.body, principal->certificates, parts.random));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [&parts, &call, changed, enabled](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().principals, changed.object);
    if (!present) return fail(ErrorCode::kNotFound, "there is no such service principal");
    if (enabled == false) {
      FH_CHECK_OK(check_administrator_stays(draft.objects(), changed.object));
    }
    ServicePrincipal next = *present;
    if (!graph_json::read_attributes(call.body, ObjectKind::kServicePrincipal, kOwnOfPrincipal, next.attributes)) {
      return fail(ErrorCode::kInvalidArgument, "a property is invalid");
    }
    auto certificates = graph_json::read_certificates(call.body, present->certificates, parts.random);
    if (!certificates) return fail(ErrorCode::kInvalidArgument, certificates.error().message);
    next.certificates = std::move(*certificates);
    next.enabled = enabled.value_or(next.enabled);
    return changes::replace(draft, std::move(next));
  }));
  co_return graph_nothing();
}

GraphReply delete_principal(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto principal, principal_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *principal));
  // Nobody could make it again.
  if (to_string(principal->application) == kAzureCli) {
    co_return refuse(errors::bad_request("The az CLI's service principal can be disabled and not deleted."));
  }
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [id = principal->object, now = call.now](Draft& draft) -> Result<> {
    FH_CHECK_OK(check_administrator_stays(draft.objects(), id));
    return changes::remove(draft, id, now);
  }));
  co_return graph_nothing();
}

template <bool kTransitive>
GraphReply principal_member_of(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto principal, principal_at(call));
  co_return co_await graph_member_of(parts, call, principal->object, kTransitive);
}
GraphReply principal_member_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto principal, principal_at(call));
  co_return co_await graph_member_groups(call, principal->object);
}

constexpr GraphRow kRows[] = {
    {Method::kGet, "/v1.0/applications", "Graph.ListApplications", kGraphRead, list_applications},
    {Method::kPost, "/v1.0/applications", "Graph.CreateApplication", "microsoft.directory/applications/create",
     create_application},
    {Method::kGet, "/v1.0/applications/{id}", "Graph.GetApplication", kGraphRead, get_application},
    {Method::kPatch, "/v1.0/applications/{id}", "Graph.UpdateApplication", "microsoft.directory/applications/update",
     update_application},
    {Method::kDelete, "/v1.0/applications/{id}", "Graph.DeleteApplication", "microsoft.directory/applications/delete",
     delete_application},
    {Method::kGet, "/v1.0/applications/{id}/owners", "Graph.ListApplicationOwners", kGraphRead, nullptr},
    {Method::kPost, "/v1.0/applications/{id}/owners/$ref", "Graph.AddApplicationOwner",
     "microsoft.directory/applications/update", nullptr},
    {Method::kGet, "/v1.0/servicePrincipals", "Graph.ListServicePrincipals", kGraphRead, list_principals},
    {Method::kPost, "/v1.0/servicePrincipals", "Graph.CreateServicePrincipal",
     "microsoft.directory/servicePrincipals/create", create_principal},
    {Method::kGet, "/v1.0/servicePrincipals/{id}", "Graph.GetServicePrincipal", kGraphRead, get_principal},
    {Method::kPatch, "/v1.0/servicePrincipals/{id}", "Graph.UpdateServicePrincipal",
     "microsoft.directory/servicePrincipals/update", update_principal},
    {Method::kDelete, "/v1.0/servicePrincipals/{id}", "Graph.DeleteServicePrincipal",
     "microsoft.directory/servicePrincipals/delete", delete_principal},
    {Method::kGet, "/v1.0/servicePrincipals/{id}/memberOf", "Graph.ListServicePrincipalGroups", kGraphRead,
     principal_member_of<false>},
    {Method::kGet, "/v1.0/servicePrincipals/{id}/transitiveMemberOf", "Graph.ListAllServicePrincipalGroups", kGraphRead,
     principal_member_of<true>},
    {Method::kPost, "/v1.0/servicePrincipals/{id}/getMemberGroups", "Graph.GetServicePrincipalMemberGroups", kGraphRead,
     principal_member_groups},
    {Method::kGet, "/v1.0/servicePrincipals/{id}/owners", "Graph.ListServicePrincipalOwners", kGraphRead, nullptr},
    {Method::kGet, "/v1.0/oauth2PermissionGrants", "Graph.ListOAuth2PermissionGrants", kGraphRead, nullptr}};

}  // namespace

std::span<const GraphRow> graph_application_rows() { return kRows; }

}  // namespace freehold::directory
