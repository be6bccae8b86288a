#include "src/token_endpoint.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/client_secret.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
namespace errors = token_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// Every secret is compared, right or wrong, so that the time doesn't tell how many there are before the right one.
enum class SecretVerdict { kWrong, kExpired, kRight };
SecretVerdict judge(const ServicePrincipal& principal, BytesView secret, WallTime now) {
  auto verdict = SecretVerdict::kWrong;
  for (const auto& kept : principal.secrets) {
    if (!is_secret(kept, secret)) continue;
    const bool over = kept.expiry && *kept.expiry <= now;
    verdict = std::max(verdict, over ? SecretVerdict::kExpired : SecretVerdict::kRight);
  }
  return verdict;
}

bool brings_assertion(const ClientForm& form) {
  return form.has("client_assertion") || form.has("client_assertion_type");
}

ApiResult<> check_grant(const ClientForm& form) {
  if (!form.has("grant_type")) return refuse(errors::missing_parameter("grant_type"));
  if (form.get("grant_type") != "client_credentials") {
    return refuse(errors::unsupported_grant_type(form.get("grant_type")));
  }
  if (brings_assertion(form)) return refuse(errors::unsupported_assertion());
  return {};
}

http::Response json_response(std::string body) {
  http::Response response;
  response.headers.add("content-type", "application/json; charset=utf-8");
  response.body = std::move(body);
  return response;
}

}  // namespace

ApiResult<ProvenClient> prove_client(const DirectoryStore& store, std::string_view tenant, const ClientForm& form,
                                     const ClientCredentials& credentials, WallTime now) {
  FH_CHECK_OK(check_grant(form));
  if (credentials.id.empty()) return refuse(errors::missing_parameter("client_id"));
  std::optional<TenantId> named;
  if (!tenant.empty()) {
    if (tenant == "common" || tenant == "organizations") return refuse(errors::no_tenant());
    named = parse_guid<TenantId>(tenant);
    if (!named || !store.has(*named)) return refuse(errors::unknown_tenant(tenant));
  }
  const auto application = parse_guid<PrincipalId>(credentials.id);
  const auto clients = application ? store.clients(*application, named) : std::vector<DirectoryStore::Client>();
  if (clients.empty()) return refuse(errors::unknown_client(credentials.id));
  if (credentials.secret.empty()) return refuse(errors::no_secret());
  auto best = SecretVerdict::kWrong;
  for (const auto& client : clients) {
    const auto verdict = judge(*client.principal, credentials.secret.view(), now);
    best = std::max(best, verdict);
    if (verdict != SecretVerdict::kRight) continue;
    if (!client.principal->enabled) return refuse(errors::disabled_client(credentials.id));
    return ProvenClient{client.tenant, client.principal};
  }
  return refuse(best == SecretVerdict::kExpired ? errors::expired_secret() : errors::wrong_secret());
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

runtime::Task<ApiResult<IssuedToken>> issue_token(LoginParts& parts, TokenCall call, TokenForm asked) {
  const auto& [form, credentials] = asked;
  if (!parts.attempts.may_try(call.address, credentials.id)) {
    co_return refuse(errors::too_many_attempts(std::to_string(Attempts::retry_after().count())));
  }
  auto client = prove_client(parts.store, call.tenant, form, credentials, call.now);
  if (!client) {
    // A secret that doesn't fit a client that is there: nothing is remembered of names that are nobody's.
    if (client.error().status == 401 && !brings_assertion(form)) parts.attempts.failed(call.address, credentials.id);
    co_return refuse(std::move(client.error()));
  }
  TokenRequest request{
      .style = call.style, .tenant = client->tenant, .audience = {}, .issuer = {}, .token_id = {}, .now = call.now};
  FH_CO_TRY(request.audience, wanted_audience(parts.audiences, call.style, form));
  request.issuer = parts.site.issuer(call.style, to_string(client->tenant), call.port);
  request.token_id = to_base64url(parts.random.bytes(16));
  std::string claims = token_claims(request, *client->principal);
  // Fair by tenant: one that asks for many tokens doesn't keep others from the pool.
  const auto turn = std::hash<TenantId>{}(client->tenant) | 1;
  auto token = co_await parts.pool.run(
      turn, [&keys = parts.keys, claims = std::move(claims)]() -> Result<std::string> { return keys.sign(claims); });
  if (!token) co_return refuse(errors::busy(token.error().message));
  co_return IssuedToken{json_response(token_answer(request, *token)), to_string(client->principal->object),
                        client->tenant};
}

}  // namespace freehold::directory
