#include "src/authorize_endpoint.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "http/json_response.h"
#include "src/authorize_rules.h"
#include "src/client_proof_rules.h"
#include "src/sign_in_pages.h"
#include "src/snapshot.h"
#include "src/token_endpoint.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

namespace errors = token_errors;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kCookieBytes = 32;
constexpr std::size_t kMaxText = 2'048;  // of state and nonce

struct FoundClient {
  TenantId tenant;
  std::shared_ptr<const ServicePrincipal> principal;
  std::shared_ptr<const Snapshot> directory;
};
// In the tenant that is named, or in the first that has it: whose user signs in isn't known yet.
std::optional<FoundClient> find_client(const LoginParts& parts, const LoginCall& call, std::string_view id) {
  const auto application = parse_guid<PrincipalId>(id);
  const auto named = named_tenant(parts.store, call.tenant);
  if (!application || !named) return std::nullopt;
  for (auto& client : parts.store.clients(*application, *named)) {
    auto directory = parts.store.snapshot(client.tenant);
    if (directory && client.principal->enabled) return FoundClient{client.tenant, client.principal, directory};
  }
  return std::nullopt;
}

http::Response refusal_page(std::string_view text) {
  auto response = message_page("Sign-in is not possible", text);
  response.status = 400;
  return response;
}

// For what tokens are asked.
std::expected<std::string, AudienceFault> audience_asked(const LoginParts& parts, const LoginCall& call,
                                                         const ClientForm& form) {
  const bool by_resource = call.style != Style::kEntraV2 && form.has("resource");
  return by_resource ? audience_of_resource(parts.audiences, form.get("resource"))
                     : audience_of_user_scope(parts.audiences, form.get("scope"));
}

// OAuth's code and text for what the client asked wrongly; empty: nothing.
std::pair<std::string, std::string> fault_of(const LoginParts& parts, const LoginCall& call, const ClientForm& form,
                                             const FoundClient& client) {
  if (form.get("response_type") != "code") {
    return {"unsupported_response_type", "AADSTS700054: only response_type=code is supported."};
  }
  const auto mode = form.get("response_mode");
  if (!mode.empty() && mode != "query" && mode != "form_post") {
    return {"invalid_request", "AADSTS70007: response_mode must be query or form_post."};
  }
  const auto challenge = form.get("code_challenge");
  if (challenge.empty() && is_public_client(*client.directory, *client.principal)) {
    return {"invalid_request", "AADSTS50148: a public client must send a code_challenge."};
  }
  const bool plain = form.get("code_challenge_method") != "S256";
  if ((!challenge.empty() && (plain || !is_challenge(challenge))) ||
      (challenge.empty() && form.has("code_challenge_method"))) {
    return {"invalid_request", "AADSTS50149: code_challenge must be made with the method S256."};
  }
  if (form.has("request") || form.has("request_uri")) return {"request_not_supported", "AADSTS90100: request objects."};
  if (form.get("prompt") == "none") return {"login_required", "AADSTS50058: nobody is signed in here silently."};
  if (form.get("state").size() > kMaxText || form.get("nonce").size() > kMaxText) {
    return {"invalid_request", "AADSTS90013: state or nonce is too long."};
  }
  if (!audience_asked(parts, call, form))
    return {"invalid_scope", "AADSTS70011: no resource of that name is known here."};
  return {};
}

}  // namespace

void set_browser_cookie(http::Response& response, std::string_view value) {
  response.headers.add("set-cookie", std::string(kBrowserCookie) + "=" + std::string(value) +
                                         "; Path=/; Secure; HttpOnly; SameSite=Lax");
}

std::string new_browser_cookie(const LoginParts& parts) { return to_base64url(parts.random.bytes(kCookieBytes)); }

std::string browser_cookie(std::string_view header) {
  while (!header.empty()) {
    const auto end = header.find(';');
    auto pair = header.substr(0, end);
    header.remove_prefix(end == header.npos ? header.size() : end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (!pair.starts_with(kBrowserCookie) || pair.substr(kBrowserCookie.size(), 1) != "=") continue;
    const auto value = pair.substr(kBrowserCookie.size() + 1);
    const auto bytes = from_base64url(value);
    if (bytes && bytes->size() == kCookieBytes) return std::string(value);
  }
  return {};
}

std::string browser_digest(std::string_view cookie) { return to_base64url(crypto::view(crypto::sha256(cookie))); }

http::Response send_back(const SignInTicket& ticket, Fields fields) {
  fields.emplace_back("state", ticket.state);
  if (ticket.form_post) {
    return form_post_page(ticket.redirect_uri, ticket.client_name, fields, form_action_of(ticket.redirect_uri));
  }
  http::Response response;
  response.status = 303;  // RFC 9700 section 4.12: never one that would repeat the password
  response.headers.add("location", with_parameters(ticket.redirect_uri, fields));
  response.headers.add("referrer-policy", "no-referrer");
  return response;
}

namespace {

// What the page says that the client may use: one service, or with the az CLI every one (user_grants.cpp).
std::string service_of(const LoginParts& parts, const SignInTicket& ticket) {
  if (to_string(ticket.client) == kAzureCli) return "every service of this cloud";
  return service_name(parts.audiences, ticket.audience);
}

}  // namespace

http::Response step_page(const LoginParts& parts, const SignInTicket& ticket, std::string user_name,
                         std::string error) {
  const SignInPage page{.ticket = seal_ticket(ticket, parts.ticket_key, parts.random),
                        .client_name = ticket.client_name,
                        .service = service_of(parts, ticket),
                        .user_name = std::move(user_name),
                        .device_code = SignInMemory::shown_code(ticket.user_code),
                        .invitation = !ticket.invitation.empty(),
                        .form_action = form_action_of(ticket.redirect_uri),
                        .error = std::move(error)};
  switch (ticket.step) {
    case SignInStep::kOneTimeCode:
      return one_time_code_page(page);
    case SignInStep::kNewPassword:
      return new_password_page(page);
    case SignInStep::kPassword:
      break;
  }
  return password_page(page);
}

http::Response begin_sign_in(const LoginParts& parts, const LoginCall& call, std::string_view query,
                             std::string_view cookie_header) {
  const auto form = ClientForm::parse(query);
  if (!form) return refusal_page("The request names a parameter twice, or isn't well formed.");
  const auto client = find_client(parts, call, form->get("client_id"));
  if (!client) return refusal_page("AADSTS700016: the application that asks is not known here, or disabled.");
  const auto redirect = form->get("redirect_uri");
  if (!is_redirect_of(*client->directory, *client->principal, redirect)) {
    return refusal_page(
        "AADSTS50011: the application that asks did not register the address that it wants to get the "
        "answer at.");
  }
  auto cookie = browser_cookie(cookie_header);
  if (cookie.empty()) cookie = new_browser_cookie(parts);
  SignInTicket ticket{.style = call.style,
                      .tenant = call.tenant,
                      .client = client->principal->application,
                      .client_name = client->principal->name,
                      .redirect_uri = std::string(redirect),
                      .state = std::string(form->get("state").substr(0, kMaxText)),
                      .nonce = std::string(form->get("nonce")),
                      .scope = std::string(form->get("scope")),
                      .resource = std::string(form->get("resource")),
                      .audience = audience_asked(parts, call, *form).value_or(""),
                      .challenge = std::string(form->get("code_challenge")),
                      .form_post = form->get("response_mode") == "form_post",
                      .user_code = {},
                      .browser = browser_digest(cookie),
                      .expires = call.now + kTicketLife};
  const auto [code, text] = fault_of(parts, call, *form, *client);
  if (!code.empty()) return send_back(ticket, {{"error", code}, {"error_description", text}});
  auto response = step_page(parts, ticket, std::string(form->get("login_hint").substr(0, 256)), {});
  set_browser_cookie(response, cookie);
  return response;
}

gate::ApiResult<http::Response> authorize_device(LoginParts& parts, const LoginCall& call, const ClientForm& form) {
  if (!form.has("client_id")) return std::unexpected(errors::missing_parameter("client_id"));
  FH_TRY(const auto named, named_tenant(parts.store, call.tenant));
  const auto client = find_client(parts, call, form.get("client_id"));
  if (!client) return std::unexpected(errors::unknown_client(form.get("client_id")));
  const auto audience = audience_asked(parts, call, form);
  if (!audience) return std::unexpected(errors::invalid_scope(form.get("scope")));
  DeviceGrant grant{client->principal->application,
                    client->principal->name,
                    std::string(form.get("scope")),
                    std::string(form.get("resource")),
                    *audience,
                    named};
  const auto made = parts.memory.add_device(std::move(grant), place_of(call.address));
  if (!made) return std::unexpected(errors::too_many_under_way());
  const std::string page = parts.site.origin(call.port) + "/device";
  const auto life = std::chrono::seconds(SignInMemory::kDeviceLife).count();
  const auto interval = SignInMemory::kPollInterval.count();
  nlohmann::ordered_json json = {{"user_code", made->user_code}, {"device_code", made->device_code},
                                 {"verification_uri", page},     {"verification_url", page},
                                 {"expires_in", life},           {"interval", interval}};
  if (call.style == Style::kEntraV1) {
    json["expires_in"] = std::to_string(life);
    json["interval"] = std::to_string(interval);
  }
  json["message"] = "To sign in, use a web browser to open the page " + page + " and enter the code " +
                    made->user_code + " to authenticate.";
  return http::json_response(200, json.dump());
}

http::Response begin_device_sign_in(LoginParts& parts, const LoginCall& call, std::string_view user_code,
                                    std::string_view cookie_header) {
  const std::string seconds = std::to_string(Attempts::retry_after().count());
  if (!parts.attempts.may_try(call.address, "") || !parts.attempts.may_type_device_code(call.address)) {
    auto response = device_page(user_code, "Too many wrong codes. Wait a minute and try again.");
    response.status = 429;
    response.headers.add("retry-after", seconds);
    return response;
  }
  const auto grant = parts.memory.device_of(user_code);
  if (!grant) {
    parts.attempts.typed_wrong_device_code(call.address);
    auto response = device_page(user_code, "That code is unknown or over. Check it, or begin again on your device.");
    response.status = 400;
    return response;
  }
  auto cookie = browser_cookie(cookie_header);
  if (cookie.empty()) cookie = new_browser_cookie(parts);
  const SignInTicket ticket{.tenant = grant->tenant ? to_string(*grant->tenant) : std::string(),
                            .client = grant->application,
                            .client_name = grant->application_name,
                            .audience = grant->audience,
                            .user_code = SignInMemory::letters_of(user_code),
                            .browser = browser_digest(cookie),
                            .expires = call.now + kTicketLife};
  auto response = step_page(parts, ticket, {}, {});
  set_browser_cookie(response, cookie);
  return response;
}

http::Response sign_out(const LoginParts& parts, const LoginCall& call, std::string_view query) {
  const auto form = ClientForm::parse(query);
  const auto client = form ? find_client(parts, call, form->get("client_id")) : std::nullopt;
  const auto back = form ? form->get("post_logout_redirect_uri") : std::string_view();
  if (client && is_redirect_of(*client->directory, *client->principal, back)) {
    const SignInTicket ticket{.redirect_uri = std::string(back),
                              .state = std::string(form->get("state").substr(0, kMaxText))};
    return send_back(ticket, {});
  }
  return message_page("You are signed out", "This browser holds no session here. You may close this window.");
}

}  // namespace freehold::directory
