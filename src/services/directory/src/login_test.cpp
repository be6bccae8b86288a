// Sign-in as a client sees it: the directory behind a real pipeline.
#include <algorithm>

#include "src/user_login_fixture.h"

namespace freehold::directory {
namespace {

using gate::testing::body_json;
using gate::testing::HeaderList;
using http::Method;
using nlohmann::json;
using runtime::run_blocking;
using testing::refusal;

class Login : public ::testing::Test {
 protected:
  static constexpr std::string_view kSecret = "a secret as long as they are";

  Login() {
    tenant_.bytes.fill(1);
    application_.bytes.fill(2);
  }
  void SetUp() override {
    const auto opened = run_blocking(service_.open(tenant_, {application_, Secret(BytesView(kSecret))}));
    ASSERT_TRUE(opened) << opened.error().message;
    pipeline_.add(service_.gate());
  }

  http::Response send(Method method, const std::string& path, std::string body = {}, HeaderList headers = {},
                      std::string host = "login.freehold.test:8443") {
    return gate::testing::send(pipeline_, method, "https://" + host + path, std::move(body), std::move(headers));
  }
  std::string form(std::string_view rest, std::string_view secret = kSecret) const {
    return "grant_type=client_credentials&client_id=" + to_string(application_) +
           "&client_secret=" + percent_encode(secret) + "&" + std::string(rest);
  }
  std::string v2() const { return "/" + to_string(tenant_) + "/oauth2/v2.0/token"; }
  crypto::Jwt proven(const json& answer) {
    auto token = crypto::parse_jwt(answer.value("access_token", ""));
    EXPECT_TRUE(token);
    if (!token) return {};
    const auto key = service_.authority().key(token->header.text("kid").value_or(""));
    EXPECT_TRUE(key && crypto::verify(*token, *key));
    return std::move(*token);
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  PrincipalId application_;
  runtime::Pool pool_{{.name = "test"}};
  gate::testing::NoAccounts accounts_;
  gate::testing::FakeLog log_;
  DirectoryService service_{{.store = memory_.sealed(),
                             .erasure = *memory_.tree,
                             .clock = memory_.clock,
                             .pool = pool_,
                             .domain = "freehold.test",
                             .blob_suffixes = {"blob.core.freehold.test"}}};
  gate::Pipeline pipeline_{accounts_, log_, memory_.clock, memory_.random, {}};
};

constexpr std::string_view kStorageScope = "scope=https%3A%2F%2Fstorage.azure.com%2F.default";

TEST_F(Login, ASecretBuysATokenInEveryStyle) {
  struct Row {
    std::string path;
    std::string asked;
    std::string audience;
    std::string issuer;
  };
  const std::string id = to_string(tenant_);
  for (const Row& row : {Row{v2(), std::string(kStorageScope), "https://storage.azure.com",
                             "https://login.freehold.test:8443/" + id + "/v2.0"},
                         Row{"/" + id + "/oauth2/token", "resource=https://storage.azure.com/",
                             "https://storage.azure.com/", "https://login.freehold.test:8443/" + id + "/"},
                         Row{"/adfs/oauth2/token", "resource=https://management.freehold.test:8443/",
                             "https://management.freehold.test:8443/", "https://login.freehold.test:8443/adfs"},
                         Row{"/adfs/oauth2/token", std::string(kStorageScope), "https://storage.azure.com",
                             "https://login.freehold.test:8443/adfs"}}) {
    const auto response = send(Method::kPost, row.path, form(row.asked));
    ASSERT_EQ(response.status, 200) << row.path;
    EXPECT_EQ(response.headers.get("cache-control"), "no-store");
    const auto answer = body_json(response);
    EXPECT_EQ(answer.value("token_type", ""), "Bearer");
    const auto token = proven(answer);
    EXPECT_EQ(token.claims.text("aud"), row.audience);
    EXPECT_EQ(token.claims.text("iss"), row.issuer);
    EXPECT_EQ(token.claims.text("tid"), id);
    EXPECT_EQ(token.claims.text("appid"), to_string(application_));
    EXPECT_EQ(token.claims.number("exp").value_or(0) - token.claims.number("nbf").value_or(0), 3'600);
    const auto object = parse_guid<PrincipalId>(token.claims.text("oid").value_or(""));
    ASSERT_TRUE(object);
    EXPECT_NE(service_.store().find(tenant_, *object), nullptr);
    EXPECT_TRUE(service_.authority().issues_as(row.issuer, tenant_));
  }
}

TEST_F(Login, V1AnswersItsNumbersAsText) {
  const auto v1 = body_json(
      send(Method::kPost, "/" + to_string(tenant_) + "/oauth2/token", form("resource=https://storage.azure.com")));
  EXPECT_TRUE(v1["expires_in"].is_string());
  EXPECT_TRUE(v1["expires_on"].is_string());
  EXPECT_TRUE(body_json(send(Method::kPost, v2(), form(kStorageScope)))["expires_in"].is_number());
}

TEST_F(Login, TheSecretMayComeByBasic) {
  const auto basic = "Basic " + to_base64(to_string(application_) + ":" + percent_encode(kSecret));
  EXPECT_EQ(send(Method::kPost, v2(), "grant_type=client_credentials&" + std::string(kStorageScope),
                 {{"authorization", basic}})
                .status,
            200);
}

TEST_F(Login, RefusalsAreAzuresOwn) {
  const auto post = [this](const std::string& path, std::string body) {
    return refusal(send(Method::kPost, path, std::move(body)));
  };
  EXPECT_EQ(post(v2(), form(kStorageScope, "wrong")), "401 invalid_client 7000215");
  EXPECT_EQ(post(v2(), "grant_type=client_credentials&client_id=" + to_string(application_)),
            "401 invalid_client 7000218");
  EXPECT_EQ(post(v2(), "grant_type=client_credentials&client_secret=x"), "400 invalid_request 900144");
  EXPECT_EQ(post(v2(), "grant_type=client_credentials&client_id=nobody&client_secret=x"),
            "400 unauthorized_client 700016");
  EXPECT_EQ(post(v2(), "client_id=x"), "400 invalid_request 900144");
  for (const std::string type : {"implicit", "x"}) {
    EXPECT_EQ(post(v2(), "grant_type=" + type), "400 unsupported_grant_type 70003") << type;
  }
  EXPECT_EQ(post(v2(), form("")), "400 invalid_request 900144");
  EXPECT_EQ(post(v2(), form("scope=https%3A%2F%2Fstorage.azure.com")), "400 invalid_scope 1002012");
  EXPECT_EQ(post(v2(), form("scope=https%3A%2F%2Fevil.test%2F.default")), "400 invalid_resource 500011");
  EXPECT_EQ(post(v2(), form(std::string(kStorageScope) + "&client_assertion=x")), "401 invalid_client 50027");
  EXPECT_EQ(post(v2(), "grant_type=a&grant_type=b"), "400 invalid_request 900144");
  EXPECT_EQ(post(v2(), std::string(kMaxNameBytes * 1'024, 'a')), "400 invalid_request 900144");
  EXPECT_EQ(post("/00000000-0000-0000-0000-000000000009/oauth2/v2.0/token", form(kStorageScope)),
            "400 invalid_request 90002");
  EXPECT_EQ(post("/common/oauth2/v2.0/token", form(kStorageScope)), "400 invalid_request 50059");
  EXPECT_EQ(refusal(send(Method::kGet, v2())), "404 invalid_request 90014");
}

TEST_F(Login, WhoIsDisabledOrWhoseSecretIsOverGetsNone) {
  const auto object = service_.store().clients(application_)[0].principal->object;
  const auto brief =
      run_blocking(service_.store().add_secret(tenant_, object, memory_.clock.now() + std::chrono::seconds(60)));
  ASSERT_TRUE(brief);
  EXPECT_EQ(send(Method::kPost, v2(), form(kStorageScope, brief->view())).status, 200);
  memory_.clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(refusal(send(Method::kPost, v2(), form(kStorageScope, brief->view()))), "401 invalid_client 7000222");
  ASSERT_TRUE(run_blocking(service_.store().set_enabled(tenant_, object, false)));
  EXPECT_EQ(refusal(send(Method::kPost, v2(), form(kStorageScope))), "400 unauthorized_client 7000112");
}

TEST_F(Login, GuessingIsSlowedDown) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(refusal(send(Method::kPost, v2(), form(kStorageScope, "wrong"))), "401 invalid_client 7000215");
  }
  const auto slowed = send(Method::kPost, v2(), form(kStorageScope));
  EXPECT_EQ(slowed.status, 429);
  EXPECT_EQ(slowed.headers.get("retry-after"), "60");
  memory_.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(send(Method::kPost, v2(), form(kStorageScope)).status, 200);
}

TEST_F(Login, DocumentsLeadToTheEndpoints) {
  const std::string id = to_string(tenant_);
  for (const std::string& base : {std::string("/adfs"), "/" + id + "/v2.0", "/" + id, std::string("/common/v2.0")}) {
    const auto document = body_json(send(Method::kGet, base + "/.well-known/openid-configuration"));
    const std::string origin = "https://login.freehold.test:8443";
    ASSERT_TRUE(document.value("issuer", "").starts_with(origin)) << base;
    const auto keys = document.value("jwks_uri", "");
    ASSERT_TRUE(keys.starts_with(origin));
    const auto jwks = body_json(send(Method::kGet, keys.substr(origin.size())));
    ASSERT_EQ(jwks["keys"].size(), 1u) << base;
    EXPECT_TRUE(service_.authority().key(jwks["keys"][0].value("kid", "")));
    if (base.starts_with("/common")) continue;
    const auto token = document.value("token_endpoint", "").substr(origin.size());
    EXPECT_EQ(
        send(Method::kPost, token, form(std::string(kStorageScope) + "&resource=https://storage.azure.com")).status,
        200)
        << token;
  }
  EXPECT_EQ(refusal(send(Method::kGet, "/nobody/v2.0/.well-known/openid-configuration")), "400 invalid_request 90002");
}

TEST_F(Login, InstancesAreOursOrNone) {
  const std::string path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";
  const auto answer = body_json(
      send(Method::kGet, path + "https://login.freehold.test:8443/" + to_string(tenant_) + "/oauth2/v2.0/authorize"));
  EXPECT_EQ(answer.value("tenant_discovery_endpoint", ""),
            "https://login.freehold.test:8443/" + to_string(tenant_) + "/v2.0/.well-known/openid-configuration");
  EXPECT_EQ(answer["metadata"][0].value("preferred_network", ""), "login.freehold.test:8443");
  for (const std::string bad : {"https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                                "https://login.freehold.test.evil/common/", "https://login.freehold.test", ""}) {
    EXPECT_EQ(refusal(send(Method::kGet, path + bad)), "400 invalid_instance 50049") << bad;
  }
}

TEST_F(Login, EachSignInIsRecordedWithItsCallerAndNothingSecret) {
  static_cast<void>(send(Method::kPost, v2(), form(kStorageScope)));
  static_cast<void>(send(Method::kPost, v2(), form(kStorageScope, "wrong")));
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.operation, "IssueToken");
  EXPECT_EQ(entries[0].record.tenant, tenant_);
  EXPECT_EQ(entries[0].record.credential, "ClientSecret");
  EXPECT_EQ(entries[0].record.caller, to_string(service_.store().clients(application_)[0].principal->object));
  EXPECT_EQ(entries[0].record.status, 200);
  EXPECT_EQ(entries[1].record.status, 401);
  EXPECT_EQ(entries[1].record.decision, "denied");
  EXPECT_EQ(entries[1].record.credential, "Unproven");
  EXPECT_EQ(entries[1].record.caller, "client " + to_string(application_));
  EXPECT_EQ(log_.open_slots(), 0);
}

TEST_F(Login, WhoIsTurnedAwayIsRecordedAsDeniedAndByTheNameItGave) {
  const auto record_of = [this](std::string body, const std::string& path) {
    static_cast<void>(send(Method::kPost, path, std::move(body)));
    return log_.take_entries().back().record;
  };
  const std::string start = "grant_type=client_credentials&client_secret=x&client_id=";
  const auto unknown = record_of(start + "11111111-2222-3333-4444-555555555555", v2());
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.decision, "denied");
  EXPECT_EQ(unknown.caller, "client unknown");  // what strangers make up doesn't stay
  const auto odd = record_of(start + "not-an-id", v2());
  EXPECT_EQ(odd.decision, "denied");
  EXPECT_EQ(odd.caller, "client unknown");
  EXPECT_EQ(record_of(form(""), v2()).decision, "allowed");  // its secret was right, its question wasn't
  for (int i = 0; i < 20; ++i) static_cast<void>(record_of(form(kStorageScope, "wrong"), v2()));
  const auto slowed = record_of(form(kStorageScope), v2());
  EXPECT_EQ(slowed.status, 429);
  EXPECT_EQ(slowed.decision, "denied");
}

TEST_F(Login, ASignInThatNamesNoTenantIsInItsCallersLog) {
  static_cast<void>(send(Method::kPost, "/adfs/oauth2/token", form(kStorageScope)));
  static_cast<void>(send(Method::kPost, "/adfs/oauth2/token", form(kStorageScope, "wrong")));
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record.tenant, tenant_);
  EXPECT_EQ(entries[0].record.credential, "ClientSecret");
  EXPECT_EQ(entries[1].record.tenant, TenantId{});  // nobody proved to be of any
  EXPECT_EQ(log_.open_slots(), 0);
}

TEST_F(Login, OnlyOverTlsAndOnItsOwnHost) {
  auto request = gate::testing::make_request(Method::kPost, "http://login.freehold.test" + v2());
  gate::testing::BytesBody bytes(form(kStorageScope));
  request.body = &bytes;
  EXPECT_EQ(run_blocking(pipeline_.handle(request)).status, 400);
  EXPECT_EQ(send(Method::kPost, v2(), form(kStorageScope), {}, "management.freehold.test").status, 400);
}

TEST_F(Login, ARestartKeepsTheKeysAndRollsOldOnes) {
  const auto token = proven(body_json(send(Method::kPost, v2(), form(kStorageScope))));
  const auto kid = std::string(token.header.text("kid").value_or(""));
  const auto reopened = [this](const auto& look) {
    DirectoryService again({.store = memory_.sealed(),
                            .erasure = *memory_.tree,
                            .clock = memory_.clock,
                            .pool = pool_,
                            .domain = "freehold.test",
                            .blob_suffixes = {}});
    ASSERT_TRUE(run_blocking(again.open(tenant_, {application_, Secret(BytesView(kSecret))})));
    look(again);
  };
  reopened([&](DirectoryService& again) { EXPECT_TRUE(again.authority().key(kid)); });
  memory_.clock.advance(std::chrono::hours(24 * 91));
  reopened([&](DirectoryService& again) { EXPECT_TRUE(again.authority().key(kid)); });  // rolled; the old one verifies
  memory_.clock.advance(std::chrono::hours(49));
  reopened([&](DirectoryService& again) { EXPECT_FALSE(again.authority().key(kid)); });
}

TEST_F(Login, KeysRollWhileRunningAndNobodyNotices) {
  const auto kid = [this] {
    const auto token = proven(body_json(send(Method::kPost, v2(), form(kStorageScope))));
    return std::string(token.header.text("kid").value_or(""));
  };
  const auto published = [this] { return body_json(send(Method::kGet, "/adfs/discovery/keys"))["keys"].size(); };
  const auto first = kid();
  ASSERT_TRUE(run_blocking(service_.look_after()));
  EXPECT_EQ(published(), 1u);
  memory_.clock.advance(std::chrono::hours(24 * 90 + 1));
  ASSERT_TRUE(run_blocking(service_.look_after()));
  EXPECT_EQ(published(), 2u);
  EXPECT_EQ(kid(), first);  // the new one is known before it signs
  memory_.clock.advance(std::chrono::hours(24));
  const auto second = kid();
  EXPECT_NE(second, first);
  ASSERT_TRUE(run_blocking(service_.look_after()));
  EXPECT_TRUE(service_.authority().key(first));  // tokens of a moment ago
  memory_.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(run_blocking(service_.look_after()));
  EXPECT_FALSE(service_.authority().key(first));
  EXPECT_EQ(kid(), second);
}

}  // namespace
}  // namespace freehold::directory
