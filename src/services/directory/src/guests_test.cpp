// What guests, and who invites them, might do that they shouldn't: here, and where their account is.
#include "src/external_fixture.h"

namespace freehold::directory {
namespace {

// Who may invite newcomers gets no link by which somebody becomes a guest who has been given something.
TEST_F(External, WhoOnlyInvitesDoesntInviteAgain) {
  constexpr std::string_view kGuestInviter = "95e79109-95c0-4d8e-aee3-d01accf2d47b";
  give_role(kGuestInviter, add_user("ian"));
  give_role(kUserAdministrator, add_user("uma"));
  const auto ian = token_of("ian@freehold.test");
  const auto uma = token_of("uma@freehold.test");
  const auto invited = invite("boss@partner.example", ian);
  const std::string guest = invited["invitedUser"]["id"];
  const auto again = [&](std::string_view by) {
    return call(Method::kPost, "/invitations",
                {{"invitedUserEmailAddress", "boss@partner.example"},
                 {"inviteRedirectUrl", "https://portal.example/in"}},
                by)
        .status;
  };
  EXPECT_EQ(again(ian), 403);
  EXPECT_EQ(again(uma), 201);
  give_role(kUserAdministrator, guest);
  EXPECT_EQ(again(uma), 403);
  EXPECT_EQ(call(Method::kPatch, "/users/" + guest, {{"mail", "uma@partner.example"}}, uma).status, 403);
  EXPECT_EQ(again({}), 201);
  EXPECT_EQ(get("/directoryRoles/" + std::string(kUserAdministrator) + "/members").body["value"].size(), 2u);
}

TEST_F(External, AddressesThatWouldHaveOneNameAreTwoPeoples) {
  static_cast<void>(invite("c@d_e.example"));
  const json other = {{"invitedUserEmailAddress", "c_d@e.example"}, {"inviteRedirectUrl", "https://portal.example/in"}};
  EXPECT_EQ(call(Method::kPost, "/invitations", other).error(), "400 Request_BadRequest");
  static_cast<void>(invite("C@d_e.example"));
}

TEST_F(External, AGuestsCredentialsAreSetWhereTheAccountIs) {
  make();
  const auto guest = add_guest();
  const auto set_password = [this](const std::string& id) {
    return call(Method::kPatch, "/users/" + id, {{"passwordProfile", {{"password", "another long one"}}}}).status;
  };
  const auto add_factor = [this](const std::string& id) {
    return call(Method::kPost, "/users/" + id + "/authentication/softwareOathMethods",
                {{"secretKey", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}})
        .status;
  };
  EXPECT_EQ(set_password(guest), 400);
  EXPECT_EQ(add_factor(guest), 400);
  const std::string pending = invite("dan@mail.example")["invitedUser"]["id"];
  EXPECT_EQ(set_password(pending), 400);
  EXPECT_EQ(add_factor(pending), 400);
  // The account's factor holds wherever it signs in.
  EXPECT_NE(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  EXPECT_EQ(call(Method::kPost, "/users/" + customer_id() + "/authentication/softwareOathMethods",
                 {{"secretKey", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}, there_)
                .status,
            201);
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  EXPECT_EQ(token_at(external_, by_password("cora@mail.example")), "");
}

TEST_F(External, WhatAGuestBeganEndsWithTheAccountsState) {
  make();
  const auto guest = add_guest();
  const auto account = customer_id();
  const auto refreshed = [this](const std::string& token) { return ask(to_string(tenant_), refreshing(token)).status; };
  const auto begin = [this] {
    auto out = refresh_token_at(to_string(tenant_), by_password("cora@mail.example"));
    EXPECT_NE(out, "");
    memory_.clock.advance(std::chrono::seconds(1));
    return out;
  };
  const auto set_enabled = [&](bool enabled) {
    EXPECT_EQ(call(Method::kPatch, "/users/" + account, {{"accountEnabled", enabled}}, there_).status, 204);
    memory_.clock.advance(std::chrono::seconds(1));
  };
  auto old = begin();
  set_enabled(false);
  set_enabled(true);
  EXPECT_EQ(refreshed(old), 400);
  old = begin();
  EXPECT_EQ(call(Method::kDelete, "/users/" + account, nullptr, there_).status, 204);
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  memory_.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + account + "/restore", json::object(), there_).status, 200);
  EXPECT_EQ(refreshed(old), 400);
  EXPECT_EQ(get("/me", token_at(to_string(tenant_), by_password("cora@mail.example"))).id(), guest);
}

TEST_F(External, AnAccountIsOneGuest) {
  make();
  const auto first = add_guest();
  EXPECT_EQ(call(Method::kDelete, "/users/" + first, nullptr).status, 204);
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  const auto again = invite("cora@mail.example");
  EXPECT_EQ(accept(again["inviteRedeemUrl"], "cora@mail.example").status, 303);
  // Under another name it could come back, but for the account that it shares with another by now.
  const std::string second = again["invitedUser"]["id"];
  EXPECT_EQ(call(Method::kPatch, "/users/" + second, {{"userPrincipalName", "cora.two@freehold.test"}}).status, 204);
  EXPECT_EQ(call(Method::kPost, "/directory/deletedItems/" + first + "/restore", json::object()).status, 400);
}

// Who has a role in another tenant by an account is out of reach where the account is, too.
TEST_F(External, AdministratorsAreOutOfReachWhereTheirAccountIs) {
  make();
  const auto guest = add_guest();
  const auto account = customer_id();
  const auto helper = add_customer("uma@mail.example");
  EXPECT_EQ(call(Method::kPost, "/directoryRoles/" + std::string(kUserAdministrator) + "/members/$ref",
                 reference(helper), there_)
                .status,
            204);
  const auto uma = token_at(external_, by_password("uma@mail.example"));
  const auto reset = [&](std::string_view by) {
    return call(Method::kPatch, "/users/" + account, {{"passwordProfile", {{"password", "another long one"}}}}, by)
        .status;
  };
  EXPECT_EQ(reset(uma), 204);
  give_role(kUserAdministrator, guest);
  EXPECT_EQ(reset(uma), 403);
  EXPECT_EQ(call(Method::kDelete, "/users/" + account, nullptr, uma).status, 403);
  EXPECT_EQ(reset(there_), 204);
  // The application that made the directory is its administrator, by what it has at home.
  constexpr std::string_view kApplicationAdministrator = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
  give_role(kApplicationAdministrator, add_user("apollo"));
  const auto made = call(Method::kPost, "/applications", {{"displayName", "Maker"}});
  const auto principal = call(Method::kPost, "/servicePrincipals", {{"appId", made.body["appId"]}});
  maker_ = *parse_guid<PrincipalId>(principal.id());
  const auto apollo = token_of("apollo@freehold.test");
  const auto add_secret = [&] {
    return call(Method::kPost, "/applications/" + made.id() + "/addPassword", json::object(), apollo).status;
  };
  EXPECT_EQ(add_secret(), 200);
  ASSERT_EQ(write("guests.freehold.test", body(), ChangeKind::kPut, true), "201");
  EXPECT_EQ(add_secret(), 403);
  EXPECT_EQ(call(Method::kPost, "/servicePrincipals/" + principal.id() + "/addPassword", json::object(), apollo).status,
            403);
}

// The directory that changes has the record, in the commit of the change.
TEST_F(External, AnAcceptanceIsOnTheInvitersRecord) {
  make();
  add_customer();
  const auto invited = invite("cora@mail.example");
  static_cast<void>(log_.take_entries());
  EXPECT_EQ(accept(invited["inviteRedeemUrl"], "cora@mail.example").status, 303);
  const auto entries = log_.take_entries();
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entries.back().way, gate::testing::FakeLog::Way::kSettled);
  EXPECT_EQ(entries.back().record.tenant, tenant_);
  EXPECT_EQ(entries.back().record.caller, invited["invitedUser"]["id"].get<std::string>());
}

// Who must set another password does that where the account is, before an invitation.
TEST_F(External, AnInvitationWaitsForANewPassword) {
  make();
  add_customer();
  const auto link = invite("cora@mail.example")["inviteRedeemUrl"].get<std::string>();
  EXPECT_EQ(call(Method::kPatch, "/users/" + customer_id(),
                 {{"passwordProfile", {{"forceChangePasswordNextSignIn", true}}}}, there_)
                .status,
            204);
  EXPECT_EQ(accept(link, "cora@mail.example").status, 403);
  EXPECT_EQ(call(Method::kPatch, "/users/" + customer_id(),
                 {{"passwordProfile", {{"forceChangePasswordNextSignIn", false}}}}, there_)
                .status,
            204);
  EXPECT_EQ(accept(link, "cora@mail.example").status, 303);
}

// Codes, devices and refresh tokens of one tenant are nothing at another's endpoint.
TEST_F(External, GrantsAreRedeemedWhereTheyWereGiven) {
  make();
  add_customer();
  const auto other = to_string(tenant_);
  const auto token = refresh_token_at(external_, by_password("cora@mail.example"));
  EXPECT_EQ(ask(other, refreshing(token)).status, 400);
  EXPECT_EQ(ask(external_, refreshing(token)).status, 200);
  const std::string login = "https://login.freehold.test:8443/";
  const auto begin = [&] {
    return body_json(send(
        Method::kPost, login + external_ + "/oauth2/devicecode",
        "client_id=" + std::string(kAzureCli) + "&resource=" + percent_encode("https://graph.freehold.test/"), {}));
  };
  const auto poll = [&](const std::string& tenant, const json& device) {
    return ask(tenant, "grant_type=device_code&client_id=" + std::string(kAzureCli) +
                           "&code=" + device.value("device_code", ""));
  };
  for (const bool own : {false, true}) {
    const auto device = begin();
    auto page = send(Method::kPost, login + "device", "user_code=" + device.value("user_code", ""), {});
    EXPECT_EQ(sign_in_on(std::move(page), "cora@mail.example").status, 200);
    EXPECT_EQ(poll(own ? external_ : other, device).status, own ? 200 : 400);
  }
}

}  // namespace
}  // namespace freehold::directory
