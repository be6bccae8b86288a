#include <gtest/gtest.h>

#include "base/encoding.h"
#include "src/attempts.h"
#include "src/audience_rules.h"
#include "src/client_form.h"
#include "src/discovery.h"

namespace freehold::directory {
namespace {

const AudienceRules kRules{"freehold.test", {"blob.core.freehold.test", "blob.freehold.test"}};

TEST(Audiences, ScopesBecomeWhatTheyName) {
  const auto audience = [](std::string_view scope) { return audience_of_scope(kRules, scope).value_or("refused"); };
  EXPECT_EQ(audience("https://storage.azure.com/.default"), "https://storage.azure.com");
  EXPECT_EQ(audience("https://management.freehold.test:8443//.default"), "https://management.freehold.test:8443/");
  EXPECT_EQ(audience("openid profile offline_access https://graph.freehold.test/.default"),
            "https://graph.freehold.test");
  EXPECT_EQ(audience("https://management.azure.com/.default"), "https://management.azure.com");
  EXPECT_EQ(audience("https://vault.freehold.test:8443/.default"), "https://vault.freehold.test:8443");
  EXPECT_EQ(audience("https://managedhsm.freehold.test/.default"), "https://managedhsm.freehold.test");
  EXPECT_EQ(audience("https://acct1.blob.core.freehold.test/.default"), "https://acct1.blob.core.freehold.test");
  for (const std::string_view bad :
       {"", "https://storage.azure.com/", "https://storage.azure.com/user_impersonation", "/.default",
        "https://evil.test/.default", "http://storage.azure.com/.default", "https://storage.azure.com:0/.default",
        "https://storage.azure.com@evil.test/.default", "https://evil.test?storage.azure.com/.default",
        "https://a.b.blob.core.freehold.test/.default", "https://storage.azure.com.evil.test/.default",
        "https://storage.azure.com/.default https://graph.freehold.test/.default", "openid"}) {
    EXPECT_EQ(audience(bad), "refused") << bad;
  }
}

TEST(Audiences, WhatWasAgreedToCoversItsOwnService) {
  EXPECT_TRUE(is_within(kRules, "https://storage.azure.com", "https://storage.azure.com/"));
  EXPECT_TRUE(is_within(kRules, "https://storage.azure.com", "https://acct1.blob.core.freehold.test"));
  EXPECT_TRUE(is_within(kRules, "https://acct1.blob.core.freehold.test", "https://acct1.blob.core.freehold.test/"));
  EXPECT_FALSE(is_within(kRules, "https://acct1.blob.core.freehold.test", "https://storage.azure.com"));
  EXPECT_FALSE(is_within(kRules, "https://acct1.blob.core.freehold.test", "https://acct2.blob.core.freehold.test"));
  EXPECT_FALSE(is_within(kRules, "https://graph.freehold.test", "https://management.freehold.test/"));
  EXPECT_FALSE(names_resource("openid  offline_access"));
  EXPECT_TRUE(names_resource("openid User.Read"));
}

TEST(Audiences, ResourcesKeepTheirForm) {
  EXPECT_EQ(audience_of_resource(kRules, "https://storage.azure.com/").value_or(""), "https://storage.azure.com/");
  EXPECT_EQ(audience_of_resource(kRules, "https://management.core.windows.net/").value_or(""),
            "https://management.core.windows.net/");
  EXPECT_EQ(audience_of_resource(kRules, "E406A681-f3d4-42a8-90b6-c2b029497af1").value_or(""),
            "e406a681-f3d4-42a8-90b6-c2b029497af1");
  EXPECT_EQ(audience_of_resource(kRules, "https://other.freehold.test").error(), AudienceFault::kUnknownResource);
  EXPECT_EQ(audience_of_resource(kRules, "storage").error(), AudienceFault::kMalformed);
}

TEST(Forms, AreReadStrictly) {
  const auto form = ClientForm::parse("a=1+2%2B&b=&c&%64=%C3%A4&&");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->get("a"), "1 2+");
  EXPECT_FALSE(form->has("b"));
  EXPECT_EQ(form->get("d"), "\u00e4");
  EXPECT_FALSE(ClientForm::parse("a=1&a=2"));
  EXPECT_FALSE(ClientForm::parse("a=%zz"));
  EXPECT_FALSE(ClientForm::parse("a=%ff"));
  EXPECT_FALSE(ClientForm::parse(std::string(kMaxFormBytes + 1, 'a')));
  std::string many;
  for (int i = 0; i < 65; ++i) many += "p" + std::to_string(i) + "=1&";
  EXPECT_FALSE(ClientForm::parse(many));
}

TEST(Forms, CredentialsStandInOnePlace) {
  const auto form = *ClientForm::parse("client_id=me&client_secret=s%2B");
  const auto posted = client_credentials("", form);
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->secret.view(), "s+");
  const auto none = *ClientForm::parse("grant_type=x");
  const auto basic = client_credentials("Basic " + to_base64("me:s%2B"), none);
  ASSERT_TRUE(basic);
  EXPECT_EQ(basic->id, "me");
  EXPECT_EQ(basic->secret.view(), "s+");
  EXPECT_FALSE(client_credentials("Basic " + to_base64("me:s"), form));
  EXPECT_FALSE(client_credentials("Basic " + to_base64("other:s"), *ClientForm::parse("client_id=me")));
  EXPECT_FALSE(client_credentials("Basic !", none));
  EXPECT_FALSE(client_credentials("Bearer x", none));
}

TEST(Sites, IssuersAreKnownAgainWhateverThePort) {
  const LoginSite site("freehold.test");
  TenantId tenant;
  tenant.bytes.fill(5);
  TenantId other;
  for (const auto style : {Style::kAdfs, Style::kEntraV1, Style::kEntraV2}) {
    for (const std::string_view port : {"", ":8443", ":1"}) {
      const auto issuer = site.issuer(style, to_string(tenant), port);
      EXPECT_TRUE(site.is_issuer(issuer, tenant)) << issuer;
      EXPECT_EQ(site.is_issuer(issuer, other), style == Style::kAdfs) << issuer;
    }
  }
  for (const std::string_view bad : {"", "https://login.freehold.test", "https://login.freehold.test/",
                                     "https://login.freehold.test.evil/adfs", "https://login.freehold.test:x/adfs",
                                     "https://login.freehold.test:8443@evil/adfs", "http://login.freehold.test/adfs"}) {
    EXPECT_FALSE(site.is_issuer(bad, tenant)) << bad;
  }
}

TEST(Limits, FailuresLockAClientOutFromOneAddressOnly) {
  FakeClock clock;
  Attempts attempts(clock);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(attempts.may_try("198.51.100.7", "me"));
    attempts.failed("198.51.100.7", "me");
  }
  EXPECT_FALSE(attempts.may_try("198.51.100.7", "me"));
  EXPECT_TRUE(attempts.may_try("198.51.100.8", "me"));
  EXPECT_TRUE(attempts.may_try("198.51.100.7", "you"));
  clock.advance(Attempts::retry_after());
  EXPECT_TRUE(attempts.may_try("198.51.100.7", "me"));
}

TEST(Limits, AnAddressHasOnlySoManyTries) {
  FakeClock clock;
  Attempts attempts(clock);
  int let = 0;
  // One host, two addresses of its /64.
  for (int i = 0; i < 2'000; ++i) let += attempts.may_try(i % 2 == 0 ? "2001:db8::1" : "2001:db8::2", "me") ? 1 : 0;
  EXPECT_EQ(let, 1'200);
  EXPECT_TRUE(attempts.may_try("2001:db8:0:1::1", "me"));
}

TEST(Limits, ALockoutIsNotUndoneByAskingInManyNames) {
  FakeClock clock;
  Attempts attempts(clock);
  for (int i = 0; i < 20; ++i) attempts.failed("198.51.100.7", "me");
  ASSERT_FALSE(attempts.may_try("198.51.100.7", "me"));
  for (int i = 0; i < 40'000; ++i) {
    const auto client = "client " + std::to_string(i);
    static_cast<void>(attempts.may_try("2001:db8::1", client));
    // From many addresses as well.
    static_cast<void>(attempts.may_try("203.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), client));
  }
  EXPECT_FALSE(attempts.may_try("198.51.100.7", "me"));
}

std::string address_of(int i) { return "203.0." + std::to_string(i / 256) + "." + std::to_string(i % 256); }

TEST(Limits, StrangersDontLockAnAccountWhereItsOwnerIsAtHome) {
  FakeClock clock;
  Attempts attempts(clock);
  const std::string name = "ada@freehold.test";
  attempts.guessed_right("198.51.100.7", name);
  for (int i = 0; i < 100; ++i) attempts.guessed_wrong(address_of(i), name, NameIs::kSomebodys);
  EXPECT_FALSE(attempts.may_guess("198.51.100.9", name, NameIs::kSomebodys));
  EXPECT_TRUE(attempts.may_guess("198.51.100.7", name, NameIs::kSomebodys));
  for (int i = 0; i < 10; ++i) attempts.guessed_wrong("198.51.100.7", name, NameIs::kSomebodys);
  EXPECT_FALSE(attempts.may_guess("198.51.100.7", name, NameIs::kSomebodys));  // there too, so many and no more
  clock.advance(Attempts::retry_after());
  EXPECT_TRUE(attempts.may_guess("198.51.100.9", name, NameIs::kSomebodys));
}

TEST(Limits, StrangersHaveOnlySoManyGuessesADay) {
  FakeClock clock;
  Attempts attempts(clock);
  for (const auto is : {NameIs::kSomebodys, NameIs::kNobodys}) {
    const std::string name = is == NameIs::kSomebodys ? "ada@freehold.test" : "nobody@freehold.test";
    int guesses = 0;
    for (int i = 0; i < 24 * 60; ++i) {
      for (int n = 0; n < 50 && attempts.may_guess(address_of(n), name, is); ++n, ++guesses) {
        attempts.guessed_wrong(address_of(n), name, is);
      }
      clock.advance(std::chrono::minutes(1));
    }
    EXPECT_EQ(guesses, 500) << name;
  }
}

TEST(Limits, APlaceHasOnlySoManyPasswordsChecked) {
  FakeClock clock;
  Attempts attempts(clock);
  int let = 0;
  for (int i = 0; i < 100; ++i) let += attempts.may_check_password(i % 2 == 0 ? "2001:db8::1" : "2001:db8::2") ? 1 : 0;
  EXPECT_EQ(let, 60);
  EXPECT_TRUE(attempts.may_check_password("198.51.100.7"));
}

TEST(Limits, TheOldestWindowIsForgottenFirst) {
  WindowCounts counts;
  MonotonicTime now{};
  counts.add_one("first", now);
  counts.add_one("second", now);
  for (std::size_t i = 2; i < WindowCounts::kRemembered; ++i) counts.add_one(std::to_string(i), now);
  now += std::chrono::seconds(61);
  EXPECT_EQ(counts.add_one("first", now), 1);  // a new window, and the youngest
  EXPECT_EQ(counts.add_one("one more", now), 1);
  EXPECT_EQ(counts.count("first", now), 1);
  EXPECT_EQ(counts.add_one("first", now), 2);
  EXPECT_EQ(counts.count("second", now - std::chrono::seconds(61)), 0);
  EXPECT_EQ(counts.count("2", now - std::chrono::seconds(61)), 1);
}

}  // namespace
}  // namespace freehold::directory
