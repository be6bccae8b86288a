// A directory for people from outside: made as a resource, kept by Graph, signed in to by itself; guests both ways.
#include "resource/registry.h"
#include "src/graph_fixture.h"

namespace freehold::directory {
namespace {

using gate::resource::ChangeKind;

constexpr std::string_view kDomain = "customers.freehold.test";
constexpr std::string_view kPassword = "a long password";

class External : public Graph {
 protected:
  void SetUp() override {
    Graph::SetUp();
    service_.add_resource_types(registry_);
    const auto found = service_.store().clients(application_, tenant_);
    ASSERT_EQ(found.size(), 1u);
    owner_ = found[0].principal->object;
  }
  [[nodiscard]] static std::string path(std::string_view name) {
    return "/subscriptions/5b5b5b5b-5b5b-5b5b-5b5b-5b5b5b5b5b5b/resourceGroups/g/providers/"
           "Microsoft.AzureActiveDirectory/b2cDirectories/" +
           std::string(name);
  }
  // "201", or the error's code.
  std::string write(std::string_view name, json body, ChangeKind kind = ChangeKind::kPut, bool by_user = false) {
    gate::resource::ProposedChange change{
        .kind = kind,
        .id = *gate::resource::parse_resource_id(path(name)),
        .after = std::move(body),
        .caller = {.tenant = tenant_, .object = by_user ? maker_ : owner_, .now = memory_.clock.now()}};
    auto approved = *registry_.checks().approve(std::move(change));
    auto& provider = *registry_.find("Microsoft.AzureActiveDirectory/b2cDirectories")->behind;
    auto done = kind == ChangeKind::kDelete ? run_blocking(provider.remove(std::move(approved)))
                                            : run_blocking(provider.put(std::move(approved)));
    if (!done) return done.error().code;
    resource_ = done->resource;
    return std::to_string(done->status);
  }
  static json body(std::string_view name = "Our customers") {
    return {{"location", "local"},
            {"sku", {{"name", "Standard"}, {"tier", "A0"}}},
            {"properties", {{"createTenantProperties", {{"displayName", name}, {"countryCode", "DE"}}}}}};
  }
  // Makes it and signs its maker in there.
  void make() {
    ASSERT_EQ(write(kDomain, body()), "201");
    external_ = resource_["properties"]["tenantId"];
    there_ = token_at(external_, "grant_type=client_credentials&client_id=" + to_string(application_) +
                                     "&client_secret=" + percent_encode(kSecret));
    ASSERT_NE(there_, "");
  }
  http::Response ask(const std::string& tenant, const std::string& grant,
                     std::string_view resource = "https://graph.freehold.test:8443/") {
    return send(Method::kPost, "https://login.freehold.test:8443/" + tenant + "/oauth2/token",
                grant + "&resource=" + percent_encode(resource), {});
  }
  std::string token_at(const std::string& tenant, const std::string& grant) {
    const auto answer = body_json(ask(tenant, grant));
    return answer.is_object() ? answer.value("access_token", "") : std::string();
  }
  static std::string by_password(std::string_view name, std::string_view password = kPassword) {
    return "grant_type=password&client_id=" + std::string(kAzureCli) + "&username=" + percent_encode(name) +
           "&password=" + percent_encode(password);
  }
  static json customer(std::string_view type, std::string_view id, std::string_view issuer = kDomain) {
    return {{"displayName", "Cora Customer"},
            {"identities", json::array({{{"signInType", type}, {"issuer", issuer}, {"issuerAssignedId", id}}})},
            {"passwordProfile", {{"password", kPassword}, {"forceChangePasswordNextSignIn", false}}},
            {"passwordPolicies", "DisablePasswordExpiration"}};
  }
  std::string add_customer(std::string_view mail = "cora@mail.example") {
    const auto made = call(Method::kPost, "/users", customer("emailAddress", mail), there_);
    EXPECT_EQ(made.status, 201) << made.body.dump();
    return made.id();
  }
  // What a browser does with an invitation's link.
  http::Response accept(const std::string& link, std::string_view name, std::string_view password = kPassword) {
    auto page = send(Method::kGet, link, {}, {});
    if (page.status != 200) return page;
    const auto text = gate::testing::body_text(page);
    const auto at = text.find("name=\"ticket\" value=\"");
    if (at == text.npos) return page;
    const auto from = at + 21;
    const auto cookie = std::string(page.headers.get("set-cookie"));
    return send(Method::kPost, "https://login.freehold.test:8443/signin",
                "ticket=" + text.substr(from, text.find('"', from) - from) + "&username=" + percent_encode(name) +
                    "&password=" + percent_encode(password),
                {{"cookie", cookie.substr(0, cookie.find(';'))}});
  }
  json invite(std::string_view mail, std::string_view by = {}) {
    const auto made = call(Method::kPost, "/invitations",
                           {{"invitedUserEmailAddress", mail}, {"inviteRedirectUrl", "https://portal.example/in"}}, by);
    EXPECT_EQ(made.status, 201) << made.body.dump();
    return made.body;
  }

  gate::resource::Registry registry_;
  PrincipalId owner_;
  PrincipalId maker_;
  json resource_;
  std::string external_;
  std::string there_;  // its administrator's token
};

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
