#include "src/sign_in.h"

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/one_time_code.h"
#include "src/authorize_endpoint.h"
#include "src/authorize_rules.h"
#include "src/changes.h"
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

// AADSTS numbers are for clients; this is for people.
std::string text_for(const gate::ApiError& error) {
  const auto is = [&error](std::string_view number) {
    return error.message.starts_with("AADSTS" + std::string(number) + ":");
  };
  if (is("50053") || is("90055")) return "Too many sign-ins failed. Wait a minute and try again.";
  if (is("50057")) return "This account is disabled. Ask your administrator.";
  if (is("50126")) return "The user name or password is wrong.";
  return "Sign-in is not possible at the moment. Try again.";
}

SignInOutcome finish(LoginParts& parts, const SignInTicket& ticket) {
  const ProvenUser& user = *ticket.user;
  SignInOutcome out{.response = {},
                    .caller = to_string(user.user),
                    .tenant = user.tenant,
                    .credential = user.methods.size() > 1 ? "PasswordAndCode" : "Password"};
  if (!ticket.user_code.empty()) {
    const bool answered = parts.memory.answer_device(ticket.user_code, DeviceState::kApproved, user);
    out.response = answered ? message_page("You are signed in", "Go back to your device. You may close this window.")
                            : message_page("The code is over", "Begin again on your device.");
    return out;
  }
  auto code = parts.memory.add_code({.user = user,
                                     .application = ticket.client,
                                     .redirect_uri = ticket.redirect_uri,
                                     .challenge = ticket.challenge,
                                     .scope = ticket.scope,
                                     .resource = ticket.resource,
                                     .nonce = ticket.nonce});
  out.response = code ? send_back(ticket, {{"code", std::move(*code)}})
                      : send_back(ticket, {{"error", "temporarily_unavailable"}});
  return out;
}

// The next page that this user needs, or the end.
SignInOutcome go_on(LoginParts& parts, SignInTicket ticket, const User& user) {
  const bool proved_code = ticket.user->methods.size() > 1;
  if (user.one_time_secret && !proved_code) {
    ticket.step = SignInStep::kOneTimeCode;
  } else if (user.must_change_password) {
    ticket.step = SignInStep::kNewPassword;
  } else {
    return finish(parts, ticket);
  }
  return {.response = step_page(parts, ticket, {}, {}),
          .caller = to_string(user.object),
          .tenant = ticket.user->tenant,
          .credential = "Password"};
}

OutcomeTask take_password(LoginParts& parts, LoginCall call, SignInPost post, SignInTicket ticket) {
  const std::string name(post.form.get("username").substr(0, 256));
  const std::string claimed = "user " + to_lower(name);
  if (!post.form.has("username") || !post.form.has("password")) {
    co_return again(parts, ticket, name, "Enter your user name and password.", 400);
  }
  const auto tenant = named_tenant(parts.store, ticket.tenant);
  if (!tenant) co_return stop("Sign-in is not possible", "The organisation is not known here.", 400);
  auto found = co_await check_password(parts, name, Secret(post.form.get("password")), call.address, *tenant);
  if (!found) {
    auto out = again(parts, ticket, name, text_for(found.error()), found.error().status == 503 ? 503 : 401);
    out.caller = claimed;
    co_return out;
  }
  if (parts.store.clients(ticket.client, found->tenant).empty()) {
    co_return stop("Sign-in is not possible", "The application is not known in your organisation.", 403);
  }
  ticket.user = ProvenUser{found->tenant, found->user->object, {"pwd"}};
  co_return go_on(parts, std::move(ticket), *found->user);
}

std::shared_ptr<const User> user_of(const LoginParts& parts, const SignInTicket& ticket) {
  const auto directory = ticket.user ? parts.store.snapshot(ticket.user->tenant) : nullptr;
  auto user = directory ? live_in(directory->objects.users, ticket.user->user) : nullptr;
  return user && user->enabled ? user : nullptr;
}

SignInOutcome take_code(LoginParts& parts, const LoginCall& call, const SignInPost& post, SignInTicket ticket,
                        const User& user) {
  const std::string account = "code of " + to_string(user.object);
  if (!parts.attempts.may_guess(call.address, account)) {
    return again(parts, ticket, {}, "Too many wrong codes. Wait a minute and try again.", 401);
  }
  const auto step = user.one_time_secret ? crypto::step_of_code(*user.one_time_secret, post.form.get("code"), call.now)
                                         : std::nullopt;
  // RFC 6238 section 5.2: a code is good once.
  if (!step || !parts.memory.use_once(account + " " + std::to_string(*step), call.now + 4 * crypto::kCodeStep)) {
    parts.attempts.guessed_wrong(call.address, account);
    auto out = again(parts, ticket, {}, "That code is wrong or was used before.", 401);
    out.caller = to_string(user.object);
    return out;
  }
  ticket.user->methods = {"pwd", "mfa"};
  return go_on(parts, std::move(ticket), user);
}

OutcomeTask take_new_password(LoginParts& parts, LoginCall call, SignInPost post, SignInTicket ticket,
                              std::shared_ptr<const User> user) {
  const auto chosen = post.form.get("new_password");
  if (chosen != post.form.get("again")) co_return again(parts, ticket, {}, "The two entries differ.", 400);
  if (const auto good = check_new_password(chosen, *user); !good) {
    co_return again(parts, ticket, {}, good.error().message, 400);
  }
  const auto same = co_await parts.passwords.run(3, [old = user->password, chosen = Secret(chosen)]() -> Result<bool> {
    return old && crypto::is_password(*old, chosen.view());
  });
  if (same && *same) co_return again(parts, ticket, {}, "The new password must be another than the old one.", 400);
  auto kept = co_await hash_new_password(parts.passwords, parts.random, Secret(chosen));
  if (!same || !kept) co_return again(parts, ticket, {}, "Try again in a moment.", 503);
  const auto id = user->object;
  auto changed = co_await parts.store.change(ticket.user->tenant,
                                             [id, kept = std::move(*kept), now = call.now](Draft& draft) -> Result<> {
                                               const auto present = live_in(draft.objects().users, id);
                                               if (!present || !present->must_change_password)
                                                 return fail(ErrorCode::kConflict, "it was changed meanwhile");
                                               User next = *present;
                                               next.password = kept;
                                               next.must_change_password = false;
                                               next.password_changed = now;
                                               return changes::replace(draft, std::move(next));
                                             });
  if (!changed) co_return again(parts, ticket, {}, "The password could not be changed now. Try again.", 503);
  // Whoever signed in with the old one signs in anew.
  const auto revoked = co_await parts.sessions.revoke_all(ticket.user->tenant, id);
  if (!revoked) co_return again(parts, ticket, {}, "Try again in a moment.", 503);
  co_return finish(parts, ticket);
}

}  // namespace

runtime::Task<SignInOutcome> go_on_signing_in(LoginParts& parts, LoginCall call, SignInPost post) {
  auto ticket = open_ticket(post.form.get("ticket"), parts.ticket_key, call.now);
  if (!ticket) co_return stop("The sign-in is over", "It took too long, or was begun elsewhere. Begin again.", 400);
  const auto cookie = browser_cookie(post.cookie_header);
  const bool own_origin = post.origin.empty() || post.origin == parts.site.origin(call.port);
  if (!own_origin || !constant_time_equal(browser_digest(cookie), ticket->browser)) {
    co_return stop("The sign-in is not this browser's", "Allow cookies for this page, and begin again.", 403);
  }
  if (post.form.has("decline") && !ticket->user_code.empty()) {
    static_cast<void>(parts.memory.answer_device(ticket->user_code, DeviceState::kDeclined, {}));
    co_return SignInOutcome{.response = message_page("Declined", "Nobody was signed in. You may close this window.")};
  }
  if (ticket->step == SignInStep::kPassword) {
    co_return co_await take_password(parts, std::move(call), std::move(post), std::move(*ticket));
  }
  auto user = user_of(parts, *ticket);
  if (!user) co_return stop("Sign-in is not possible", "This account is disabled. Ask your administrator.", 403);
  if (ticket->step == SignInStep::kOneTimeCode) {
    co_return take_code(parts, call, post, std::move(*ticket), *user);
  }
  co_return co_await take_new_password(parts, std::move(call), std::move(post), std::move(*ticket), std::move(user));
}

}  // namespace freehold::directory
