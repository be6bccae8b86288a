// People signing in, as clients and browsers see it.
#include "src/user_login_fixture.h"

namespace freehold::directory {
namespace {

using namespace testing;

TEST_F(UserLogin, ACodeBuysTokensThatSayWhoSignedIn) {
  const auto page = send(Method::kGet, asking("&login_hint=ada@freehold.test"));
  ASSERT_EQ(page.status, 200) << body_text(page);
  EXPECT_TRUE(body_text(page).contains("value=\"ada@freehold.test\""));
  const auto policy = std::string(page.headers.get("content-security-policy"));
  EXPECT_TRUE(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
  EXPECT_TRUE(policy.contains("form-action 'self' http://localhost:8400;")) << policy;
  EXPECT_EQ(page.headers.get("x-frame-options"), "DENY");
  EXPECT_TRUE(page.headers.get("set-cookie").ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
  const auto back = post(page_of(page), password());
  ASSERT_EQ(back.status, 303) << body_text(back);
  const std::string location(back.headers.get("location"));
  EXPECT_TRUE(location.starts_with("http://localhost:8400?code=")) << location;
  EXPECT_TRUE(location.ends_with("&state=the%20state")) << location;
  const auto answer = body_json(token(redeeming(between(location, "code=", "&"))));
  const auto id = claims_of(answer.value("id_token", ""));
  EXPECT_EQ(id["nonce"], "the-nonce");
  EXPECT_EQ(id["aud"], kAzureCli);
  EXPECT_EQ(id["upn"], "ada@freehold.test");
  const auto access = claims_of(answer.value("access_token", ""));
  EXPECT_EQ(access["aud"], "https://management.freehold.test:8443/");
  EXPECT_EQ(access["tid"], to_string(tenant_));
  EXPECT_EQ(access["oid"], to_string(user_.object));
  EXPECT_EQ(access["amr"], json::array({"pwd"}));
  EXPECT_NE(service_->store().find(tenant_, user_.object), nullptr);
  const auto info = json::parse(from_base64url(answer.value("client_info", "")).value_or("null"));
  EXPECT_EQ(info["uid"], to_string(user_.object));
  EXPECT_EQ(info["utid"], to_string(tenant_));
}

TEST_F(UserLogin, ACodeIsGoodOnceAndItsReplayTakesAwayWhatItGave) {
  const auto once = code();
  const auto answer = body_json(token(redeeming(once)));
  const std::string refresh = answer.value("refresh_token", "");
  ASSERT_FALSE(refresh.empty());
  EXPECT_EQ(refusal(token(redeeming(once))), "400 invalid_grant 70008");
  EXPECT_EQ(refusal(token(refreshing(refresh))), "400 invalid_grant 700082");
}

TEST_F(UserLogin, ACodeIsBoundToItsVerifierRedirectClientAndTime) {
  EXPECT_EQ(refusal(token(redeeming(code(), "another-verifier-of-forty-three-characters-x"))),
            "400 invalid_grant 501481");
  EXPECT_EQ(refusal(token(redeeming(code(), ""))), "400 invalid_grant 501481");
  EXPECT_EQ(refusal(token(redeeming(code(), kVerifier, "http://localhost:8401"))), "400 invalid_grant 50011");
  const std::string other = "grant_type=authorization_code&client_id=02020202-0202-0202-0202-020202020202";
  EXPECT_EQ(refusal(token(other + "&client_secret=x&code=" + code() + "&redirect_uri=" + percent_encode(kBack) +
                          "&code_verifier=" + std::string(kVerifier))),
            "400 invalid_grant 70008");
  const auto late = code();
  memory_.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(refusal(token(redeeming(late))), "400 invalid_grant 70008");
  EXPECT_EQ(refusal(token(redeeming("made-up"))), "400 invalid_grant 70008");
}

TEST_F(UserLogin, NobodyIsSentWhereTheClientDidntRegister) {
  for (const std::string bad :
       {"https://evil.test", "http://localhost.evil.test:8400", "http://localhost:8400@evil.test/", "//evil.test",
        "javascript:alert(1)", "http://localhost:8400/other", "http://localhost:8400#x", "http://localhost:99999",
        ""}) {
    auto path = asking();
    const auto at = path.find(percent_encode(kBack));
    path.replace(at, percent_encode(kBack).size(), percent_encode(bad));
    const auto page = send(Method::kGet, path);
    EXPECT_EQ(page.status, 400) << bad;
    EXPECT_FALSE(page.headers.has("location")) << bad;
  }
  EXPECT_EQ(send(Method::kGet, asking("&redirect_uri=https://evil.test")).status, 400);
  const auto unknown = send(Method::kGet, "/adfs/oauth2/authorize?client_id=x&redirect_uri=http://localhost");
  EXPECT_EQ(unknown.status, 400);
  const auto out = send(Method::kGet, "/adfs/oauth2/logout?client_id=" + std::string(kAzureCli) +
                                          "&post_logout_redirect_uri=https://evil.test");
  EXPECT_EQ(out.status, 200);
  EXPECT_FALSE(out.headers.has("location"));
}

TEST_F(UserLogin, AWeakerProofThanS256IsRefused) {
  const auto error_of = [this](const std::string& from, const std::string& to) {
    auto path = asking();
    path.replace(path.find(from), from.size(), to);
    const auto page = send(Method::kGet, path);
    EXPECT_EQ(page.status, 303);
    const std::string location(page.headers.get("location"));
    EXPECT_TRUE(location.starts_with(std::string(kBack) + "?error=")) << location;
    EXPECT_TRUE(location.contains("&state=the%20state"));
    return between(location, "error=", "&");
  };
  EXPECT_EQ(error_of("code_challenge_method=S256", "code_challenge_method=plain"), "invalid_request");
  EXPECT_EQ(error_of("code_challenge_method=S256", "x=y"), "invalid_request");
  EXPECT_EQ(error_of("code_challenge=" + challenge(), "x=y"), "invalid_request");
  EXPECT_EQ(error_of("response_type=code", "response_type=token"), "unsupported_response_type");
  EXPECT_EQ(error_of("nonce=the-nonce", "prompt=none"), "login_required");
  EXPECT_EQ(error_of("nonce=the-nonce", "response_mode=fragment"), "invalid_request");
}

TEST_F(UserLogin, APageIsItsBrowsersOwn) {
  const auto page = page_of(send(Method::kGet, asking()));
  EXPECT_EQ(post({page.ticket, ""}, password()).status, 403);
  const auto other = page_of(send(Method::kGet, asking()));
  EXPECT_EQ(post({page.ticket, other.cookie}, password()).status, 403);
  const auto foreign = send(Method::kPost, "/signin", "ticket=" + page.ticket + "&" + password(),
                            {{"cookie", page.cookie}, {"origin", "https://evil.test"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(post({page.ticket.substr(1), page.cookie}, password()).status, 400);
  memory_.clock.advance(std::chrono::minutes(15));
  EXPECT_EQ(post(page, password()).status, 400);
}

TEST_F(UserLogin, AWrongPasswordIsAnnouncedAndGuessingIsLockedOut) {
  auto page = page_of(send(Method::kGet, asking()));
  for (int i = 0; i < 10; ++i) {
    const auto again = post(page, password("wrong", "\"><script>"));
    EXPECT_EQ(again.status, 401);
    EXPECT_TRUE(body_text(again).contains("role=\"alert\"") && body_text(again).contains("aria-invalid"));
    EXPECT_FALSE(body_text(again).contains("<script>"));
    page = page_of(again, page);
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(post(page, password("wrong")).status, 401);
  EXPECT_TRUE(body_text(post(page, password())).contains("Wait a minute"));
  EXPECT_EQ(refusal(token(by_password())), "400 invalid_grant 50053");
  memory_.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(post(page, password()).status, 303);
}

TEST_F(UserLogin, ASecondFactorIsAskedForAndGoodOnce) {
  give_second_factor();
  const auto page = page_of(send(Method::kGet, asking()));
  const auto asks = post(page, password());
  ASSERT_EQ(asks.status, 200);
  EXPECT_TRUE(body_text(asks).contains("one-time-code"));
  const auto second = page_of(asks, page);
  EXPECT_EQ(post(second, "code=000000").status, 401);
  const std::string right = "code=" + one_time_code(step());
  const auto back = post(second, right);
  ASSERT_EQ(back.status, 303) << body_text(back);
  const auto answer =
      body_json(token(redeeming(between(std::string(back.headers.get("location")) + "&", "code=", "&"))));
  EXPECT_EQ(claims_of(answer.value("access_token", ""))["amr"], json::array({"pwd", "mfa"}));
  EXPECT_EQ(post(second, right).status, 401);  // used
  EXPECT_EQ(refusal(token(by_password())), "400 interaction_required 50076");
}

TEST_F(UserLogin, APasswordThatMustChangeIsChanged) {
  change_user([](User& user) { user.must_change_password = true; });
  EXPECT_EQ(refusal(token(by_password())), "400 invalid_grant 50055");
  const auto page = page_of(send(Method::kGet, asking()));
  const auto asks = post(page, password());
  EXPECT_TRUE(body_text(asks).contains("new-password"));
  const auto second = page_of(asks, page);
  EXPECT_EQ(post(second, "new_password=another+password&again=different+one").status, 400);
  EXPECT_EQ(post(second, "new_password=short&again=short").status, 400);
  EXPECT_EQ(post(second, "new_password=password123&again=password123").status, 400);
  EXPECT_EQ(post(second, "new_password=a+long+password&again=a+long+password").status, 400);
  EXPECT_EQ(post(second, "new_password=another+password&again=another+password").status, 303);
  EXPECT_EQ(refusal(token(by_password())), "400 invalid_grant 50126");
  EXPECT_EQ(token(by_password("another password")).status, 200);
}

TEST_F(UserLogin, APasswordBuysTokensWhereThatIsOn) {
  const auto answer = token(by_password());
  ASSERT_EQ(answer.status, 200) << body_text(answer);
  EXPECT_EQ(claims_of(body_json(answer).value("access_token", ""))["upn"], "ada@freehold.test");
  EXPECT_EQ(refusal(token(by_password("wrong"))), "400 invalid_grant 50126");
  EXPECT_EQ(refusal(token(by_password(kPassword, "nobody@freehold.test"))), "400 invalid_grant 50126");
  change_user([](User& user) { user.enabled = false; });
  EXPECT_EQ(refusal(token(by_password())), "400 invalid_grant 50057");
  EXPECT_EQ(refusal(token(by_password("wrong"))), "400 invalid_grant 50126");
  make_service(false);
  EXPECT_EQ(refusal(token(by_password())), "400 unauthorized_client 7000014");
}

TEST_F(UserLogin, RefreshTokensRotateAndReuseRevokesTheFamily) {
  const auto fresh = [this](const std::string& from) {
    return body_json(token(refreshing(from))).value("refresh_token", "");
  };
  const std::string first = body_json(token(by_password())).value("refresh_token", "");
  const auto second = fresh(first);
  ASSERT_FALSE(second.empty());
  EXPECT_NE(first, second);
  EXPECT_FALSE(fresh(first).empty());  // an answer that was lost, within the grace
  const std::string other = body_json(token(by_password())).value("refresh_token", "");
  memory_.clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(refusal(token(refreshing(first))), "400 invalid_grant 700082");
  EXPECT_EQ(refusal(token(refreshing(second))), "400 invalid_grant 700082");
  make_service(true);  // a restart keeps the families that are left
  const auto after = fresh(other);
  EXPECT_FALSE(after.empty());
  memory_.clock.advance(std::chrono::hours(24 * 91));
  EXPECT_EQ(refusal(token(refreshing(after))), "400 invalid_grant 700082");
}

TEST_F(UserLogin, WhoIsDisabledOrCalledBackGetsNoMoreTokens) {
  const std::string first = body_json(token(by_password())).value("refresh_token", "");
  memory_.clock.advance(std::chrono::seconds(1));
  change_user([this](User& user) { user.sessions_from = memory_.clock.now(); });
  EXPECT_EQ(refusal(token(refreshing(first))), "400 invalid_grant 50173");
  const std::string second = body_json(token(by_password())).value("refresh_token", "");
  change_user([](User& user) { user.enabled = false; });
  EXPECT_EQ(refusal(token(refreshing(second))), "400 invalid_grant 50057");
}

TEST_F(UserLogin, ADeviceIsSignedInElsewhere) {
  const std::string asks = "client_id=" + std::string(kAzureCli) + "&scope=" +
                           percent_encode("https://management.freehold.test//.default openid offline_access");
  const auto begun = body_json(send(Method::kPost, "/adfs/oauth2/devicecode", asks));
  const std::string user_code = begun.value("user_code", "");
  EXPECT_EQ(begun.value("verification_uri", ""), "https://login.freehold.test:8443/device");
  EXPECT_TRUE(begun.value("message", "").contains(user_code));
  const std::string poll =
      "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=" + std::string(kAzureCli) +
      "&device_code=" + begun.value("device_code", "");
  EXPECT_EQ(refusal(token(poll)), "400 authorization_pending 70016");
  EXPECT_EQ(refusal(token(poll)), "400 slow_down 70016");
  memory_.clock.advance(std::chrono::seconds(5));
  EXPECT_FALSE(body_text(send(Method::kGet, "/device?user_code=" + user_code)).contains(user_code));
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=BCDF-GHJK").status, 400);
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=" + user_code, {{"origin", "https://evil.test"}}).status, 403);
  const auto form = send(Method::kPost, "/device", "user_code=" + to_lower(user_code));
  ASSERT_EQ(form.status, 200);
  EXPECT_TRUE(body_text(form).contains("Microsoft Azure CLI") && body_text(form).contains("Decline"));
  EXPECT_TRUE(body_text(form).contains("<strong>" + user_code + "</strong>"));
  const auto done = post(page_of(form), password());
  ASSERT_EQ(done.status, 200) << body_text(done);
  const auto answer = token(poll);
  ASSERT_EQ(answer.status, 200) << body_text(answer);
  EXPECT_EQ(claims_of(body_json(answer).value("id_token", ""))["upn"], "ada@freehold.test");
  memory_.clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(refusal(token(poll)), "400 expired_token 70020");  // once
}

TEST_F(UserLogin, ADeviceMayBeDeclinedOrComeTooLate) {
  const auto begin = [this] {
    return body_json(send(Method::kPost, "/adfs/oauth2/devicecode", "client_id=" + std::string(kAzureCli)));
  };
  const auto poll = [this](const json& begun) {
    return refusal(token("grant_type=device_code&client_id=" + std::string(kAzureCli) +
                         "&code=" + begun.value("device_code", "")));
  };
  const auto declined = begin();
  const auto page = page_of(send(Method::kPost, "/device", "user_code=" + declined.value("user_code", "")));
  EXPECT_EQ(post(page, "decline=1").status, 200);
  EXPECT_EQ(poll(declined), "400 access_denied 70018");
  const auto late = begin();
  memory_.clock.advance(std::chrono::minutes(15));
  EXPECT_EQ(poll(late), "400 expired_token 70020");
  EXPECT_EQ(send(Method::kPost, "/device", "user_code=" + late.value("user_code", "")).status, 400);
  EXPECT_EQ(refusal(token("grant_type=device_code&client_id=02020202-0202-0202-0202-020202020202&code=" +
                          begin().value("device_code", ""))),
            "400 invalid_grant 70019");
}

TEST_F(UserLogin, RecordsNameWhoSignedInAndWhoWasRefused) {
  const auto page = page_of(send(Method::kGet, asking()));
  static_cast<void>(log_.take_entries());
  static_cast<void>(post(page, password("wrong")));
  static_cast<void>(post(page, password()));
  static_cast<void>(token(by_password("wrong")));
  static_cast<void>(token(by_password()));
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].record.decision, "denied");
  EXPECT_EQ(entries[0].record.caller, "user ada@freehold.test");
  EXPECT_EQ(entries[1].record.decision, "allowed");
  EXPECT_EQ(entries[1].record.credential, "Password");
  EXPECT_EQ(entries[1].record.caller, to_string(user_.object));
  EXPECT_EQ(entries[1].record.tenant, tenant_);
  EXPECT_EQ(entries[2].record.decision, "denied");
  EXPECT_EQ(entries[2].record.caller, "user ada@freehold.test");
  EXPECT_EQ(entries[3].record.caller, to_string(user_.object));
  EXPECT_EQ(log_.open_slots(), 0);
}

}  // namespace
}  // namespace freehold::directory
