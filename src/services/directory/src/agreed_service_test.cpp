// A person signs in for one service, which the page names; clients get tokens for that one.
#include "src/user_login_fixture.h"

namespace freehold::directory {
namespace {

using namespace testing;

class AgreedService : public UserLogin {
 protected:
  static constexpr std::string_view kApp = "08080808-0808-0808-0808-080808080808";
  static constexpr std::string_view kAppBack = "https://app.test/back";
  static constexpr std::string_view kStorage = "https://storage.azure.com/.default openid offline_access";
  static constexpr std::string_view kManagement = "https://management.freehold.test//.default openid offline_access";

  void SetUp() override {
    UserLogin::SetUp();
    ASSERT_TRUE(add_application({std::string(kAppBack)}));
    ASSERT_TRUE(run_blocking(service_->store().add_service_principal(tenant_, *parse_guid<PrincipalId>(kApp), "app")));
  }
  Result<> add_application(std::vector<std::string> redirects) {
    Application application{.object = {}, .application = *parse_guid<PrincipalId>(kApp)};
    application.object.bytes.fill(9);
    application.attributes = {{"displayName", std::string("app")}, {"publicClient.redirectUris", redirects}};
    return change([&application](Draft& draft) { return changes::add(draft, application); });
  }
  static std::string with_scope(std::string_view scope) {
    return scope.empty() ? std::string() : "&scope=" + percent_encode(scope);
  }
  http::Response begin(std::string_view client, std::string_view back) {
    return send(Method::kGet, "/adfs/oauth2/authorize?response_type=code&client_id=" + std::string(client) +
                                  "&redirect_uri=" + percent_encode(back) + with_scope(kStorage) +
                                  "&code_challenge=" + challenge() + "&code_challenge_method=S256");
  }
  http::Response redeem(std::string_view client, std::string_view back, std::string_view scope) {
    const auto answer = post(page_of(begin(client, back)), password());
    const auto given = between(std::string(answer.headers.get("location")) + "&", "code=", "&");
    return token("grant_type=authorization_code&client_id=" + std::string(client) + "&code=" + given +
                 "&redirect_uri=" + percent_encode(back) + "&code_verifier=" + std::string(kVerifier) +
                 with_scope(scope));
  }
  http::Response refresh(const http::Response& before, std::string_view client, std::string_view scope) {
    return token("grant_type=refresh_token&client_id=" + std::string(client) +
                 "&refresh_token=" + body_json(before).value("refresh_token", "") + with_scope(scope));
  }
  json audience(const http::Response& answer) { return claims_of(body_json(answer).value("access_token", ""))["aud"]; }
};

TEST_F(AgreedService, ThePageNamesIt) {
  EXPECT_TRUE(body_text(begin(kApp, kAppBack)).contains("may then use <strong>storage</strong>"));
  EXPECT_TRUE(body_text(begin(kAzureCli, kBack)).contains("every service"));
}

TEST_F(AgreedService, ACodeBuysNoOther) {
  EXPECT_EQ(refusal(redeem(kApp, kAppBack, kManagement)), "400 invalid_grant 65001");
  EXPECT_EQ(refusal(redeem(kApp, kAppBack, "User.Read")), "400 invalid_grant 65001");
  for (const std::string_view scope : {std::string_view(), kStorage, std::string_view("openid offline_access")}) {
    EXPECT_EQ(audience(redeem(kApp, kAppBack, scope)), "https://storage.azure.com") << scope;
  }
  EXPECT_EQ(audience(redeem(kAzureCli, kBack, kManagement)), "https://management.freehold.test/");
}

TEST_F(AgreedService, NorDoesARefreshToken) {
  auto answer = redeem(kApp, kAppBack, kStorage);
  EXPECT_EQ(refusal(refresh(answer, kApp, kManagement)), "400 invalid_grant 65001");
  answer = refresh(answer, kApp, "");  // which didn't use it up
  EXPECT_EQ(audience(answer), "https://storage.azure.com");
  answer = refresh(answer, kApp, "openid offline_access");
  EXPECT_EQ(audience(answer), "https://storage.azure.com");
  answer = redeem(kAzureCli, kBack, kStorage);
  EXPECT_EQ(audience(refresh(answer, kAzureCli, kManagement)), "https://management.freehold.test/");
}

TEST_F(AgreedService, NorADevice) {
  const auto begun = body_json(
      send(Method::kPost, "/adfs/oauth2/devicecode", "client_id=" + std::string(kApp) + with_scope(kStorage)));
  const auto page = send(Method::kPost, "/device", "user_code=" + begun.value("user_code", ""));
  EXPECT_TRUE(body_text(page).contains("may then use <strong>storage</strong>"));
  EXPECT_EQ(post(page_of(page), password()).status, 200);
  EXPECT_EQ(refusal(token("grant_type=device_code&client_id=" + std::string(kApp) +
                          "&code=" + begun.value("device_code", "") + with_scope(kManagement))),
            "400 invalid_grant 65001");
}

TEST_F(AgreedService, NobodyIsSentToAScript) {
  ASSERT_TRUE(change([](Draft& draft) {
    PrincipalId object;
    object.bytes.fill(9);
    return changes::remove(draft, object, WallTime());
  }));
  for (const std::string bad : {"javascript:alert(1)", "data:text/html,x", "http://app.test/", "https://*.app.test"}) {
    EXPECT_EQ(add_application({bad}).error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace freehold::directory
