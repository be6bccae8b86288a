// People who sign in, for tests: the directory behind a real pipeline, and what a client and a browser do.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/jwt.h"
#include "crypto/one_time_code.h"
#include "directory/directory_service.h"
#include "keys/testing/erasable_store.h"
#include "pipeline/testing/fake_log.h"
#include "pipeline/testing/test_door.h"
#include "src/changes.h"

namespace freehold::directory::testing {

using gate::testing::body_json;
using gate::testing::body_text;
using gate::testing::HeaderList;
using gate::testing::NoAccounts;
using http::Method;
using nlohmann::json;
using runtime::run_blocking;

inline constexpr std::string_view kVerifier = "a-verifier-of-forty-three-characters-or-more";
inline constexpr std::string_view kPassword = "a long password";
inline constexpr std::string_view kBack = "http://localhost:8400";

// "400 invalid_grant 50126"
inline std::string refusal(const http::Response& response) {
  const auto body = body_json(response);
  if (!body.is_object() || !body.contains("error_codes") || body["error_codes"].empty()) return "none";
  return std::to_string(response.status) + " " + body.value("error", "") + " " +
         std::to_string(body["error_codes"][0].get<int>());
}

class UserLogin : public ::testing::Test {
 protected:
  UserLogin() { tenant_.bytes.fill(1); }
  void SetUp() override {
    make_service(true);
    user_.object.bytes.fill(7);
    user_.puid = "100320005B8A7F11";
    user_.attributes = {{"userPrincipalName", std::string("ada@freehold.test")},
                        {"displayName", std::string("Ada <b>")}};
    user_.password = *crypto::hash_password(kPassword, memory_.random);
    ASSERT_TRUE(change([this](Draft& draft) { return changes::add(draft, user_); }));
  }
  void make_service(bool password_grant) {
    pipeline_.reset();
    service_ = std::make_unique<DirectoryService>(DirectoryServiceOptions{.store = memory_.sealed(),
                                                                          .erasure = *memory_.tree,
                                                                          .clock = memory_.clock,
                                                                          .pool = pool_,
                                                                          .domain = "freehold.test",
                                                                          .blob_suffixes = {},
                                                                          .password_grant = password_grant});
    PrincipalId application;
    application.bytes.fill(2);
    ASSERT_TRUE(run_blocking(service_->open(tenant_, {application, Secret(BytesView("the first secret"))})));
    pipeline_ =
        std::make_unique<gate::Pipeline>(accounts_, log_, memory_.clock, memory_.random, gate::PipelineOptions{});
    pipeline_->add(service_->gate());
  }
  Result<> change(DirectoryStore::Edit edit) {
    return run_blocking(service_->store().change(tenant_, std::move(edit)));
  }
  void change_user(const std::function<void(User&)>& with) {
    with(user_);
    ASSERT_TRUE(change([this](Draft& draft) { return changes::replace(draft, user_); }));
  }

  http::Response send(Method method, const std::string& path, std::string body = {}, HeaderList headers = {}) {
    return gate::testing::send(*pipeline_, method, "https://login.freehold.test:8443" + path, std::move(body),
                               std::move(headers), address_);
  }
  json claims_of(const std::string& token) {
    const auto parsed = crypto::parse_jwt(token);
    EXPECT_TRUE(parsed);
    if (!parsed) return {};
    const auto key = service_->authority().key(parsed->header.text("kid").value_or(""));
    EXPECT_TRUE(key && crypto::verify(*parsed, *key));
    return json::parse(
        *from_base64url(std::string_view(parsed->signed_part).substr(parsed->signed_part.find('.') + 1)));
  }

  static std::string challenge() { return to_base64url(crypto::view(crypto::sha256(kVerifier))); }
  static std::string asking(std::string_view more = {}) {
    return "/adfs/oauth2/authorize?response_type=code&client_id=" + std::string(kAzureCli) +
           "&redirect_uri=" + percent_encode(kBack) +
           "&scope=" + percent_encode("https://management.freehold.test:8443//.default openid offline_access") +
           "&state=the%20state&nonce=the-nonce&code_challenge=" + challenge() + "&code_challenge_method=S256" +
           std::string(more);
  }
  static std::string between(const std::string& text, std::string_view begin, std::string_view end) {
    const auto at = text.find(begin);
    if (at == text.npos) return {};
    const auto from = at + begin.size();
    return text.substr(from, text.find(end, from) - from);
  }
  // What a browser holds of a page: its ticket and its cookie.
  struct Page {
    std::string ticket;
    std::string cookie;
  };
  static Page page_of(const http::Response& response, const Page& before = {}) {
    const auto cookie = between(std::string(response.headers.get("set-cookie")) + ";", "", ";");
    return {between(body_text(response), "name=\"ticket\" value=\"", "\""), cookie.empty() ? before.cookie : cookie};
  }
  http::Response post(const Page& page, const std::string& fields) {
    return send(Method::kPost, "/signin", "ticket=" + page.ticket + "&" + fields, {{"cookie", page.cookie}});
  }
  static std::string password(std::string_view text = kPassword, std::string_view name = "Ada@freehold.test") {
    return "username=" + percent_encode(name) + "&password=" + percent_encode(text);
  }
  // The code of a sign-in from its beginning to its end.
  std::string code() {
    const auto answer = post(page_of(send(Method::kGet, asking())), password());
    EXPECT_EQ(answer.status, 303) << body_text(answer);
    return between(std::string(answer.headers.get("location")) + "&", "code=", "&");
  }
  static std::string redeeming(const std::string& code, std::string_view verifier = kVerifier,
                               std::string_view back = kBack) {
    return "grant_type=authorization_code&client_id=" + std::string(kAzureCli) + "&code=" + code +
           "&redirect_uri=" + percent_encode(back) + "&code_verifier=" + std::string(verifier);
  }
  http::Response token(const std::string& body) { return send(Method::kPost, "/adfs/oauth2/token", body); }
  static std::string refreshing(const std::string& token) {
    return "grant_type=refresh_token&client_id=" + std::string(kAzureCli) + "&refresh_token=" + token +
           "&scope=" + percent_encode("https://storage.azure.com/.default offline_access");
  }
  // The code of a sign-in by its device, and what the device asks then.
  struct Device {
    std::string user_code;
    std::string poll;
  };
  Device device(std::string_view client = kAzureCli) {
    const auto begun = body_json(send(Method::kPost, "/adfs/oauth2/devicecode", "client_id=" + std::string(client)));
    return {begun.value("user_code", ""),
            "grant_type=device_code&client_id=" + std::string(client) + "&code=" + begun.value("device_code", "")};
  }
  // The present step of one-time codes.
  std::uint64_t step() const {
    return static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(memory_.clock.now()).time_since_epoch().count() / 30);
  }
  std::string one_time_code(std::uint64_t at) const { return crypto::one_time_code(*user_.one_time_secret, at); }
  void give_second_factor() {
    change_user(
        [](User& user) { user.one_time_secret = std::make_shared<const Secret>(BytesView("12345678901234567890")); });
  }
  static std::string by_password(std::string_view text = kPassword, std::string_view name = "ada@freehold.test") {
    return "grant_type=password&client_id=" + std::string(kAzureCli) + "&" + password(text, name) +
           "&scope=" + percent_encode("https://storage.azure.com/.default openid offline_access");
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  User user_;
  std::string address_;  // where requests come from, if it matters
  runtime::Pool pool_{{.name = "test"}};
  NoAccounts accounts_;
  gate::testing::FakeLog log_;
  std::unique_ptr<DirectoryService> service_;
  std::unique_ptr<gate::Pipeline> pipeline_;
};

}  // namespace freehold::directory::testing
