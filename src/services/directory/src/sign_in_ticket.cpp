#include "src/sign_in_ticket.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/aead.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kContext = "freehold sign-in ticket";
constexpr std::size_t kMaxTicketBytes = 24 * 1'024;

std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_of(const Json& json) { return WallTime(std::chrono::microseconds(json.get<std::int64_t>())); }

ProvenUser user_of(const Json& json) {
  ProvenUser out{.tenant = parse_guid<TenantId>(json.at("user")[0].get<std::string>()).value_or(TenantId{}),
                 .user = parse_guid<PrincipalId>(json.at("user")[1].get<std::string>()).value_or(PrincipalId{}),
                 .methods = json.at("methods").get<std::vector<std::string>>(),
                 .at = time_of(json.at("at"))};
  if (json.contains("passwordOf")) out.password_of = time_of(json.at("passwordOf"));
  return out;
}

}  // namespace

std::string seal_ticket(const SignInTicket& ticket, const Secret& key, Random& random) {
  Json json = {{"style", static_cast<int>(ticket.style)},
               {"tenant", ticket.tenant},
               {"client", to_string(ticket.client)},
               {"name", ticket.client_name},
               {"redirect", ticket.redirect_uri},
               {"state", ticket.state},
               {"nonce", ticket.nonce},
               {"scope", ticket.scope},
               {"resource", ticket.resource},
               {"audience", ticket.audience},
               {"challenge", ticket.challenge},
               {"formPost", ticket.form_post},
               {"userCode", ticket.user_code},
               {"invitation", ticket.invitation},
               {"browser", ticket.browser},
               {"expires", micros(ticket.expires)},
               {"step", static_cast<int>(ticket.step)}};
  if (ticket.user) {
    json["user"] = {to_string(ticket.user->tenant), to_string(ticket.user->user)};
    json["methods"] = ticket.user->methods;
    json["at"] = micros(ticket.user->at);
    if (ticket.user->password_of) json["passwordOf"] = micros(*ticket.user->password_of);
  }
  return to_base64url(crypto::seal(key, kContext, json.dump(), random));
}

// Its seal says that this process wrote it, so its members are there and of their types.
std::optional<SignInTicket> open_ticket(std::string_view text, const Secret& key, WallTime now) {
  if (text.size() > kMaxTicketBytes) return std::nullopt;
  const auto sealed = from_base64url(text);
  const Result<Bytes> opened =
      sealed ? crypto::open(key, kContext, *sealed) : Result<Bytes>(fail(ErrorCode::kCorrupt, "no ticket"));
  if (!opened) return std::nullopt;
  const Json json = Json::parse(*opened, nullptr, false);
  SignInTicket out;
  out.style = static_cast<Style>(json.at("style").get<int>());
  out.tenant = json.at("tenant");
  out.client = parse_guid<PrincipalId>(json.at("client").get<std::string>()).value_or(PrincipalId{});
  out.client_name = json.at("name");
  out.redirect_uri = json.at("redirect");
  out.state = json.at("state");
  out.nonce = json.at("nonce");
  out.scope = json.at("scope");
  out.resource = json.at("resource");
  out.audience = json.at("audience");
  out.challenge = json.at("challenge");
  out.form_post = json.at("formPost");
  out.user_code = json.at("userCode");
  out.invitation = json.at("invitation");
  out.browser = json.at("browser");
  out.expires = time_of(json.at("expires"));
  out.step = static_cast<SignInStep>(json.at("step").get<int>());
  if (json.contains("user")) out.user = user_of(json);
  if (out.expires <= now) return std::nullopt;
  return out;
}

}  // namespace freehold::directory
