#include "src/sign_in.h"

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/one_time_code.h"
#include "src/authorize_endpoint.h"
#include "src/authorize_rules.h"
#include "src/changes.h"
#include "src/invitation.h"
#include "src/password_check.h"
#include "src/sign_in_pages.h"
#include "src/snapshot.h"

namespace freehold::directory {
namespace {

using OutcomeTask = runtime::Task<SignInOutcome>;

SignInOutcome stop(std::string_view title, std::string_view text, int status) {
  auto response = message_page(title, text);
  response.status = status;
  return {.response = std::move(response), .refused = true};
}

// The same page again, with what was wrong.
SignInOutcome again(const LoginParts& parts, const SignInTicket& ticket, std::string user_name, std::string error,
                    int status) {
  auto response = step_page(parts, ticket, std::move(user_name), std::move(error));
  response.status = status;
  return {.response = std::move(response), .refused = true};
}

std::string text_for_crowd() { return "Too many sign-ins failed. Wait a minute and try again."; }

// AADSTS numbers are for clients; this is for people.
std::string text_for(const gate::ApiError& error) {
  const auto is = [&error](std::string_view number) {
    return error.message.starts_with("AADSTS" + std::string(number) + ":");
  };
  if (is("50053") || is("90055")) return text_for_crowd();
  if (is("50173")) return "Your password was changed, or you were signed out everywhere. Begin again.";
  if (is("50057")) return "This account is disabled. Ask your administrator.";
  if (is("50126")) return "The user name or password is wrong.";
  return "Sign-in is not possible at the moment. Try again.";
}

// The record is the inviting tenant's, whose directory changes: the guest, as at every sign-in there from then on.
OutcomeTask accept(LoginParts& parts, SignInTicket ticket, SignInRecord record, WallTime now) {
  const ProvenUser user = *ticket.user;
  const auto done = co_await accept_invitation(parts, ticket.invitation, user, now, record);
  SignInOutcome out{
      .response = {}, .caller = to_string(user.user), .tenant = user.tenant, .credential = credential_name(user)};
  if (done) {
    out.caller = to_string(done->user);
    out.tenant = done->tenant;
    out.response = send_back(ticket, {});
    co_return out;
  }
  const bool known = done.error().code == ErrorCode::kDenied || done.error().code == ErrorCode::kConflict ||
                     done.error().code == ErrorCode::kNotFound;
  out.response = message_page("The invitation can't be accepted",
                              known ? done.error().message : "That is not possible at the moment. Try again.");
  out.response.status = known ? 403 : 503;
  out.refused = true;
  co_return out;
}

OutcomeTask finish(LoginParts& parts, SignInTicket ticket) {
  const ProvenUser& user = *ticket.user;
  SignInOutcome out{
      .response = {}, .caller = to_string(user.user), .tenant = user.tenant, .credential = credential_name(user)};
  if (!ticket.user_code.empty()) {
    const bool answered = parts.memory.answer_device(ticket.user_code, DeviceState::kApproved, user);
    out.response = answered ? message_page("You are signed in", "Go back to your device. You may close this window.")
                            : message_page("The code is over", "Begin again on your device.");
    co_return out;
  }
  auto code = parts.memory.add_code({.user = user,
                                     .application = ticket.client,
                                     .redirect_uri = ticket.redirect_uri,
                                     .challenge = ticket.challenge,
                                     .scope = ticket.scope,
                                     .resource = ticket.resource,
                                     .audience = ticket.audience,
                                     .nonce = ticket.nonce});
  out.response = code ? send_back(ticket, {{"code", std::move(*code)}})
                      : send_back(ticket, {{"error", "temporarily_unavailable"}});
  co_return out;
}

// The next page that this user needs, or the end. `account` has the user's credentials.
OutcomeTask go_on(LoginParts& parts, SignInTicket ticket, UserAccount account, SignInRecord record, WallTime now) {
  const bool proved_code = ticket.user->methods.size() > 1;
  if (account.user->one_time_secret && !proved_code) {
    ticket.step = SignInStep::kOneTimeCode;
  } else if (account.user->must_change_password) {
    if (account.tenant != ticket.user->tenant || !ticket.invitation.empty()) {
      co_return stop("Your password must be changed", "Change it where your account is, and begin again.", 403);
    }
    ticket.step = SignInStep::kNewPassword;
  } else if (!ticket.invitation.empty()) {
    co_return co_await accept(parts, std::move(ticket), std::move(record), now);
  } else {
    co_return co_await finish(parts, std::move(ticket));
  }
  co_return SignInOutcome{.response = step_page(parts, ticket, {}, {}),
                          .caller = to_string(ticket.user->user),
                          .tenant = ticket.user->tenant,
                          .credential = "Password"};
}

OutcomeTask take_password(LoginParts& parts, LoginCall call, SignInPost post, SignInTicket ticket) {
  const std::string name(post.form.get("username").substr(0, 256));
  if (!post.form.has("username") || !post.form.has("password")) {
    co_return again(parts, ticket, name, "Enter your user name and password.", 400);
  }
  const auto tenant = named_tenant(parts.store, ticket.tenant);
  if (!tenant) co_return stop("Sign-in is not possible", "The organisation is not known here.", 400);
  auto found = co_await check_password(parts, name, Secret(post.form.get("password")), call.address, *tenant);
  if (!found) {
    auto out = again(parts, ticket, name, text_for(found.error()), found.error().status == 503 ? 503 : 401);
    out.caller = claimed_user(parts.store, name, *tenant);
    co_return out;
  }
  if (ticket.invitation.empty() && parts.store.clients(ticket.client, found->tenant).empty()) {
    co_return stop("Sign-in is not possible", "The application is not known in your organisation.", 403);
  }
  ticket.user = ProvenUser{.tenant = found->tenant,
                           .user = found->user->object,
                           .methods = {"pwd"},
                           .at = call.now,
                           .password_of = found->account.user->password_changed};
  co_return co_await go_on(parts, std::move(ticket), std::move(found->account), std::move(post.record), call.now);
}

OutcomeTask take_code(LoginParts& parts, LoginCall call, SignInPost post, SignInTicket ticket, UserAccount held) {
  const User& user = *held.user;
  const auto refused = [&](std::string error) {
    auto out = again(parts, ticket, {}, std::move(error), 401);
    out.caller = to_string(ticket.user->user);
    return out;
  };
  // Who sets another password may begin anew.
  const auto password = user.password_changed.value_or(WallTime()).time_since_epoch().count();
  const std::string account = to_string(user.object) + " " + std::to_string(password);
  if (!parts.attempts.may_try_code(account)) {
    co_return refused("Too many wrong codes. Try again tomorrow, or ask your administrator for a new password.");
  }
  const auto step = user.one_time_secret ? crypto::step_of_code(*user.one_time_secret, post.form.get("code"), call.now)
                                         : std::nullopt;
  if (!step || !parts.memory.use_step(user.object, *step)) {
    co_return refused("That code is wrong or was used before.");
  }
  parts.attempts.right_code(account);
  ticket.user->methods = {"pwd", "mfa"};
  co_return co_await go_on(parts, std::move(ticket), std::move(held), std::move(post.record), call.now);
}

// Another password and the end of every session before it, in one commit.
runtime::Task<Result<>> set_password(DirectoryStore& store, ProvenUser who, crypto::PasswordHash kept, WallTime now,
                                     AuditRow record) {
  DirectoryStore::Edit edit = [who, kept = std::move(kept), now](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().users, who.user);
    if (!present || !present->must_change_password || present->password_changed != who.password_of) {
      return fail(ErrorCode::kConflict, "it was changed meanwhile");
    }
    User next = *present;
    next.password = kept;
    next.must_change_password = false;
    next.password_changed = next.sessions_from = now;
    return changes::replace(draft, std::move(next));
  };
  return store.change(who.tenant, std::move(edit), std::move(record));
}

// What finish() will answer.
int status_of_end(const SignInTicket& ticket) { return ticket.user_code.empty() && !ticket.form_post ? 303 : 200; }

OutcomeTask take_new_password(LoginParts& parts, LoginCall call, SignInPost post, SignInTicket ticket,
                              std::shared_ptr<const User> user) {
  const auto chosen = post.form.get("new_password");
  if (chosen != post.form.get("again")) co_return again(parts, ticket, {}, "The two entries differ.", 400);
  if (const auto good = check_new_password(chosen, *user); !good) {
    co_return again(parts, ticket, {}, good.error().message, 400);
  }
  if (!parts.attempts.may_check_password(call.address)) co_return again(parts, ticket, {}, text_for_crowd(), 429);
  const auto turn = password_turn(call.address);
  const auto same =
      co_await parts.passwords.run(turn, [old = user->password, chosen = Secret(chosen)]() -> Result<bool> {
        return old && crypto::is_password(*old, chosen.view());
      });
  if (same && *same) co_return again(parts, ticket, {}, "The new password must be another than the old one.", 400);
  auto kept = co_await hash_new_password(parts.passwords, parts.random, Secret(chosen), turn);
  if (!same || !kept) co_return again(parts, ticket, {}, "Try again in a moment.", 503);
  const ProvenUser who = *ticket.user;
  const auto changed =
      co_await set_password(parts.store, who, std::move(*kept), call.now, post.record(who, status_of_end(ticket)));
  if (!changed) co_return again(parts, ticket, {}, "The password could not be changed now. Try again.", 503);
  ticket.user->at = call.now;
  ticket.user->password_of = call.now;
  // They are worth nothing any more (sessions_from); this only clears them away.
  const auto revoked = co_await parts.sessions.revoke_all(who.tenant, who.user);
  if (!revoked) log_warning("sessions that are over couldn't be removed", {{"error", revoked.error().message}});
  co_return co_await finish(parts, std::move(ticket));
}

}  // namespace

std::string claimed_user(const DirectoryStore& store, std::string_view name, std::optional<TenantId> tenant) {
  return find_user(store, name, tenant) ? "user " + to_lower(name) : "user unknown";
}

bool is_own_origin(const LoginParts& parts, const LoginCall& call, std::string_view origin) {
  return origin.empty() || origin == parts.site.origin(call.port);
}

runtime::Task<SignInOutcome> go_on_signing_in(LoginParts& parts, LoginCall call, SignInPost post) {
  if (!parts.attempts.may_try(call.address, "")) co_return stop("Too many attempts", text_for_crowd(), 429);
  auto ticket = open_ticket(post.form.get("ticket"), parts.ticket_key, call.now);
  if (!ticket) co_return stop("The sign-in is over", "It took too long, or was begun elsewhere. Begin again.", 400);
  const auto cookie = browser_cookie(post.cookie_header);
  if (!is_own_origin(parts, call, post.origin) || !constant_time_equal(browser_digest(cookie), ticket->browser)) {
    co_return stop("The sign-in is not this browser's", "Allow cookies for this page, and begin again.", 403);
  }
  if (post.form.has("decline") && !ticket->user_code.empty()) {
    static_cast<void>(parts.memory.answer_device(ticket->user_code, DeviceState::kDeclined, {}));
    co_return SignInOutcome{.response = message_page("Declined", "Nobody was signed in. You may close this window.")};
  }
  if (ticket->step == SignInStep::kPassword) {
    co_return co_await take_password(parts, std::move(call), std::move(post), std::move(*ticket));
  }
  if (!ticket->user) co_return stop("The sign-in is over", "Begin again.", 400);
  auto present = present_user(parts.store, *ticket->user);
  if (!present) co_return stop("Sign-in is not possible", text_for(present.error()), 403);
  auto user = std::move(*present);
  if (ticket->step == SignInStep::kOneTimeCode) {
    auto account = account_of(parts.store, ticket->user->tenant, user);
    if (!account) co_return stop("The sign-in is over", "Begin again.", 400);
    co_return co_await take_code(parts, std::move(call), std::move(post), std::move(*ticket), std::move(*account));
  }
  if (home_of(user->attributes)) co_return stop("The sign-in is over", "Begin again.", 400);
  co_return co_await take_new_password(parts, std::move(call), std::move(post), std::move(*ticket), std::move(user));
}

}  // namespace freehold::directory
