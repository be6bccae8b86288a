#include "authn/bearer.h"

#include <gtest/gtest.h>

#include "authn/testing/test_account.h"
#include "authn/testing/test_tokens.h"
#include "base/encoding.h"
#include "route/testing/make_request.h"

namespace freehold::gate {
namespace {

using testing::Claims;
using testing::make_request;

class Bearer : public ::testing::Test {
 protected:
  Bearer() {
    object_.bytes.fill(0x0b);
    identities_.put({.tenant = account_->tenant, .object = object_});
    claims_ = testing::good_claims(account_->tenant, object_, clock_.now());
  }

  http::Request request(std::string token, std::string_view url = "https://acct1.blob.test:8443/box/blob") {
    return make_request(http::Method::kGet, url,
                        {{"authorization", "Bearer " + std::move(token)}, {"x-ms-version", "2021-06-08"}});
  }
  ApiResult<Principal> prove(const http::Request& request) {
    const Target target{.account = "acct1", .container = "box", .blob = "blob"};
    return authenticate_bearer(request, target, *account_, clock_.now(), trust_);
  }
  // "" if the token is believed, otherwise status, code and what the detail begins with.
  std::string verdict(const http::Request& request) {
    const auto principal = prove(request);
    if (principal) return "";
    const auto& error = principal.error();
    return std::to_string(error.status) + " " + error.code +
           (error.fields.empty() ? "" : ": " + error.fields[0].second.substr(0, error.fields[0].second.find('.')));
  }
  std::string with(std::string name, std::string value) {
    Claims changed = claims_;
    if (value.empty()) {
      changed.erase(name);
    } else {
      changed[name] = std::move(value);
    }
    return verdict(request(testing::token_of(changed)));
  }
  std::string at(std::chrono::seconds offset) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(clock_.now() + offset).time_since_epoch().count());
  }

  FakeClock clock_;
  std::shared_ptr<const StorageAccount> account_ = testing::make_account("acct1", "key");
  PrincipalId object_;
  testing::TestAuthority authority_;
  testing::TestIdentities identities_;
  BearerTrust trust_{authority_, identities_, {"blob.test"}};
  Claims claims_;
};

constexpr std::string_view kLifetime = "401 InvalidAuthenticationInfo: Lifetime validation failed";
constexpr std::string_view kAudience = "401 InvalidAuthenticationInfo: Audience validation failed";
constexpr std::string_view kIssuer = "401 InvalidAuthenticationInfo: Issuer validation failed";
constexpr std::string_view kSignature = "401 InvalidAuthenticationInfo: Signature validation failed";
constexpr std::string_view kMalformed = "401 InvalidAuthenticationInfo: The token is malformed";

TEST_F(Bearer, AGoodTokenSaysWhoCalls) {
  const auto principal = prove(request(testing::token_of(claims_)));
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->credential, kBearer);
  EXPECT_EQ(principal->tenant, account_->tenant);
  ASSERT_NE(principal->identity, nullptr);
  EXPECT_EQ(principal->identity->object, object_);
  EXPECT_EQ(principal->pseudonym_source, to_string(object_));
  EXPECT_TRUE(has_bearer(request("x")));
}

TEST_F(Bearer, TimesMustHoldWithinFiveMinutes) {
  using std::chrono::seconds;
  EXPECT_EQ(with("exp", at(seconds(-299))), "");
  EXPECT_EQ(with("exp", at(seconds(-301))), kLifetime);
  EXPECT_EQ(with("nbf", at(seconds(299))), "");
  EXPECT_EQ(with("nbf", at(seconds(301))), kLifetime);
  for (const auto* bad : {"", "\"1\"", "1e300", "-1", "99999999999999999999", "9223372036854775807"}) {
    EXPECT_EQ(with("exp", bad), kLifetime) << bad;
    EXPECT_EQ(with("nbf", bad), kLifetime) << bad;
  }
}

TEST_F(Bearer, AudiencesAreStorageOrThisAccountAlone) {
  for (const auto* good :
       {R"("https://storage.azure.com/")", R"("https://acct1.blob.test")", R"("https://acct1.blob.test:8443/")",
        R"("https://ACCT1.blob.test")", R"("e406a681-f3d4-42a8-90b6-c2b029497af1")"}) {
    EXPECT_EQ(with("aud", good), "") << good;
  }
  for (const auto* bad : {"", R"("https://management.azure.com")", R"("https://acct2.blob.test")",
                          R"("http://storage.azure.com")", R"("https://storage.azure.com.evil.test")",
                          R"(["https://storage.azure.com"])", R"("https://storage.azure.com//")"}) {
    EXPECT_EQ(with("aud", bad), kAudience) << bad;
  }
}

TEST_F(Bearer, AnotherTenantOrIssuerIsRefused) {
  TenantId other;
  other.bytes.fill(0x33);
  identities_.put({.tenant = other, .object = object_});
  const auto foreign = testing::good_claims(other, object_, clock_.now());
  EXPECT_EQ(verdict(request(testing::token_of(foreign))), kIssuer);
  EXPECT_EQ(with("tid", "\"" + to_string(other) + "\""), kIssuer);
  EXPECT_EQ(with("iss", R"("https://login.test/")"), kIssuer);
  EXPECT_EQ(with("iss", ""), kIssuer);
}

TEST_F(Bearer, WhoIsGoneOrDisabledIsRefused) {
  PrincipalId nobody;
  nobody.bytes.fill(0x77);
  EXPECT_NE(with("oid", "\"" + to_string(nobody) + "\""), "");
  EXPECT_NE(with("oid", "\"nobody\""), "");
  EXPECT_NE(with("oid", ""), "");
  identities_.put({.tenant = account_->tenant, .object = object_, .enabled = false});
  EXPECT_NE(verdict(request(testing::token_of(claims_))), "");
}

TEST_F(Bearer, OnlyOurSignatureCounts) {
  const auto token = testing::token_of(claims_);
  const auto other = crypto::RsaSigningKey::generate();
  ASSERT_TRUE(other);
  EXPECT_EQ(verdict(request(testing::token_of(claims_, *other))), kSignature);
  const auto unsigned_token =
      to_base64url(R"({"alg":"none","kid":")" + testing::TestAuthority::signer().public_key().thumbprint() + R"("})") +
      token.substr(token.find('.'), token.rfind('.') - token.find('.')) + ".";
  EXPECT_EQ(verdict(request(unsigned_token)), kSignature);
  EXPECT_EQ(verdict(request(token.substr(0, token.rfind('.') + 1))), kSignature);
  for (const std::string& bad :
       {std::string(), std::string("a.b.c"), token + ".x", token + " ", std::string(20'000, 'a')}) {
    EXPECT_EQ(verdict(request(bad)), kMalformed) << bad.substr(0, 80);
  }
}

TEST_F(Bearer, ATokenThatWasProvedIsStillHeldAgainstKeyTimesAndPrincipal) {
  const auto known = request(testing::token_of(claims_));
  EXPECT_EQ(verdict(known), "");
  EXPECT_EQ(verdict(known), "");
  identities_.put({.tenant = account_->tenant, .object = object_, .enabled = false});
  EXPECT_NE(verdict(known), "");
  identities_.put({.tenant = account_->tenant, .object = object_});
  EXPECT_EQ(verdict(known), "");
  auto altered = request(testing::token_of(claims_).append("A"));
  EXPECT_NE(verdict(altered), "");
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(verdict(known), kLifetime);
}

TEST_F(Bearer, ATokenThatWasProvedFallsWithItsKey) {
  const auto known = request(testing::token_of(claims_));
  EXPECT_EQ(verdict(known), "");
  authority_.withdraw_key();
  EXPECT_EQ(verdict(known), kSignature);
}

TEST(ProvedTokens, TheOldestIsForgottenFirst) {
  ProvedTokens proved;
  const auto digest_of = [](std::size_t n) { return crypto::sha256(std::to_string(n)); };
  const auto token = std::make_shared<const crypto::Jwt>();
  for (std::size_t i = 0; i <= ProvedTokens::kTokens; ++i) proved.keep(digest_of(i), token);
  EXPECT_EQ(proved.find(digest_of(0)), nullptr);
  EXPECT_EQ(proved.find(digest_of(1)), token);
  EXPECT_EQ(proved.find(digest_of(ProvedTokens::kTokens)), token);
}

TEST_F(Bearer, OnlyOverTlsAloneAndWithAVersion) {
  const auto token = testing::token_of(claims_);
  EXPECT_EQ(verdict(request(token, "http://acct1.blob.test/box/blob")),
            "403 AuthenticationFailed: Authentication scheme Bearer is not allowed with HTTP");
  EXPECT_EQ(verdict(request(token, "https://acct1.blob.test/box/blob?sv=2021-06-08&sig=x")),
            "400 InvalidAuthenticationInfo");
  auto twice = request(token);
  twice.headers.add("authorization", "Bearer " + token);
  EXPECT_EQ(verdict(twice), "400 InvalidAuthenticationInfo");
  auto old = request(token);
  old.headers.remove("x-ms-version");
  EXPECT_EQ(verdict(old), "403 AuthenticationFailed: Authentication scheme Bearer is not supported in this version");
}

TEST_F(Bearer, TheChallengeNamesTenantAndPort) {
  EXPECT_EQ(bearer_challenge(request(""), *account_, authority_),
            "Bearer authorization_uri=https://login.test:8443/" + to_string(account_->tenant) +
                "/oauth2/authorize resource_id=https://storage.azure.com");
}

}  // namespace
}  // namespace freehold::gate
