// For tests of external directories and guests: a home tenant that makes one, with customers and invitations.
#pragma once

#include "resource/registry.h"
#include "src/external_directories.h"
#include "src/graph_fixture.h"

namespace freehold::directory {

using gate::resource::ChangeKind;

inline constexpr std::string_view kDomain = "customers.freehold.test";
inline constexpr std::string_view kPassword = "a long password";

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
    return sign_in_on(std::move(page), name, password);
  }
  http::Response sign_in_on(http::Response page, std::string_view name, std::string_view password = kPassword) {
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

  // A refresh token comes with it.
  std::string refresh_token_at(const std::string& tenant, const std::string& grant) {
    return body_json(ask(tenant, grant)).value("refresh_token", "");
  }
  static std::string refreshing(const std::string& token) {
    return "grant_type=refresh_token&client_id=" + std::string(kAzureCli) + "&refresh_token=" + token;
  }
  // A customer who is the home tenant's guest: the guest's id.
  std::string add_guest(std::string_view mail = "cora@mail.example") {
    add_customer(mail);
    const auto invited = invite(mail);
    EXPECT_EQ(accept(invited["inviteRedeemUrl"], mail).status, 303);
    return invited["invitedUser"]["id"];
  }
  std::string customer_id(std::string_view mail = "cora@mail.example") {
    for (const auto& user : get("/users", there_).body["value"]) {
      if (user["identities"][0]["issuerAssignedId"] == mail) return user["id"];
    }
    return {};
  }

  gate::resource::Registry registry_;
  PrincipalId owner_;
  PrincipalId maker_;
  json resource_;
  std::string external_;
  std::string there_;  // its administrator's token
};

}  // namespace freehold::directory
