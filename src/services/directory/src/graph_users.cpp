// Graph: users, and who is signed in.
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "crypto/one_time_code.h"
#include "src/changes.h"
#include "src/graph_errors.h"
#include "src/graph_operations.h"
#include "src/password_check.h"
#include "src/puid.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;
using gate::ApiResult;
using http::Method;
namespace errors = graph_errors;

constexpr std::array<std::string_view, 4> kOwn = {"accountEnabled", "passwordProfile", "id", "identities"};
constexpr std::string_view kOneTimeMethod = "00000000-0000-0000-0000-000000000001";  // a user has one at most

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// By object id or user principal name.
ApiResult<std::shared_ptr<const User>> user_at(const GraphCall& call) {
  const auto id = call.id_at(1);
  auto user = id ? live_in(call.directory->objects.users, *id) : call.directory->user_named(call.text_at(1));
  if (!user) return refuse(errors::not_found(call.text_at(1)));
  return user;
}

ApiResult<std::shared_ptr<const User>> myself(const GraphCall& call) {
  auto user = live_in(call.directory->objects.users, call.caller);
  if (!user) return refuse(errors::not_for_applications());
  return user;
}

ApiResult<> check_domain(const GraphParts& parts, const GraphCall& call, const User& user) {
  const std::string name = text_of(user.attributes, "userPrincipalName");
  const std::string domain = call.directory->domain(parts.domain);
  if (equals_ignoring_case(std::string_view(name).substr(name.find('@') + 1), domain)) return {};
  return refuse(errors::bad_request(
      "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names "
      "in your organization."));
}

// A guest's password and second factor are those of the account: what were set here nobody would ask for.
ApiResult<> check_account_here(const User& user) {
  if (!home_of(user.attributes) && text_of(user.attributes, "externalUserState").empty()) return {};
  return refuse(errors::bad_request("The password and the second factor of a guest are set where the account is."));
}

struct NewPassword {
  std::optional<crypto::PasswordHash> hash;
  std::optional<bool> must_change;
};
runtime::Task<ApiResult<NewPassword>> read_password(GraphParts& parts, const GraphCall& call, User user) {
  NewPassword out;
  const auto profile = call.body.find("passwordProfile");
  if (profile == call.body.end() || profile->is_null()) co_return out;
  if (!profile->is_object()) co_return refuse(errors::invalid_property("passwordProfile"));
  for (const auto& [name, value] : profile->items()) {
    if (name == "password" || name == "forceChangePasswordNextSignIn") continue;
    if (name == "forceChangePasswordNextSignInWithMfa" && (value.is_null() || value == false)) continue;
    co_return refuse(errors::not_implemented("The property 'passwordProfile/" + name + "'"));
  }
  FH_CO_TRY(out.must_change, graph_json::read_flag(*profile, "forceChangePasswordNextSignIn"));
  FH_CO_TRY(auto password, graph_json::read_text(*profile, "password"));
  if (password.empty()) co_return out;
  if (const auto good = check_new_password(password, user); !good) {
    co_return refuse(
        errors::bad_request("The specified password does not comply with password complexity "
                            "requirements. " +
                            good.error().message));
  }
  auto hash = co_await hash_new_password(parts.passwords, parts.random, Secret(BytesView(password)),
                                         password_turn(call.request.peer.address));
  wipe(password);
  if (!hash) co_return refuse(errors::of(hash.error()));
  out.hash = std::move(*hash);
  co_return out;
}

GraphReply list_users(GraphParts& parts, GraphCall& call) {
  return graph_list(parts, call, [](const Snapshot& directory) {
    std::vector<Json> out;
    for (const auto& [id, user] : directory.objects.users) {
      if (!user->deleted) out.push_back(graph_json::of(*user));
    }
    return out;
  });
}

GraphReply create_user(GraphParts& parts, GraphCall& call) {
  User user{.object = random_id<PrincipalId>(parts.random), .puid = make_puid(parts.random)};
  FH_CO_CHECK_OK(graph_json::read_attributes(call.body, ObjectKind::kUser, kOwn, user.attributes));
  FH_CO_CHECK_OK(read_account(call, user.attributes));
  FH_CO_TRY(auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  if (texts_of(user.attributes, "identities").empty()) {
    if (!enabled) co_return refuse(errors::bad_request("A value is required for property 'accountEnabled'."));
  } else {
    complete_account(call, user);
    enabled = enabled.value_or(true);
  }
  for (const auto* required : {"displayName", "userPrincipalName", "mailNickname"}) {
    if (text_of(user.attributes, required).empty()) {
      co_return refuse(
          errors::bad_request("A value is required for property '" + std::string(required) + "' of resource 'User'."));
    }
  }
  FH_CO_CHECK_OK(check_domain(parts, call, user));
  FH_CO_TRY(auto password, co_await read_password(parts, call, user));
  if (!password.hash) co_return refuse(errors::bad_request("A value is required for property 'passwordProfile'."));
  user.enabled = *enabled;
  user.password = std::move(password.hash);
  user.must_change_password = password.must_change.value_or(false);
  user.created = user.password_changed = user.sessions_from = call.now;
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [user](Draft& draft) { return changes::add(draft, user); }));
  co_return graph_object(call, graph_json::of(user), 201);
}

GraphReply get_user(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  co_return graph_object(call, graph_json::of(*user));
}

GraphReply get_me(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto user, myself(call));
  co_return graph_object(call, graph_json::of(*user));
}

// Of who is read from another directory only this is set here.
constexpr std::array<std::string_view, 2> kSetHere = {"usageLocation", "userType"};

ApiResult<> check_sets_here(const GraphParts& parts, const GraphCall& call, const User& user) {
  const auto here = [](const auto& item) { return std::ranges::find(kSetHere, item.key()) != kSetHere.end(); };
  if (std::ranges::all_of(call.body.items(), here)) return {};
  return check_mastered_here(parts, user.attributes);
}

// Which action a PATCH needs besides users/update: a new password, or another state, is more than a new telephone, and
// so is an address, by which invitations are accepted.
ApiResult<> check_update(const GraphParts& parts, const GraphCall& call, const User& user) {
  const bool password = call.body.contains("passwordProfile") && !call.body["passwordProfile"].is_null();
  const bool grave = password || call.body.contains("accountEnabled") || call.body.contains("userPrincipalName") ||
                     call.body.contains("identities") || call.body.contains("userType") || call.body.contains("mail");
  if (grave) {
    FH_CHECK_OK(check_reach(parts, call, user));
  }
  const bool may_rest = roles_allow(call.roles(), "microsoft.directory/users/update");
  const bool only_password = password && std::ranges::all_of(call.body.items(), [](const auto& item) {
                               return item.key() == "passwordProfile";
                             });
  if (password && !roles_allow(call.roles(), "microsoft.directory/users/password")) return refuse(errors::denied());
  if (!may_rest && !only_password) return refuse(errors::denied());
  return {};
}

// When its turn comes: others may have changed the rest, and while a password was hashed its user may have become more.
Result<> put_user(Draft& draft, const GraphCall& call, const User& seen, std::optional<bool> enabled,
                  const NewPassword& password) {
  const auto present = live_in(draft.objects().users, seen.object);
  if (!present) return fail(ErrorCode::kNotFound, "there is no such user");
  if (present->directory_roles != seen.directory_roles) {
    return fail(ErrorCode::kConflict, "The user was changed meanwhile.");
  }
  if (enabled == false) {
    FH_CHECK_OK(check_administrator_stays(draft.objects(), seen.object));
  }
  User next = *present;
  if (!graph_json::read_attributes(call.body, ObjectKind::kUser, kOwn, next.attributes) ||
      !read_account(call, next.attributes)) {
    return fail(ErrorCode::kInvalidArgument, "a property is invalid");
  }
  next.enabled = enabled.value_or(next.enabled);
  if (!next.enabled && present->enabled) next.sessions_from = call.now;  // also where the account is a guest's
  next.must_change_password = password.must_change.value_or(next.must_change_password);
  if (password.hash) {
    next.password = password.hash;
    next.password_changed = next.sessions_from = call.now;
  }
  return changes::replace(draft, std::move(next));
}

GraphReply update_user(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  FH_CO_CHECK_OK(check_update(parts, call, *user));
  FH_CO_CHECK_OK(check_sets_here(parts, call, *user));
  if (const auto at = call.body.find("passwordProfile"); at != call.body.end() && !at->is_null()) {
    FH_CO_CHECK_OK(check_account_here(*user));
  }
  Attributes attributes = user->attributes;
  FH_CO_CHECK_OK(graph_json::read_attributes(call.body, ObjectKind::kUser, kOwn, attributes));
  FH_CO_CHECK_OK(read_account(call, attributes));
  FH_CO_TRY(const auto enabled, graph_json::read_flag(call.body, "accountEnabled"));
  User named = *user;
  named.attributes = attributes;
  if (call.body.contains("userPrincipalName")) {
    FH_CO_CHECK_OK(check_domain(parts, call, named));
  }
  FH_CO_TRY(auto password, co_await read_password(parts, call, named));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [&call, user, enabled, &password](Draft& draft) {
    return put_user(draft, call, *user, enabled, password);
  }));
  if (password.hash || enabled == false) {
    const auto revoked = co_await parts.sessions.revoke_all(call.tenant(), user->object);
    if (!revoked) co_return refuse(errors::of(revoked.error()));
  }
  co_return graph_nothing();
}

GraphReply delete_user(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *user));
  FH_CO_CHECK_OK(check_mastered_here(parts, user->attributes));
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [id = user->object, now = call.now](Draft& draft) -> Result<> {
    FH_CHECK_OK(check_administrator_stays(draft.objects(), id));
    return changes::remove(draft, id, now);
  }));
  const auto revoked = co_await parts.sessions.revoke_all(call.tenant(), user->object);
  if (!revoked) co_return refuse(errors::of(revoked.error()));
  co_return graph_nothing();
}

GraphReply revoke_sessions_of(GraphParts& parts, GraphCall& call, PrincipalId user) {
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [user, now = call.now](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().users, user);
    if (!present) return fail(ErrorCode::kNotFound, "there is no such user");
    User next = *present;
    next.sessions_from = now;
    return changes::replace(draft, std::move(next));
  }));
  const auto revoked = co_await parts.sessions.revoke_all(call.tenant(), user);
  if (!revoked) co_return refuse(errors::of(revoked.error()));
  co_return graph_object(call, {{"value", true}});
}
GraphReply revoke_user_sessions(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *user));
  co_return co_await revoke_sessions_of(parts, call, user->object);
}
GraphReply revoke_my_sessions(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, myself(call));
  co_return co_await revoke_sessions_of(parts, call, user->object);
}

// By the limits of sign-in: who holds a token only may guess no more here than there.
runtime::Task<ApiResult<>> prove_password(GraphParts& parts, const GraphCall& call, std::shared_ptr<const User> user,
                                          std::string given) {
  const Secret old{BytesView(given)};
  wipe(given);
  const auto& address = call.request.peer.address;
  const std::string account = guessing_name(parts.store, {call.tenant(), user});
  if (!parts.attempts.may_check_password(address) || !parts.attempts.may_guess(address, account, NameIs::kSomebodys)) {
    co_return refuse(errors::too_many_attempts());
  }
  const auto right = co_await parts.passwords.run(password_turn(address), [&user, &old]() -> Result<bool> {
    return user->password && crypto::is_password(*user->password, old.view());
  });
  if (!right) co_return refuse(errors::of(right.error()));
  if (*right) co_return ApiResult<>();
  parts.attempts.guessed_wrong(address, account, NameIs::kSomebodys);
  co_return refuse(errors::bad_request("The specified current password is not correct."));
}

GraphReply change_my_password(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, myself(call));
  FH_CO_CHECK_OK(check_mastered_here(parts, user->attributes));
  if (home_of(user->attributes)) co_return refuse(errors::mastered_elsewhere());
  FH_CO_TRY(auto old, graph_json::read_text(call.body, "currentPassword"));
  FH_CO_TRY(auto chosen, graph_json::read_text(call.body, "newPassword"));
  FH_CO_CHECK_OK(co_await prove_password(parts, call, user, std::move(old)));
  if (const auto good = check_new_password(chosen, *user); !good) {
    co_return refuse(errors::bad_request(good.error().message));
  }
  auto hash = co_await hash_new_password(parts.passwords, parts.random, Secret(BytesView(chosen)),
                                         password_turn(call.request.peer.address));
  wipe(chosen);
  if (!hash) co_return refuse(errors::of(hash.error()));
  FH_CO_CHECK_OK(
      co_await graph_change(parts, call, [id = user->object, hash = *hash, now = call.now](Draft& draft) -> Result<> {
        const auto present = live_in(draft.objects().users, id);
        if (!present) return fail(ErrorCode::kNotFound, "there is no such user");
        User next = *present;
        next.password = hash;
        next.must_change_password = false;
        next.password_changed = next.sessions_from = now;
        return changes::replace(draft, std::move(next));
      }));
  const auto revoked = co_await parts.sessions.revoke_all(call.tenant(), user->object);
  if (!revoked) co_return refuse(errors::of(revoked.error()));
  co_return graph_nothing();
}

Json one_time_method() { return {{"id", kOneTimeMethod}, {"secretKey", nullptr}}; }

GraphReply list_one_time_methods(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  co_return co_await graph_list(parts, call, [has = user->one_time_secret != nullptr](const Snapshot&) {
    return has ? std::vector{one_time_method()} : std::vector<Json>();
  });
}

// The secret that the user's authenticator app holds as well; null takes it away.
GraphReply set_one_time_secret(GraphParts& parts, GraphCall& call, PrincipalId user,
                               std::shared_ptr<const Secret> secret) {
  FH_CO_CHECK_OK(co_await graph_change(parts, call, [user, secret](Draft& draft) -> Result<> {
    const auto present = live_in(draft.objects().users, user);
    if (!present) return fail(ErrorCode::kNotFound, "there is no such user");
    User next = *present;
    next.one_time_secret = secret;
    return changes::replace(draft, std::move(next));
  }));
  if (!secret) co_return graph_nothing();
  co_return graph_object(call, one_time_method(), 201);
}

GraphReply add_one_time_method(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *user));
  FH_CO_CHECK_OK(check_account_here(*user));
  FH_CO_TRY(auto text, graph_json::read_text(call.body, "secretKey"));
  auto secret = crypto::secret_from_base32(text);
  wipe(text);
  if (!secret || secret->size() < 16) {
    co_return refuse(errors::bad_request("'secretKey' is at least 16 bytes in base32."));
  }
  co_return co_await set_one_time_secret(parts, call, user->object, std::make_shared<const Secret>(std::move(*secret)));
}

GraphReply remove_one_time_method(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  FH_CO_CHECK_OK(check_reach(parts, call, *user));
  if (!user->one_time_secret || call.text_at(4) != kOneTimeMethod) co_return refuse(errors::not_found(call.text_at(4)));
  co_return co_await set_one_time_secret(parts, call, user->object, nullptr);
}

template <bool kTransitive>
GraphReply user_member_of(GraphParts& parts, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  co_return co_await graph_member_of(parts, call, user->object, kTransitive);
}
template <bool kTransitive>
GraphReply my_member_of(GraphParts& parts, GraphCall& call) {
  return graph_member_of(parts, call, call.caller, kTransitive);
}
GraphReply user_member_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  co_return co_await graph_member_groups(call, user->object);
}
GraphReply user_check_groups(GraphParts&, GraphCall& call) {
  FH_CO_TRY(const auto user, user_at(call));
  co_return co_await graph_check_groups(call, user->object);
}
GraphReply my_member_groups(GraphParts&, GraphCall& call) { return graph_member_groups(call, call.caller); }

constexpr std::string_view kAuthentication = "microsoft.directory/users/authenticationMethods";
constexpr GraphRow kRows[] = {
    {Method::kGet, "/v1.0/me", "Graph.GetMe", "", get_me},
    {Method::kGet, "/v1.0/me/memberOf", "Graph.ListMyGroups", "", my_member_of<false>},
    {Method::kGet, "/v1.0/me/transitiveMemberOf", "Graph.ListAllMyGroups", "", my_member_of<true>},
    {Method::kPost, "/v1.0/me/getMemberGroups", "Graph.GetMyMemberGroups", "", my_member_groups},
    {Method::kPost, "/v1.0/me/changePassword", "Graph.ChangeMyPassword", "", change_my_password},
    {Method::kPost, "/v1.0/me/revokeSignInSessions", "Graph.RevokeMySignInSessions", "", revoke_my_sessions},
    {Method::kGet, "/v1.0/me/ownedObjects", "Graph.ListMyOwnedObjects", kGraphRead, nullptr},
    {Method::kGet, "/v1.0/users", "Graph.ListUsers", kGraphRead, list_users},
    {Method::kPost, "/v1.0/users", "Graph.CreateUser", "microsoft.directory/users/create", create_user},
    {Method::kGet, "/v1.0/users/{id}", "Graph.GetUser", kGraphRead, get_user},
    // check_update asks for what the body needs.
    {Method::kPatch, "/v1.0/users/{id}", "Graph.UpdateUser", kGraphRead, update_user},
    {Method::kDelete, "/v1.0/users/{id}", "Graph.DeleteUser", "microsoft.directory/users/delete", delete_user},
    {Method::kPost, "/v1.0/users/{id}/revokeSignInSessions", "Graph.RevokeSignInSessions",
     "microsoft.directory/users/invalidateAllRefreshTokens", revoke_user_sessions},
    {Method::kGet, "/v1.0/users/{id}/memberOf", "Graph.ListUserGroups", kGraphRead, user_member_of<false>},
    {Method::kGet, "/v1.0/users/{id}/transitiveMemberOf", "Graph.ListAllUserGroups", kGraphRead, user_member_of<true>},
    {Method::kPost, "/v1.0/users/{id}/getMemberGroups", "Graph.GetUserMemberGroups", kGraphRead, user_member_groups},
    {Method::kPost, "/v1.0/users/{id}/checkMemberGroups", "Graph.CheckUserMemberGroups", kGraphRead, user_check_groups},
    {Method::kGet, "/v1.0/users/{id}/authentication/softwareOathMethods", "Graph.ListSoftwareOathMethods",
     kAuthentication, list_one_time_methods},
    {Method::kPost, "/v1.0/users/{id}/authentication/softwareOathMethods", "Graph.CreateSoftwareOathMethod",
     kAuthentication, add_one_time_method},
    {Method::kDelete, "/v1.0/users/{id}/authentication/softwareOathMethods/{method}", "Graph.DeleteSoftwareOathMethod",
     kAuthentication, remove_one_time_method}};

}  // namespace

std::span<const GraphRow> graph_user_rows() { return kRows; }

}  // namespace freehold::directory
