#include "src/login_operations.h"

#include "base/encoding.h"
#include "http/json_response.h"
#include "src/authorize_endpoint.h"
#include "src/discovery.h"
#include "src/invitation.h"
#include "src/login_gate.h"
#include "src/sign_in.h"
#include "src/sign_in_pages.h"
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
  auto response = http::json_response(200, std::move(body));
  response.headers.add("access-control-allow-origin", "*");  // public documents, read by pages of any origin
  response.headers.add("cache-control", "max-age=3600, private");
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

LoginCall call_of(const http::Request& request, Style style, WallTime now) {
  return {.style = style,
          .tenant = style == Style::kAdfs ? std::string() : to_lower(first_segment(request)),
          .address = request.peer.address,
          .port = LoginSite::port_of(request),
          .now = now};
}

// Whom it says it is, so that the record of a wrong secret names whose it was to be. Only who is known here: what
// strangers make up would stay in the log's pseudonyms for ever.
std::string claimed_caller(const DirectoryStore& store, std::string_view path, const TokenForm& asked) {
  const auto tenant = named_tenant(store, path).value_or(std::nullopt);
  if (asked.form.get("grant_type") == "password" && asked.form.has("username")) {
    return claimed_user(store, asked.form.get("username"), tenant);
  }
  const auto client = parse_guid<PrincipalId>(asked.credentials.id);
  return client && !store.clients(*client, tenant).empty() ? "client " + to_string(*client) : "client unknown";
}

gate::Task<Reply> token(LoginParts& parts, Style style, Permit<IssueToken> permit) {
  const auto& request = permit.request();
  LoginCall call = call_of(request, style, permit.now());
  auto body = co_await http::read_all(*request.body, kMaxFormBytes);
  if (!body) co_return std::unexpected(errors::body_unreadable(body.error().message));
  permit.count_in(body->size());
  FH_CO_TRY(auto asked, read_token_form(request.headers.get("authorization"), std::move(*body)));
  if (!parts.attempts.may_try(call.address, asked.credentials.id)) {
    co_return std::unexpected(errors::too_many_attempts(std::to_string(Attempts::retry_after().count())));
  }
  permit.name_caller("Unproven", claimed_caller(parts.store, call.tenant, asked));
  auto issued = co_await issue_token(parts, std::move(call), std::move(asked));
  if (!issued) co_return std::unexpected(std::move(issued.error()));
  permit.name_caller(issued->credential, std::move(issued->caller), issued->tenant);
  co_return std::move(issued->response);
}

gate::Task<Reply> begin(LoginParts& parts, Style style, Permit<BeginSignIn> permit) {
  const auto& request = permit.request();
  co_return begin_sign_in(parts, call_of(request, style, permit.now()), request.raw_query,
                          request.headers.get("cookie"));
}

// A page that refuses somebody, so that the record says denied.
gate::ApiError refusing_page(http::Response page) {
  gate::ApiError error{.status = page.status, .code = "sign_in_refused"};
  error.fields.emplace_back(kPageField, std::get<Bytes>(std::move(page.body)));
  for (const auto& [name, value] : page.headers.fields()) error.headers.emplace_back(name, value);
  error.denied = true;
  return error;
}

gate::Task<Reply> sign_in(LoginParts& parts, Permit<SignIn> permit) {
  const auto& request = permit.request();
  auto body = co_await http::read_all(*request.body, kMaxFormBytes);
  if (!body) co_return std::unexpected(errors::body_unreadable(body.error().message));
  permit.count_in(body->size());
  auto form = ClientForm::parse(*body);
  wipe(*body);
  if (!form) co_return std::unexpected(errors::malformed_form());
  const auto record = [&permit](const ProvenUser& who, int status) -> AuditRow {
    return [&permit, who, status](const store::PartitionId& partition) {
      permit.name_caller(credential_name(who), to_string(who.user), who.tenant);
      return permit.audit_row(partition, status);
    };
  };
  SignInPost post{std::move(*form), std::string(request.headers.get("cookie")),
                  std::string(request.headers.get("origin")), record};
  auto out = co_await go_on_signing_in(parts, call_of(request, Style::kAdfs, permit.now()), std::move(post));
  if (out.tenant) {
    permit.name_caller(out.credential, std::move(out.caller), *out.tenant);
  } else if (!out.caller.empty()) {
    permit.name_caller(out.credential, std::move(out.caller));
  }
  if (out.refused) co_return std::unexpected(refusing_page(std::move(out.response)));
  co_return std::move(out.response);
}

gate::Task<Reply> device(LoginParts& parts, Style style, Permit<AuthorizeDevice> permit) {
  const auto& request = permit.request();
  LoginCall call = call_of(request, style, permit.now());
  auto body = co_await http::read_all(*request.body, kMaxFormBytes);
  if (!body) co_return std::unexpected(errors::body_unreadable(body.error().message));
  permit.count_in(body->size());
  auto form = ClientForm::parse(*body);
  if (!form) co_return std::unexpected(errors::malformed_form());
  const std::string seconds = std::to_string(Attempts::retry_after().count());
  if (!parts.attempts.may_try(call.address, "")) co_return std::unexpected(errors::too_many_attempts(seconds));
  co_return authorize_device(parts, call, *form);
}

gate::Task<Reply> show_device_page(Permit<ShowDevicePage> permit) {
  static_cast<void>(permit);  // nothing of a link's goes into the page
  co_return device_page({}, {});
}

gate::Task<Reply> enter_code(LoginParts& parts, Permit<EnterDeviceCode> permit) {
  const auto& request = permit.request();
  auto body = co_await http::read_all(*request.body, kMaxFormBytes);
  if (!body) co_return std::unexpected(errors::body_unreadable(body.error().message));
  permit.count_in(body->size());
  const auto form = ClientForm::parse(*body);
  if (!form) co_return std::unexpected(errors::malformed_form());
  const LoginCall call = call_of(request, Style::kAdfs, permit.now());
  if (!is_own_origin(parts, call, request.headers.get("origin"))) {
    auto refusal = message_page("The code was not entered here", "Open this page yourself, and enter the code.");
    refusal.status = 403;
    co_return std::unexpected(refusing_page(std::move(refusal)));
  }
  auto page = begin_device_sign_in(parts, call, form->get("user_code"), request.headers.get("cookie"));
  if (page.status != 200) co_return std::unexpected(refusing_page(std::move(page)));
  co_return page;
}

gate::Task<Reply> redeem(LoginParts& parts, Permit<RedeemInvitation> permit) {
  const auto& request = permit.request();
  const LoginCall call = call_of(request, Style::kAdfs, permit.now());
  if (!parts.attempts.may_try(call.address, "")) {
    co_return std::unexpected(errors::too_many_attempts(std::to_string(Attempts::retry_after().count())));
  }
  co_return begin_redemption(parts, call, request.raw_query, request.headers.get("cookie"));
}

gate::Task<Reply> leave(LoginParts& parts, Style style, Permit<SignOut> permit) {
  const auto& request = permit.request();
  co_return sign_out(parts, call_of(request, style, permit.now()), request.raw_query);
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

void add_token_routes(gate::ServiceGate& gate, LoginParts& parts) {
  for (const auto& [path, style] :
       {StyleRow{"/adfs/oauth2/token", Style::kAdfs}, StyleRow{"/adfs/oauth2/token/", Style::kAdfs},
        StyleRow{"/{tenant}/oauth2/v2.0/token", Style::kEntraV2},
        StyleRow{"/{tenant}/oauth2/token", Style::kEntraV1}}) {
    gate.add<IssueToken>(row(Method::kPost, path, gate::DataClass::kCustomerData),
                         [&parts, style](Permit<IssueToken> permit) { return token(parts, style, std::move(permit)); });
  }
  for (const auto& [path, style] : {StyleRow{"/adfs/oauth2/devicecode", Style::kAdfs},
                                    StyleRow{"/{tenant}/oauth2/v2.0/devicecode", Style::kEntraV2},
                                    StyleRow{"/{tenant}/oauth2/devicecode", Style::kEntraV1}}) {
    gate.add<AuthorizeDevice>(
        row(Method::kPost, path, gate::DataClass::kCustomerData),
        [&parts, style](Permit<AuthorizeDevice> permit) { return device(parts, style, std::move(permit)); });
  }
}

void add_page_routes(gate::ServiceGate& gate, LoginParts& parts) {
  for (const auto& [path, style] :
       {StyleRow{"/adfs/oauth2/authorize", Style::kAdfs}, StyleRow{"/adfs/oauth2/authorize/", Style::kAdfs},
        StyleRow{"/{tenant}/oauth2/v2.0/authorize", Style::kEntraV2},
        StyleRow{"/{tenant}/oauth2/authorize", Style::kEntraV1}}) {
    gate.add<BeginSignIn>(
        page(path), [&parts, style](Permit<BeginSignIn> permit) { return begin(parts, style, std::move(permit)); });
  }
  for (const auto& [path, style] :
       {StyleRow{"/adfs/oauth2/logout", Style::kAdfs}, StyleRow{"/{tenant}/oauth2/v2.0/logout", Style::kEntraV2},
        StyleRow{"/{tenant}/oauth2/logout", Style::kEntraV1}}) {
    gate.add<SignOut>(page(path),
                      [&parts, style](Permit<SignOut> permit) { return leave(parts, style, std::move(permit)); });
  }
  gate.add<SignIn>(row(Method::kPost, "/signin", gate::DataClass::kPersonalData),
                   [&parts](Permit<SignIn> permit) { return sign_in(parts, std::move(permit)); });
  gate.add<RedeemInvitation>(page("/redeem"),
                             [&parts](Permit<RedeemInvitation> permit) { return redeem(parts, std::move(permit)); });
  gate.add<ShowDevicePage>(page("/device"),
                           [](Permit<ShowDevicePage> permit) { return show_device_page(std::move(permit)); });
  gate.add<EnterDeviceCode>(row(Method::kPost, "/device", gate::DataClass::kSystemMetadata),
                            [&parts](Permit<EnterDeviceCode> permit) { return enter_code(parts, std::move(permit)); });
}

}  // namespace

// AD FS first: "adfs" would pass for a tenant's name.
void add_login_routes(gate::ServiceGate& gate, LoginParts& parts) {
  add_token_routes(gate, parts);
  add_page_routes(gate, parts);
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
