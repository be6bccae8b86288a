// Graph: local accounts of external directories, and invitations of guests.
#include <algorithm>

#include "base/encoding.h"
#include "src/authorize_rules.h"
#include "src/changes.h"
#include "src/directory_roles.h"
#include "src/graph_errors.h"
#include "src/graph_operations.h"
#include "src/invitation.h"
#include "src/local_identity.h"
#include "src/puid.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

ApiResult<> read_identity(const GraphCall& call, const Json& json, const Attributes& attributes,
                          std::vector<LocalIdentity>& out) {
  if (!json.is_object()) return refuse(errors::invalid_property("identities"));
  LocalIdentity one;
  FH_TRY(one.sign_in_type, graph_json::read_text(json, "signInType"));
  FH_TRY(one.issuer, graph_json::read_text(json, "issuer"));
  FH_TRY(one.assigned_id, graph_json::read_text(json, "issuerAssignedId"));
  if (one.sign_in_type == "federated") {
    if (home_of(attributes)) return {};  // a guest's, as it was shown
    return refuse(errors::not_implemented("An identity of another provider ('federated')"));
  }
  // Shown with every user, and kept as what it is.
  if (one.sign_in_type == "userPrincipalName") {
    const auto name = text_of(attributes, "userPrincipalName");
    if (equals_ignoring_case(name, one.assigned_id)) return {};
    return refuse(errors::bad_request("The identity of type userPrincipalName is the userPrincipalName."));
  }
  if (!call.directory->is_external()) {
    return refuse(
        errors::bad_request("Local accounts are for external directories: this one's users have names in its "
                            "own domain."));
  }
  if (!equals_ignoring_case(one.issuer, call.directory->objects.self->domain)) {
    return refuse(errors::bad_request("The issuer of a local account is the directory's own domain."));
  }
  one.issuer = call.directory->objects.self->domain;
  if (!check_identity(one)) return refuse(errors::invalid_property("identities"));
  out.push_back(std::move(one));
  return {};
}

struct Invited {
  std::string mail;
  std::string name;
  std::string redirect;
};
ApiResult<Invited> read_invitation(const GraphCall& call) {
  constexpr std::string_view kKnown[] = {"invitedUserEmailAddress", "inviteRedirectUrl",     "invitedUserDisplayName",
                                         "invitedUserType",         "sendInvitationMessage", "invitedUserMessageInfo",
                                         "resetRedemption",         "invitedUser",           "invitedUserSponsors"};
  for (const auto& [name, value] : call.body.items()) {
    if (std::ranges::find(kKnown, name) == std::end(kKnown) && !name.starts_with("@odata.")) {
      return refuse(errors::invalid_property(name));
    }
  }
  Invited out;
  FH_TRY(out.mail, graph_json::read_text(call.body, "invitedUserEmailAddress"));
  FH_TRY(out.redirect, graph_json::read_text(call.body, "inviteRedirectUrl"));
  FH_TRY(out.name, graph_json::read_text(call.body, "invitedUserDisplayName"));
  FH_TRY(const auto type, graph_json::read_text(call.body, "invitedUserType"));
  FH_TRY(const auto send, graph_json::read_flag(call.body, "sendInvitationMessage"));
  if (!is_mail_address(out.mail)) return refuse(errors::invalid_property("invitedUserEmailAddress"));
  if (!is_registrable_redirect(out.redirect) || out.redirect.size() > kMaxRedirectUri) {
    return refuse(errors::invalid_property("inviteRedirectUrl"));
  }
  if (send == true)
    return refuse(errors::not_implemented("Sending invitations by mail: pass on 'inviteRedeemUrl'. It"));
  if (!type.empty() && type != "Guest") return refuse(errors::not_implemented("'invitedUserType' other than Guest"));
  for (const auto* absent : {"resetRedemption", "invitedUser", "invitedUserSponsors"}) {
    const auto at = call.body.find(absent);
    if (at != call.body.end() && !at->is_null() && *at != false && !at->empty()) {
      return refuse(errors::not_implemented("'" + std::string(absent) + "'"));
    }
  }
  if (out.name.empty()) out.name = out.mail.substr(0, out.mail.find('@'));
  return out;
}

bool is_pending(const User& user) { return text_of(user.attributes, "externalUserState") == "PendingAcceptance"; }

// Whoever has the new link may become the guest, who may have been given something meanwhile: inviting newcomers is
// less.
ApiResult<> check_invites_again(const GraphParts& parts, const GraphCall& call, const User& guest,
                                std::string_view mail) {
  if (!is_pending(guest)) {
    return refuse(errors::bad_request("The invited user is a guest of this directory already."));
  }
  if (!equals_ignoring_case(text_of(guest.attributes, "mail"), mail)) {
    return refuse(errors::bad_request("A guest of another address has the name that this one would have."));
  }
  if (!roles_allow(call.roles(), "microsoft.directory/users/update")) return refuse(errors::denied());
  return check_reach(parts, call, guest);
}

// When its turn comes: `guest` as it was seen, or is new.
Result<> put_invitation(Draft& draft, const User& guest, bool again, const Attributes& invitation) {
  User next = guest;
  if (again) {
    const auto now = live_in(draft.objects().users, guest.object);
    if (!now || !is_pending(*now)) return fail(ErrorCode::kConflict, "The invitation was accepted meanwhile.");
    const bool same = now->directory_roles == guest.directory_roles &&
                      text_of(now->attributes, "mail") == text_of(guest.attributes, "mail");
    if (!same) return fail(ErrorCode::kConflict, "The user was changed meanwhile.");
    next = *now;
  }
  for (const auto& [name, value] : invitation) next.attributes[name] = value;
  return again ? changes::replace(draft, std::move(next)) : changes::add(draft, std::move(next));
}

GraphReply create_invitation(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto invited, read_invitation(call));
  const std::string name = guest_name(invited.mail, call.directory->domain(parts.domain));
  const auto present = call.directory->user_named(name);
  if (present) {
    FH_CO_CHECK_OK(check_invites_again(parts, call, *present, invited.mail));
  }
  User guest =
      present ? *present : User{.object = random_id<PrincipalId>(parts.random), .puid = make_puid(parts.random)};
  const auto made = make_invitation(call.tenant(), guest.object, parts.random);
  if (!present) {
    guest.created = call.now;
    guest.attributes = {{"userPrincipalName", name},
                        {"mail", invited.mail},
                        {"userType", std::string("Guest")},
                        {"creationType", std::string("Invitation")},
                        {"externalUserState", std::string("PendingAcceptance")}};
  }
  const Attributes invitation = {{"displayName", invited.name},
                                 {"externalUserStateChangeDateTime", rfc3339(call.now)},
                                 {"redeemDigest", made.digest},
                                 {"redirectUrl", invited.redirect}};
  FH_CO_CHECK_OK(
      co_await graph_change(parts, call, [guest, again = present != nullptr, invitation](Draft& draft) -> Result<> {
        return put_invitation(draft, guest, again, invitation);
      }));
  constexpr std::string_view kGraphHost = "https://graph.";
  const std::string login = "https://login." + call.origin.substr(std::min(call.origin.size(), kGraphHost.size()));
  co_return graph_object(call,
                         {{"id", to_string(guest.object)},
                          {"inviteRedeemUrl", login + "/redeem?rd=" + made.text},
                          {"inviteRedirectUrl", invited.redirect},
                          {"invitedUserDisplayName", invited.name},
                          {"invitedUserEmailAddress", invited.mail},
                          {"invitedUserType", "Guest"},
                          {"sendInvitationMessage", false},
                          {"status", "PendingAcceptance"},
                          {"invitedUser", {{"id", to_string(guest.object)}}}},
                         201);
}

constexpr GraphRow kRows[] = {{Method::kPost, "/v1.0/invitations", "Graph.CreateInvitation",
                               "microsoft.directory/users/inviteGuest", create_invitation}};

}  // namespace

ApiResult<> read_account(const GraphCall& call, Attributes& attributes) {
  const std::string policies = text_of(attributes, "passwordPolicies");
  if (!policies.empty() && policies != "None" && policies != "DisablePasswordExpiration") {
    return refuse(errors::not_implemented("A password policy other than DisablePasswordExpiration"));
  }
  const auto given = call.body.find("identities");
  if (given == call.body.end() || given->is_null()) return {};
  if (!given->is_array() || given->size() > kMaxIdentities + 1) return refuse(errors::invalid_property("identities"));
  std::vector<LocalIdentity> identities;
  for (const auto& one : *given) {
    FH_CHECK_OK(read_identity(call, one, attributes, identities));
  }
  if (identities.size() > kMaxIdentities) return refuse(errors::invalid_property("identities"));
  set_identities(attributes, identities);
  return {};
}

void complete_account(const GraphCall& call, User& user) {
  const auto fill = [&user](std::string_view name, std::string value) {
    if (text_of(user.attributes, name).empty()) user.attributes[std::string(name)] = std::move(value);
  };
  fill("userPrincipalName", to_string(user.object) + "@" + call.directory->objects.self->domain);
  fill("mailNickname", to_string(user.object));
  user.attributes["creationType"] = std::string("LocalAccount");
}

std::span<const GraphRow> graph_external_rows() { return kRows; }

}  // namespace freehold::directory
