#include "src/invitation.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/authorize_endpoint.h"
#include "src/authorize_rules.h"
#include "src/changes.h"
#include "src/client_form.h"
#include "src/local_identity.h"
#include "src/sign_in_pages.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kSecretBytes = 32;

std::string digest_of(BytesView secret) { return to_base64url(crypto::view(crypto::sha256(secret))); }

http::Response refusal(std::string_view text, int status) {
  auto response = message_page("The invitation can't be accepted", text);
  response.status = status;
  return response;
}

std::string name_of(const LoginParts& parts, const Snapshot& directory) {
  if (directory.is_external()) return directory.objects.self->display_name;
  return std::string(parts.site.host()).substr(std::string_view("login.").size());
}

// Is it the user's own address, by which they sign in or which their administrator says is theirs? Guests have none.
bool has_address(const User& user, std::string_view mail) {
  if (user.deleted || !user.enabled || home_of(user.attributes) ||
      !text_of(user.attributes, "externalUserState").empty())
    return false;
  if (equals_ignoring_case(text_of(user.attributes, "userPrincipalName"), mail)) return true;
  if (equals_ignoring_case(text_of(user.attributes, "mail"), mail)) return true;
  return std::ranges::any_of(identities_of(user.attributes), [mail](const auto& one) {
    return one.sign_in_type == "emailAddress" && equals_ignoring_case(one.assigned_id, mail);
  });
}

// The tenants that have an account for the address, besides the one that invites.
std::vector<std::shared_ptr<const Snapshot>> directories_with(const DirectoryStore& store, std::string_view mail,
                                                              TenantId inviting) {
  std::vector<std::shared_ptr<const Snapshot>> out;
  for (const TenantId tenant : store.tenants()) {
    auto directory = tenant == inviting ? nullptr : store.snapshot(tenant);
    if (!directory) continue;
    const bool has = std::ranges::any_of(directory->objects.users,
                                         [mail](const auto& entry) { return has_address(*entry.second, mail); });
    if (has) out.push_back(std::move(directory));
  }
  return out;
}

}  // namespace

NewInvitation make_invitation(TenantId tenant, PrincipalId guest, Random& random) {
  const Bytes secret = random.bytes(kSecretBytes);
  return {to_base64url(Bytes(tenant.view()) + Bytes(guest.view()) + secret), digest_of(secret)};
}

std::optional<Invitation> find_invitation(const DirectoryStore& store, std::string_view text, WallTime now) {
  const auto raw = text.size() <= 256 ? from_base64url(text) : std::nullopt;
  if (!raw || raw->size() != 2 * kIdBytes + kSecretBytes) return std::nullopt;
  const BytesView view = *raw;
  const auto tenant = id_from_bytes<TenantId>(view.substr(0, kIdBytes));
  const auto object = id_from_bytes<PrincipalId>(view.substr(kIdBytes, kIdBytes));
  auto directory = tenant ? store.snapshot(*tenant) : nullptr;
  auto guest = directory && object ? live_in(directory->objects.users, *object) : nullptr;
  const auto made = guest ? parse_iso8601(text_of(guest->attributes, "externalUserStateChangeDateTime")) : std::nullopt;
  if (!made || *made + kInvitationLife < now) return std::nullopt;
  const auto kept = text_of(guest->attributes, "redeemDigest");
  if (kept.empty() || !constant_time_equal(kept, digest_of(view.substr(2 * kIdBytes)))) return std::nullopt;
  return Invitation{std::move(directory), std::move(guest)};
}

http::Response begin_redemption(const LoginParts& parts, const LoginCall& call, std::string_view query,
                                std::string_view cookie_header) {
  const auto form = ClientForm::parse(query);
  const auto text = form ? form->get("rd") : std::string_view();
  const auto invitation = find_invitation(parts.store, text, call.now);
  if (!invitation) return refusal("It is unknown, over, or was accepted before. Ask who invited you for another.", 400);
  const std::string mail = text_of(invitation->guest->attributes, "mail");
  auto found = directories_with(parts.store, mail, invitation->directory->tenant);
  const auto chosen = parse_guid<TenantId>(form->get("directory"));
  if (chosen) std::erase_if(found, [&chosen](const auto& one) { return one->tenant != *chosen; });
  if (found.empty()) {
    return refusal("Nobody has an account with the invited address in another directory of this cloud. Get one first.",
                   403);
  }
  if (found.size() > 1) {
    std::vector<std::pair<std::string, std::string>> links;
    for (const auto& one : found) {
      links.emplace_back(name_of(parts, *one),
                         "/redeem?rd=" + percent_encode(text) + "&directory=" + to_string(one->tenant));
    }
    return choice_page("Accept an invitation", "In which directory is your account?", links);
  }
  auto cookie = browser_cookie(cookie_header);
  if (cookie.empty()) cookie = new_browser_cookie(parts);
  const SignInTicket ticket{.tenant = to_string(found.front()->tenant),
                            .client_name = name_of(parts, *invitation->directory),
                            .redirect_uri = text_of(invitation->guest->attributes, "redirectUrl"),
                            .invitation = std::string(text),
                            .browser = browser_digest(cookie),
                            .expires = call.now + kTicketLife};
  auto response = step_page(parts, ticket, {}, {});
  set_browser_cookie(response, cookie);
  return response;
}

runtime::Task<Result<ProvenUser>> accept_invitation(LoginParts& parts, std::string text, ProvenUser who, WallTime now,
                                                    SignInRecord record) {
  const auto invitation = find_invitation(parts.store, text, now);
  if (!invitation) co_return fail(ErrorCode::kNotFound, "The invitation is over.");
  const auto there = parts.store.snapshot(who.tenant);
  const auto account = there ? live_in(there->objects.users, who.user) : nullptr;
  const std::string mail = text_of(invitation->guest->attributes, "mail");
  if (!account || who.tenant == invitation->directory->tenant || !has_address(*account, mail)) {
    co_return fail(ErrorCode::kDenied, "This account's address is not the one that was invited.");
  }
  DirectoryStore::Edit edit = [guest = invitation->guest, who, now](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().users, guest->object);
    if (!present || text_of(present->attributes, "redeemDigest") != text_of(guest->attributes, "redeemDigest")) {
      return fail(ErrorCode::kNotFound, "The invitation is over.");
    }
    User next = *present;
    set_home(next.attributes, {who.tenant, who.user});
    next.attributes["externalUserState"] = std::string("Accepted");
    next.attributes["externalUserStateChangeDateTime"] = rfc3339(now);
    next.attributes.erase("redeemDigest");
    next.attributes.erase("redirectUrl");
    return changes::replace(draft, std::move(next));
  };
  constexpr int kSentBack = 303;
  const ProvenUser guest{.tenant = invitation->directory->tenant,
                         .user = invitation->guest->object,
                         .methods = who.methods,
                         .at = who.at,
                         .password_of = who.password_of};
  FH_CO_CHECK_OK(co_await parts.store.change(guest.tenant, std::move(edit), record(guest, kSentBack)));
  co_return guest;
}

}  // namespace freehold::directory
