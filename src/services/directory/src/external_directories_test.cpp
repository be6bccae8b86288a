// A directory for people from outside: made as a resource, kept by Graph, signed in to by itself; guests both ways.
#include "src/external_fixture.h"

namespace freehold::directory {
namespace {

TEST_F(External, IsMadeAsAResource) {
  EXPECT_EQ(write("customers", body()), "InvalidResourceName");
  EXPECT_EQ(write("a.b.freehold.test", body()), "InvalidResourceName");
  EXPECT_EQ(write("freehold.test", body()), "InvalidResourceName");
  EXPECT_EQ(write(kDomain, {{"location", "local"}, {"sku", {{"name", "Gold"}}}}), "InvalidSku");
  EXPECT_EQ(write(kDomain, {{"location", "local"}, {"sku", {{"name", "Standard"}}}}), "InvalidRequestContent");
  make();
  EXPECT_EQ(resource_["name"], kDomain);
  EXPECT_NE(external_, to_string(tenant_));
  auto changed = resource_;
  changed["tags"] = {{"a", "b"}};
  EXPECT_EQ(write(kDomain, changed), "200");
  EXPECT_EQ(resource_["tags"]["a"], "b");
  EXPECT_EQ(write(kDomain, body("Another name")), "PropertyChangeNotAllowed");
  const auto organization = get("/organization", there_).body["value"][0];
  EXPECT_EQ(organization["id"], external_);
  EXPECT_EQ(organization["displayName"], "Our customers");
  EXPECT_EQ(get("/domains", there_).body["value"][0]["id"], kDomain);
}

TEST_F(External, LocalAccountsSignInWhereTheyAre) {
  make();
  const auto made = call(Method::kPost, "/users", customer("emailAddress", "Cora@mail.example"), there_);
  ASSERT_EQ(made.status, 201) << made.body.dump();
  EXPECT_EQ(made.body["creationType"], "LocalAccount");
  EXPECT_EQ(made.body["userPrincipalName"], made.id() + "@" + std::string(kDomain));
  EXPECT_EQ(made.body["identities"][0]["issuerAssignedId"], "Cora@mail.example");
  EXPECT_NE(token_at(external_, by_password("cora@MAIL.example")), "");
  EXPECT_EQ(token_at(external_, by_password("cora@mail.example", "another password")), "");
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  EXPECT_EQ(token(by_password("cora@mail.example")), "");  // AD FS names no tenant
  EXPECT_EQ(call(Method::kPost, "/users", customer("userName", "cora.customer"), there_).status, 201);
  EXPECT_NE(token_at(external_, by_password("cora.customer")), "");
}

TEST_F(External, NamesAreOneUsersAndItsOwn) {
  make();
  add_customer();
  const auto refusal = [&](const json& user) { return call(Method::kPost, "/users", user, there_).error(); };
  EXPECT_EQ(refusal(customer("userName", "cora@mail.example")), "400 Request_BadRequest");
  EXPECT_EQ(refusal(customer("emailAddress", "CORA@mail.example")), "400 Request_BadRequest");
  EXPECT_EQ(refusal(customer("emailAddress", "dan@mail.example", "freehold.test")), "400 Request_BadRequest");
  EXPECT_EQ(refusal(customer("emailAddress", "no address")), "400 Request_BadRequest");
  EXPECT_EQ(refusal(customer("federated", "1234", "facebook.com")).substr(0, 3), "501");
  auto home = user_body("dora");
  EXPECT_EQ(refusal(home), "400 Request_BadRequest");  // the home tenant's domain
  home["identities"] = customer("emailAddress", "dora@mail.example")["identities"];
  EXPECT_EQ(call(Method::kPost, "/users", home).error(), "400 Request_BadRequest");
  // The same address in another tenant is another person.
  ASSERT_EQ(write("citizens.freehold.test", body("Citizens")), "201");
  const std::string other = resource_["properties"]["tenantId"];
  const auto by = token_at(other, "grant_type=client_credentials&client_id=" + to_string(application_) +
                                      "&client_secret=" + percent_encode(kSecret));
  auto twin = customer("emailAddress", "cora@mail.example", "citizens.freehold.test");
  twin["passwordProfile"]["password"] = "the other password";
  EXPECT_EQ(call(Method::kPost, "/users", twin, by).status, 201);
  EXPECT_EQ(token_at(other, by_password("cora@mail.example")), "");
  EXPECT_NE(token_at(other, by_password("cora@mail.example", "the other password")), "");
  EXPECT_NE(token_at(external_, by_password("cora@mail.example")), "");
}

TEST_F(External, CustomersSeeThemselvesAlone) {
  make();
  const auto cora = add_customer();
  add_customer("dan@mail.example");
  const auto by = token_at(external_, by_password("cora@mail.example"));
  EXPECT_EQ(get("/me", by).id(), cora);
  EXPECT_EQ(get("/users", by).status, 403);
  EXPECT_EQ(get("/users/" + cora, by).status, 403);
  EXPECT_EQ(get("/groups", by).status, 403);
  EXPECT_EQ(names("/users").size(), 0u);  // of the home tenant: they aren't there
  EXPECT_EQ(get("/users", there_).body["value"].size(), 2u);
  const auto filter = "/users?$filter=" + percent_encode(
                                              "identities/any(c:c/issuerAssignedId eq 'cora@mail.example' and "
                                              "c/issuer eq 'customers.freehold.test')");
  const auto found = get(filter, there_).body["value"];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]["id"], cora);
}

TEST_F(External, TokensAreForTheDirectoryAlone) {
  make();
  add_customer();
  const auto refused = [&](const std::string& grant, std::string_view resource) {
    const auto answer = ask(external_, grant, resource);
    return answer.status == 200 ? "given" : body_json(answer)["error_description"].get<std::string>().substr(0, 13);
  };
  const auto admin = "grant_type=client_credentials&client_id=" + to_string(application_) +
                     "&client_secret=" + percent_encode(kSecret);
  EXPECT_EQ(refused(by_password("cora@mail.example"), "https://storage.azure.com/"), "AADSTS500011:");
  EXPECT_EQ(refused(by_password("cora@mail.example"), "https://management.freehold.test/"), "AADSTS500011:");
  EXPECT_EQ(refused(by_password("cora@mail.example"), "https://vault.azure.net"), "AADSTS500011:");
  EXPECT_EQ(refused(admin, "https://storage.azure.com/"), "AADSTS500011:");
  EXPECT_EQ(refused(admin, "https://management.freehold.test/"), "given");
}

TEST_F(External, LockoutIsTheAccountsAndNotTheNames) {
  make();
  add_customer();
  add_user("ada");
  for (int i = 0; i < 12; ++i) static_cast<void>(token_at(external_, by_password("cora@mail.example", "wrong wrong")));
  EXPECT_EQ(token_at(external_, by_password("cora@mail.example")), "");
  EXPECT_NE(token_of("ada@freehold.test"), "");
}

TEST_F(External, ACustomerBecomesAGuestOfTheHomeTenant) {
  make();
  add_customer();
  const auto invited = invite("cora@mail.example");
  EXPECT_EQ(invited["status"], "PendingAcceptance");
  const std::string guest = invited["invitedUser"]["id"];
  EXPECT_EQ(get("/users/" + guest).body["externalUserState"], "PendingAcceptance");
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
  const std::string link = invited["inviteRedeemUrl"];
  EXPECT_EQ(accept(link + "x", "cora@mail.example").status, 400);
  EXPECT_EQ(accept(link, "cora@mail.example", "not the password").status, 401);
  const auto accepted = accept(link, "cora@mail.example");
  EXPECT_EQ(accepted.status, 303);
  EXPECT_EQ(accepted.headers.get("location"), "https://portal.example/in");
  EXPECT_EQ(accept(link, "cora@mail.example").status, 400);  // once
  const auto shown = get("/users/" + guest).body;
  EXPECT_EQ(shown["externalUserState"], "Accepted");
  EXPECT_EQ(shown["userType"], "Guest");
  const auto by = token_at(to_string(tenant_), by_password("cora@mail.example"));
  ASSERT_NE(by, "");
  EXPECT_EQ(get("/me", by).id(), guest);
  EXPECT_EQ(get("/users", by).status, 403);
  EXPECT_EQ(call(Method::kPost, "/me/changePassword",
                 {{"currentPassword", kPassword}, {"newPassword", "another long one"}}, by)
                .status,
            400);
  // As long as the account is there and enabled.
  const auto account = get("/users", there_).body["value"][0]["id"].get<std::string>();
  EXPECT_EQ(call(Method::kPatch, "/users/" + account, {{"accountEnabled", false}}, there_).status, 204);
  EXPECT_EQ(get("/me", by).status, 401);
  EXPECT_EQ(token_at(to_string(tenant_), by_password("cora@mail.example")), "");
}

TEST_F(External, AnInvitationIsForOneAddress) {
  make();
  add_customer();
  add_customer("dan@mail.example");
  const auto invited = invite("cora@mail.example");
  EXPECT_EQ(accept(invited["inviteRedeemUrl"], "dan@mail.example").status, 403);
  EXPECT_EQ(accept(invite("nobody@mail.example")["inviteRedeemUrl"], "cora@mail.example").status, 403);
  const auto again = invite("cora@mail.example");
  EXPECT_EQ(again["invitedUser"]["id"], invited["invitedUser"]["id"]);
  EXPECT_EQ(accept(invited["inviteRedeemUrl"], "cora@mail.example").status, 400);  // replaced
  memory_.clock.advance(std::chrono::days(31));
  EXPECT_EQ(accept(again["inviteRedeemUrl"], "cora@mail.example").status, 400);  // over
}

TEST_F(External, WhoMadeItSignsInByTheAccountAtHome) {
  maker_ = *parse_guid<PrincipalId>(add_user("ada"));
  ASSERT_EQ(write(kDomain, body(), ChangeKind::kPut, true), "201");
  external_ = resource_["properties"]["tenantId"];
  there_ = token_at(external_, by_password("ada@freehold.test"));
  ASSERT_NE(there_, "");
  EXPECT_EQ(get("/me", there_).body["userType"], "Guest");
  add_customer();
  EXPECT_EQ(get("/users", there_).body["value"].size(), 2u);
  EXPECT_EQ(call(Method::kPatch, "/users/ada@freehold.test", {{"accountEnabled", false}}).status, 204);
  EXPECT_EQ(get("/users", there_).status, 401);
  EXPECT_EQ(write("guests.freehold.test", body(), ChangeKind::kPut, false), "201");
}

TEST_F(External, GoesWholeAndOnlyWhenItIsEmpty) {
  make();
  const auto cora = add_customer();
  EXPECT_EQ(write(kDomain, nullptr, ChangeKind::kDelete), "Conflict");
  EXPECT_EQ(get("/users/" + cora, there_).status, 200);
  EXPECT_EQ(call(Method::kDelete, "/users/" + cora, nullptr, there_).status, 204);
  EXPECT_EQ(write(kDomain, nullptr, ChangeKind::kDelete), "200");
  EXPECT_EQ(get("/organization", there_).status, 401);
  EXPECT_EQ(ask(external_, by_password("cora@mail.example")).status, 400);
  EXPECT_EQ(write(kDomain, nullptr, ChangeKind::kDelete), "204");
  make();
  EXPECT_EQ(get("/users", there_).body["value"].size(), 0u);
}

TEST_F(External, KeysAreMadeForDirectoriesThatAreMade) {
  int prepared = 0;
  SessionStore sessions(memory_.sealed());
  DirectoryStore store(memory_.sealed(), *memory_.tree);
  ASSERT_TRUE(run_blocking(store.open(tenant_, {application_, Secret(BytesView(kSecret))})));
  ExternalDirectories externals(store, sessions, memory_.random, [&prepared](TenantId) -> Task<Result<>> {
    ++prepared;
    co_return Result<>();
  });
  const auto made = [&](std::string domain, PrincipalId who) {
    return run_blocking(externals.make({.tenant = {},
                                        .resource = path(domain),
                                        .domain = domain,
                                        .display_name = "n",
                                        .country = "DE",
                                        .sku = "Standard",
                                        .location = "local",
                                        .administrator = {tenant_, who}}));
  };
  EXPECT_EQ(made("nobodys.freehold.test", PrincipalId{}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(prepared, 0);
  for (std::size_t i = 0; i < kMaxExternalDirectories; ++i) {
    ASSERT_TRUE(made("d" + std::to_string(i) + ".freehold.test", owner_));
  }
  const int most = prepared;
  EXPECT_EQ(made("more.freehold.test", owner_).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(made("d1.freehold.test", owner_).error().code, ErrorCode::kConflict);
  EXPECT_EQ(prepared, most);
}

TEST_F(External, ARestartFindsIt) {
  make();
  add_customer();
  DirectoryService again({.store = memory_.sealed(),
                          .erasure = *memory_.tree,
                          .clock = memory_.clock,
                          .pool = pool_,
                          .domain = "freehold.test",
                          .blob_suffixes = {}});
  ASSERT_TRUE(run_blocking(again.open(tenant_, {application_, Secret(BytesView(kSecret))})));
  gate::Pipeline door(accounts_, log_, memory_.clock, memory_.random, gate::PipelineOptions{});
  door.add(again.gate());
  const auto answer = gate::testing::send(
      door, Method::kPost, "https://login.freehold.test:8443/" + external_ + "/oauth2/token",
      by_password("cora@mail.example") + "&resource=" + percent_encode("https://graph.freehold.test/"), {});
  EXPECT_EQ(answer.status, 200);
}

}  // namespace
}  // namespace freehold::directory
