#include "src/user_grants.h"

#include "base/encoding.h"
#include "base/log.h"
#include "http/json_response.h"
#include "src/authorize_rules.h"
#include "src/password_check.h"
#include "src/snapshot.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

using gate::ApiResult;
namespace errors = token_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// What of a grant decides the tokens.
struct Given {
  ProvenUser who;
  std::string scope = {};
  std::string resource = {};
  std::string nonce = {};
  std::string agreed = {};         // the audience that the sign-in was for; empty: it ends here and asks by the form
  bool asks = false;               // by the form, and not as it was asked when the sign-in began
  std::string refresh_token = {};  // already made: of a family that goes on
};

// What the form asks for, or else what was asked when the sign-in began.
void ask(Given& given, const ClientForm& form) {
  if (form.has("scope")) given.scope = form.get("scope");
  if (form.has("resource")) given.resource = form.get("resource");
  given.asks = names_resource(form.get("scope")) || form.has("resource");
}

ApiResult<std::string> audience_asked(const LoginParts& parts, Style style, const Given& given) {
  const bool by_resource = style == Style::kEntraV1 || (style == Style::kAdfs && !given.resource.empty());
  auto found = by_resource && !given.resource.empty() ? audience_of_resource(parts.audiences, given.resource)
                                                      : audience_of_user_scope(parts.audiences, given.scope);
  if (found) return std::move(*found);
  if (found.error() == AudienceFault::kUnknownResource) {
    return refuse(errors::unknown_resource(by_resource ? given.resource : given.scope));
  }
  return refuse(errors::invalid_scope(by_resource ? given.resource : given.scope));
}

// The az CLI is this cloud's own tool, and gets tokens for every service by one sign-in, as its page says.
bool has_every_service(const ProvenClient& client) { return to_string(client.principal->application) == kAzureCli; }

// Any other client gets them for the service that the person's page named.
ApiResult<std::string> audience_of(const LoginParts& parts, Style style, const Given& given,
                                   const ProvenClient& client) {
  if (!given.asks && !given.agreed.empty()) return given.agreed;
  FH_TRY(auto audience, audience_asked(parts, style, given));
  const bool any = given.agreed.empty() || has_every_service(client);
  if (!any && !is_within(parts.audiences, given.agreed, audience)) return refuse(errors::not_agreed(audience));
  return audience;
}

ApiResult<> check_tenant(const LoginParts& parts, const LoginCall& call, TenantId tenant) {
  FH_TRY(const auto named, named_tenant(parts.store, call.tenant));
  if (named && *named != tenant) return refuse(errors::unknown_tenant(call.tenant));
  return {};
}

bool wants_refresh(Style style, const Given& given) {
  return style != Style::kEntraV2 || has_scope(given.scope, "offline_access");
}

struct Signed {
  std::string access;
  std::string id;
};
runtime::Task<ApiResult<Signed>> sign_both(LoginParts& parts, TenantId tenant, WallTime now, std::string access,
                                           std::string id) {
  const auto turn = std::hash<TenantId>{}(tenant) | 1;
  auto both = co_await parts.pool.run(
      turn, [&keys = parts.keys, now, access = std::move(access), id = std::move(id)]() -> Result<Signed> {
        return Signed{keys.sign(access, now), id.empty() ? std::string() : keys.sign(id, now)};
      });
  if (!both) co_return refuse(errors::busy(both.error().message));
  co_return std::move(*both);
}

runtime::Task<ApiResult<SessionStore::Begun>> begin_session(LoginParts& parts, Given given, PrincipalId application,
                                                            std::string audience, WallTime now) {
  SessionStore::NewSession asked{.user = given.who.user,
                                 .application = application,
                                 .methods = given.who.methods,
                                 .audience = given.agreed.empty() ? std::move(audience) : given.agreed,
                                 .created = given.who.at};
  auto begun = co_await parts.sessions.begin(given.who.tenant, std::move(asked), now);
  if (!begun) co_return refuse(errors::busy(begun.error().message));
  // What ended all sessions while this one began may have missed it.
  if (auto present = present_user(parts.store, given.who); !present) {
    const auto revoked = co_await parts.sessions.revoke(given.who.tenant, begun->id);
    if (!revoked) log_warning("a session couldn't be revoked", {{"error", revoked.error().message}});
    co_return refuse(std::move(present.error()));
  }
  co_return std::move(*begun);
}

struct Issued {
  IssuedToken token;
  std::optional<SessionId> session;  // a new family, if one was begun
};
runtime::Task<ApiResult<Issued>> issue(LoginParts& parts, LoginCall call, ProvenClient client, Given given) {
  FH_CO_TRY(const auto user, present_user(parts.store, given.who));
  TokenRequest request{.style = call.style,
                       .tenant = given.who.tenant,
                       .audience = {},
                       .issuer = parts.site.issuer(call.style, to_string(given.who.tenant), call.port),
                       .token_id = to_base64url(parts.random.bytes(16)),
                       .now = call.now};
  FH_CO_TRY(request.audience, audience_of(parts, call.style, given, client));
  FH_CO_CHECK_OK(check_offered(parts, given.who.tenant, request.audience, user->directory_roles));
  const UserTokens tokens{given.scope, given.nonce, given.who.methods, client.by == ProvenBy::kNothing};
  const bool wants_id = call.style != Style::kEntraV2 || has_scope(given.scope, "openid");
  std::string id = wants_id ? id_claims(request, tokens, *user, *client.principal) : std::string();
  FH_CO_TRY(auto both, co_await sign_both(parts, given.who.tenant, call.now,
                                          user_claims(request, tokens, *user, *client.principal), std::move(id)));
  std::optional<SessionId> session;
  if (given.refresh_token.empty() && wants_refresh(call.style, given)) {
    FH_CO_TRY(auto begun,
              co_await begin_session(parts, given, client.principal->application, request.audience, call.now));
    session = begun.id;
    given.refresh_token = std::move(begun.token);
  }
  auto body =
      user_answer(request, tokens, *user, {std::move(both.access), std::move(both.id), std::move(given.refresh_token)});
  co_return Issued{{http::json_response(200, std::move(body)), to_string(user->object), given.who.tenant, "User"},
                   session};
}

// A password that was set since ends a session as a call back does.
ApiResult<ProvenUser> user_of_session(const LoginParts& parts, TenantId tenant, const Session& session) {
  ProvenUser out{.tenant = tenant, .user = session.user, .methods = session.methods, .at = session.created};
  const auto directory = parts.store.snapshot(tenant);
  const auto user = directory ? live_in(directory->objects.users, session.user) : nullptr;
  const auto account = user ? account_of(parts.store, tenant, user) : std::nullopt;
  if (account && (!account->user->password_changed || *account->user->password_changed <= session.created)) {
    out.password_of = account->user->password_changed;
  }
  FH_CHECK_OK(present_user(parts.store, out));
  return out;
}

}  // namespace

GrantTask redeem_code(LoginParts& parts, LoginCall call, TokenForm asked) {
  const auto& [form, credentials] = asked;
  for (const auto* name : {"code", "redirect_uri"}) {
    if (!form.has(name)) co_return refuse(errors::missing_parameter(name));
  }
  auto taken = parts.memory.take_code(form.get("code"));
  if (!taken.grant) {
    // RFC 6749 section 4.1.2: a code that comes twice was stolen; what it gave goes.
    if (taken.given) {
      const auto revoked = co_await parts.sessions.revoke(taken.tenant, *taken.given);
      if (!revoked) co_return refuse(errors::busy(revoked.error().message));
    }
    co_return refuse(errors::wrong_authorization_code("it is unknown, over, or was used before"));
  }
  const CodeGrant& grant = *taken.grant;
  FH_CO_CHECK_OK(check_tenant(parts, call, grant.user.tenant));
  if (parse_guid<PrincipalId>(credentials.id) != grant.application) {
    co_return refuse(errors::wrong_authorization_code("it was given to another client"));
  }
  if (form.get("redirect_uri") != grant.redirect_uri) co_return refuse(errors::wrong_redirect());
  const bool proved_key =
      grant.challenge.empty() ? !form.has("code_verifier") : is_verifier_of(grant.challenge, form.get("code_verifier"));
  if (!proved_key) co_return refuse(errors::wrong_verifier());
  FH_CO_TRY(auto client, admit_client(parts, call, grant.user.tenant, form, credentials));
  if (client.by == ProvenBy::kNothing && grant.challenge.empty()) co_return refuse(errors::wrong_verifier());
  Given given{.who = grant.user,
              .scope = grant.scope,
              .resource = grant.resource,
              .nonce = grant.nonce,
              .agreed = grant.audience};
  ask(given, form);
  FH_CO_TRY(auto issued, co_await issue(parts, std::move(call), std::move(client), std::move(given)));
  if (issued.session && !parts.memory.note_given(form.get("code"), *issued.session)) {
    const auto revoked = co_await parts.sessions.revoke(grant.user.tenant, *issued.session);
    if (!revoked) log_warning("a session couldn't be revoked", {{"error", revoked.error().message}});
    co_return refuse(errors::wrong_authorization_code("it was used twice at once"));
  }
  co_return std::move(issued.token);
}

GrantTask redeem_refresh_token(LoginParts& parts, LoginCall call, TokenForm asked) {
  const auto& [form, credentials] = asked;
  if (!form.has("refresh_token")) co_return refuse(errors::missing_parameter("refresh_token"));
  const auto tenant = SessionStore::tenant_of(form.get("refresh_token"));
  if (!tenant || !parts.store.has(*tenant)) co_return refuse(errors::wrong_refresh_token());
  FH_CO_CHECK_OK(check_tenant(parts, call, *tenant));
  FH_CO_TRY(auto client, admit_client(parts, call, *tenant, form, credentials));
  Given given{.who = {.tenant = *tenant}, .scope = "openid offline_access"};
  if (const auto session = parts.sessions.look(form.get("refresh_token"))) {
    given.agreed = session->audience;
    if (given.agreed.empty() && !has_every_service(client)) co_return refuse(errors::wrong_refresh_token());
  }
  ask(given, form);
  // A question that can't be answered must not use the token up.
  FH_CO_CHECK_OK(audience_of(parts, call.style, given, client));
  auto renewed =
      co_await parts.sessions.renew(std::string(form.get("refresh_token")), client.principal->application, call.now);
  if (!renewed && renewed.error().code != ErrorCode::kDenied) co_return refuse(errors::busy(renewed.error().message));
  if (!renewed) co_return refuse(errors::wrong_refresh_token());
  FH_CO_TRY(given.who, user_of_session(parts, *tenant, renewed->session));
  given.refresh_token = std::move(renewed->token);
  FH_CO_TRY(auto issued, co_await issue(parts, std::move(call), std::move(client), std::move(given)));
  issued.token.credential = "RefreshToken";
  co_return std::move(issued.token);
}

GrantTask redeem_password(LoginParts& parts, LoginCall call, TokenForm asked) {
  const auto& [form, credentials] = asked;
  if (parts.password_grant == PasswordGrant::kOff) co_return refuse(errors::password_grant_off());
  for (const auto* name : {"username", "password"}) {
    if (!form.has(name)) co_return refuse(errors::missing_parameter(name));
  }
  FH_CO_TRY(const auto named, named_tenant(parts.store, call.tenant));
  FH_CO_TRY(const auto found, co_await check_password(parts, std::string(form.get("username")),
                                                      Secret(form.get("password")), call.address, named));
  FH_CO_TRY(auto client, admit_client(parts, call, found.tenant, form, credentials));
  if (found.account.user->one_time_secret) co_return refuse(errors::second_factor_needed());
  if (found.account.user->must_change_password) co_return refuse(errors::password_over());
  Given given{.who = {.tenant = found.tenant,
                      .user = found.user->object,
                      .methods = {"pwd"},
                      .at = call.now,
                      .password_of = found.account.user->password_changed}};
  ask(given, form);
  FH_CO_TRY(auto issued, co_await issue(parts, std::move(call), std::move(client), std::move(given)));
  issued.token.credential = "Password";
  co_return std::move(issued.token);
}

GrantTask redeem_device_code(LoginParts& parts, LoginCall call, TokenForm asked) {
  const auto& [form, credentials] = asked;
  const auto code = form.has("device_code") ? form.get("device_code") : form.get("code");  // v1 has the latter
  if (code.empty()) co_return refuse(errors::missing_parameter("device_code"));
  const auto application = parse_guid<PrincipalId>(credentials.id);
  if (!application) co_return refuse(errors::unknown_client(credentials.id));
  auto polled = parts.memory.poll_device(code, *application);
  switch (polled.poll) {
    case SignInMemory::Poll::kUnknown:
      co_return refuse(errors::unknown_device_code());
    case SignInMemory::Poll::kExpired:
      co_return refuse(errors::device_code_over());
    case SignInMemory::Poll::kSlowDown:
      co_return refuse(errors::slow_down());
    case SignInMemory::Poll::kPending:
      co_return refuse(errors::authorization_pending());
    case SignInMemory::Poll::kDeclined:
      co_return refuse(errors::device_declined());
    case SignInMemory::Poll::kApproved:
      break;
  }
  FH_CO_CHECK_OK(check_tenant(parts, call, polled.user.tenant));
  FH_CO_TRY(auto client, admit_client(parts, call, polled.user.tenant, form, credentials));
  Given given{.who = std::move(polled.user),
              .scope = polled.grant.scope,
              .resource = polled.grant.resource,
              .agreed = polled.grant.audience};
  ask(given, form);
  FH_CO_TRY(auto issued, co_await issue(parts, std::move(call), std::move(client), std::move(given)));
  issued.token.credential = "DeviceCode";
  co_return std::move(issued.token);
}

}  // namespace freehold::directory
