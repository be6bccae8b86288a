#include "src/token_endpoint.h"

#include "authn/audience.h"
#include "base/encoding.h"
#include "http/json_response.h"
#include "src/token_errors.h"
#include "src/user_grants.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
namespace errors = token_errors;

constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

GrantTask give_to_application(LoginParts& parts, LoginCall call, TokenForm asked) {
  FH_CO_TRY(const auto client, prove_client(parts, call, asked.form, asked.credentials));
  TokenRequest request{
      .style = call.style, .tenant = client.tenant, .audience = {}, .issuer = {}, .token_id = {}, .now = call.now};
  FH_CO_TRY(request.audience, wanted_audience(parts.audiences, call.style, asked.form));
  FH_CO_CHECK_OK(check_offered(parts, client.tenant, request.audience, client.principal->directory_roles));
  request.issuer = parts.site.issuer(call.style, to_string(client.tenant), call.port);
  request.token_id = to_base64url(parts.random.bytes(16));
  std::string claims = token_claims(request, *client.principal);
  // Fair by tenant: one that asks for many tokens doesn't keep others from the pool.
  const auto turn = std::hash<TenantId>{}(client.tenant) | 1;
  auto token = co_await parts.pool.run(
      turn, [&keys = parts.keys, now = call.now, claims = std::move(claims)]() -> Result<std::string> {
        return keys.sign(claims, now);
      });
  if (!token) co_return refuse(errors::busy(token.error().message));
  co_return IssuedToken{http::json_response(200, token_answer(request, *token)), to_string(client.principal->object),
                        client.tenant, credential_name(client.by)};
}

GrantTask give(LoginParts& parts, LoginCall call, TokenForm asked) {
  const auto type = asked.form.get("grant_type");
  if (type == "client_credentials") return give_to_application(parts, std::move(call), std::move(asked));
  if (type == "authorization_code") return redeem_code(parts, std::move(call), std::move(asked));
  if (type == "refresh_token") return redeem_refresh_token(parts, std::move(call), std::move(asked));
  if (type == "password") return redeem_password(parts, std::move(call), std::move(asked));
  return redeem_device_code(parts, std::move(call), std::move(asked));
}

bool is_known_grant(std::string_view type) {
  return type == "client_credentials" || type == "authorization_code" || type == "refresh_token" ||
         type == "password" || type == "device_code" || type == kDeviceGrant;
}

}  // namespace

// An external directory has no resources: its tokens are for the directory, and for its administrators' tools, which
// ask the resource manager what there is.
ApiResult<> check_offered(const LoginParts& parts, TenantId tenant, std::string_view audience,
                          const std::vector<DirectoryRoleId>& roles) {
  if (!parts.store.is_external(tenant)) return {};
  const auto service = gate::resource_of_audience(audience, parts.audiences.domain);
  const bool offered =
      service == gate::TokenResource::kGraph || (service == gate::TokenResource::kManagement && !roles.empty());
  if (!offered) return refuse(errors::unknown_resource(audience));
  return {};
}

ApiResult<std::string> wanted_audience(const AudienceRules& rules, Style style, const ClientForm& form) {
  // AD FS takes either, as MSAL and ADAL send it.
  const bool by_scope = style == Style::kEntraV2 || (style == Style::kAdfs && !form.has("resource"));
  const std::string_view name = by_scope ? "scope" : "resource";
  const auto asked = form.get(name);
  if (asked.empty()) return refuse(errors::missing_parameter(name));
  auto audience = by_scope ? audience_of_scope(rules, asked) : audience_of_resource(rules, asked);
  if (audience) return std::move(*audience);
  switch (audience.error()) {
    case AudienceFault::kNoDefaultScope:
      return refuse(errors::no_default_scope(asked));
    case AudienceFault::kUnknownResource:
      return refuse(errors::unknown_resource(asked));
    case AudienceFault::kMalformed:
      break;
  }
  return refuse(by_scope ? errors::invalid_scope(asked) : errors::unknown_resource(asked));
}

ApiResult<TokenForm> read_token_form(std::string_view authorization, Bytes body) {
  auto form = ClientForm::parse(body);
  wipe(body);
  if (!form) return refuse(errors::malformed_form());
  auto credentials = client_credentials(authorization, *form);
  if (!credentials) return refuse(errors::wrong_secret());
  return TokenForm{std::move(*form), std::move(*credentials)};
}

runtime::Task<ApiResult<IssuedToken>> issue_token(LoginParts& parts, LoginCall call, TokenForm asked) {
  if (!asked.form.has("grant_type")) co_return refuse(errors::missing_parameter("grant_type"));
  if (!is_known_grant(asked.form.get("grant_type"))) {
    co_return refuse(errors::unsupported_grant_type(asked.form.get("grant_type")));
  }
  const std::string address = call.address;
  const std::string client = asked.credentials.id;
  const bool proves = !asked.credentials.secret.empty() || asked.form.has("client_assertion");
  auto issued = co_await give(parts, std::move(call), std::move(asked));
  // A wrong proof counts against the client at this address; other refusals have limits of their own.
  if (!issued && issued.error().status == 401 && proves) parts.attempts.failed(address, client);
  co_return issued;
}

}  // namespace freehold::directory
