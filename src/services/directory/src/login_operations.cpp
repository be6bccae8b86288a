#include "src/login_operations.h"

#include "base/encoding.h"
#include "src/discovery.h"
#include "src/login_gate.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
using gate::Permit;
using gate::Reply;
using gate::RouteSpec;
using http::Method;
namespace errors = token_errors;

// Nobody can have proved who they are before they get here: the secret is in the body, and what is read without one is
// public.
RouteSpec row(Method method, std::string_view path, gate::DataClass data) {
  RouteSpec spec;
  spec.method = method;
  spec.scope = gate::Scope::kSystem;
  spec.path = path;
  spec.credentials = gate::kAnonymous;
  spec.data = data;
  return spec;
}
RouteSpec page(std::string_view path) { return row(Method::kGet, path, gate::DataClass::kSystemMetadata); }

http::Response document(std::string body) {
  http::Response response;
  response.headers.add("content-type", "application/json; charset=utf-8");
  response.headers.add("access-control-allow-origin", "*");  // public documents, read by pages of any origin
  response.headers.add("cache-control", "max-age=3600, private");
  response.body = std::move(body);
  return response;
}

bool names_many(std::string_view tenant) { return tenant == "common" || tenant == "organizations"; }

ApiResult<std::string> tenant_of(const DirectoryStore& store, std::string_view segment) {
  std::string name = to_lower(segment);
  if (names_many(name)) return name;
  const auto id = parse_guid<TenantId>(name);
  if (!id || !store.has(*id)) return std::unexpected(errors::unknown_tenant(segment));
  return name;
}

gate::Task<Reply> token(LoginParts& parts, Style style, Permit<IssueToken> permit) {
  const auto& request = permit.request();
  TokenCall call{.style = style,
                 .tenant = style == Style::kAdfs ? std::string() : to_lower(first_segment(request)),
                 .address = request.peer.address,
                 .port = LoginSite::port_of(request),
                 .now = permit.now()};
  auto body = co_await http::read_all(*request.body, kMaxFormBytes);
  if (!body) co_return std::unexpected(errors::body_unreadable(body.error().message));
  permit.count_in(body->size());
  FH_CO_TRY(auto asked, read_token_form(request.headers.get("authorization"), std::move(*body)));
  // Whom it says it is, so that the record of a wrong secret names whose it was to be. Only what can be an id.
  const auto claimed = parse_guid<PrincipalId>(asked.credentials.id);
  if (claimed) permit.name_caller("Unproven", "client " + to_string(*claimed));
  auto issued = co_await issue_token(parts, std::move(call), std::move(asked));
  if (!issued) co_return std::unexpected(std::move(issued.error()));
  permit.name_caller("ClientSecret", std::move(issued->caller), issued->tenant);
  co_return std::move(issued->response);
}

gate::Task<Reply> configuration(LoginParts& parts, Style style, Permit<GetOpenIdConfiguration> permit) {
  std::string tenant;
  if (style != Style::kAdfs) {
    FH_CO_TRY(tenant, tenant_of(parts.store, first_segment(permit.request())));
  }
  co_return document(openid_configuration(parts.site, style, tenant, LoginSite::port_of(permit.request())));
}

gate::Task<Reply> keys(LoginParts& parts, Permit<GetSigningKeys> permit) {
  static_cast<void>(permit);  // one set of keys for all tenants and styles
  co_return document(parts.keys.jwks());
}

// "https://login.D[:PORT]/TENANT/...": the tenant.
ApiResult<std::string> tenant_of_endpoint(const LoginParts& parts, std::string_view endpoint) {
  const std::string front = parts.site.origin("");
  if (!equals_ignoring_case(endpoint.substr(0, front.size()), front))
    return std::unexpected(errors::invalid_instance());
  endpoint.remove_prefix(front.size());
  const auto slash = endpoint.find('/');
  const auto port = endpoint.substr(0, slash);
  const bool good_port = port.empty() || (port.starts_with(':') && parse_u64(port.substr(1)));
  if (slash == endpoint.npos || !good_port) return std::unexpected(errors::invalid_instance());
  endpoint.remove_prefix(slash + 1);
  return tenant_of(parts.store, endpoint.substr(0, endpoint.find('/')));
}

gate::Task<Reply> instance(LoginParts& parts, Permit<DiscoverInstance> permit) {
  const auto& request = permit.request();
  FH_CO_TRY(const auto tenant, tenant_of_endpoint(parts, request.parameter("authorization_endpoint")));
  co_return document(instance_discovery(parts.site, tenant, LoginSite::port_of(request)));
}

struct StyleRow {
  std::string_view path;
  Style style;
};

}  // namespace

// AD FS first: "adfs" would pass for a tenant's name.
void add_login_routes(gate::ServiceGate& gate, LoginParts& parts) {
  for (const auto& [path, style] :
       {StyleRow{"/adfs/oauth2/token", Style::kAdfs}, StyleRow{"/adfs/oauth2/token/", Style::kAdfs},
        StyleRow{"/{tenant}/oauth2/v2.0/token", Style::kEntraV2},
        StyleRow{"/{tenant}/oauth2/token", Style::kEntraV1}}) {
    gate.add<IssueToken>(row(Method::kPost, path, gate::DataClass::kCustomerData),
                         [&parts, style](Permit<IssueToken> permit) { return token(parts, style, std::move(permit)); });
  }
  for (const auto& [path, style] : {StyleRow{"/adfs/.well-known/openid-configuration", Style::kAdfs},
                                    StyleRow{"/{tenant}/v2.0/.well-known/openid-configuration", Style::kEntraV2},
                                    StyleRow{"/{tenant}/.well-known/openid-configuration", Style::kEntraV1}}) {
    gate.add<GetOpenIdConfiguration>(page(path), [&parts, style](Permit<GetOpenIdConfiguration> permit) {
      return configuration(parts, style, std::move(permit));
    });
  }
  for (const auto path : {"/adfs/discovery/keys", "/{tenant}/discovery/v2.0/keys", "/{tenant}/discovery/keys"}) {
    gate.add<GetSigningKeys>(page(path),
                             [&parts](Permit<GetSigningKeys> permit) { return keys(parts, std::move(permit)); });
  }
  gate.add<DiscoverInstance>(page("/common/discovery/instance"),
                             [&parts](Permit<DiscoverInstance> permit) { return instance(parts, std::move(permit)); });
}

}  // namespace freehold::directory
