// What is no credential, or none that counts here.
#include <gtest/gtest.h>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "route/testing/make_request.h"

namespace freehold::gate {
namespace {

using testing::HeaderList;
using testing::make_account;
using testing::make_request;

const WallTime kNow = parse_iso8601("2026-11-21T12:00:00Z").value();
const std::string kDate = "Sat, 21 Nov 2026 12:00:00 GMT";
const std::string kNoMac = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

ApiResult<Principal> call(HeaderList headers, std::string_view query = {}) {
  auto account = make_account("acct1", "a key");
  auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b?" + std::string(query), headers);
  return authenticate(request, {.account = "acct1", .container = "c", .blob = "b"}, *account, kNow);
}

std::string refusal(const ApiResult<Principal>& result) {
  return result ? "accepted" : std::to_string(result.error().status) + " " + result.error().code;
}
std::string detail(const ApiResult<Principal>& result) {
  return result || result.error().fields.empty() ? "" : result.error().fields[0].second;
}

struct Bad {
  HeaderList headers;
  std::string refusal;
  std::string detail;  // its beginning
};
class BadHeader : public ::testing::TestWithParam<Bad> {};

TEST_P(BadHeader, IsRefused) {
  auto result = call(GetParam().headers);
  EXPECT_EQ(refusal(result), GetParam().refusal);
  EXPECT_TRUE(detail(result).starts_with(GetParam().detail)) << detail(result);
}

const std::string kFailed = "403 AuthenticationFailed";
const std::string kMalformed = "400 InvalidAuthenticationInfo";
const Bad kBadHeaders[] = {
    {{{"authorization", ""}}, kMalformed, ""},
    {{{"authorization", "SharedKey"}}, kMalformed, ""},
    {{{"authorization", "SharedKey "}}, kMalformed, ""},
    {{{"authorization", "SharedKey acct1"}}, kMalformed, ""},
    {{{"authorization", "SharedKey acct1:"}}, kMalformed, ""},
    {{{"authorization", "SharedKey :" + kNoMac}}, kMalformed, ""},
    {{{"authorization", "sharedkey acct1:" + kNoMac}, {"x-ms-date", kDate}}, kMalformed, ""},
    {{{"authorization", "Basic dXNlcjpwYXNz"}}, kMalformed, ""},
    {{{"authorization", "acct1:" + kNoMac}}, kMalformed, ""},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"authorization", "SharedKey acct1:" + kNoMac}}, kMalformed, ""},
    {{{"authorization", "SharedKeyLite acct1:" + kNoMac}, {"x-ms-date", kDate}}, kFailed, "The MAC signature"},
    {{{"authorization", "SharedKeyLite acct1:" + kNoMac}}, kFailed, "Request date header not specified."},
    {{{"authorization", "SharedKeyLite"}}, kMalformed, ""},
    {{{"authorization", "Bearer eyJ.e30."}}, "401 InvalidAuthenticationInfo", "Bearer tokens"},
    {{{"authorization", "bearer"}}, "401 InvalidAuthenticationInfo", "Bearer tokens"},
    {{{"authorization", "SharedKey acct1:" + kNoMac}}, kFailed, "Request date header not specified."},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", "yesterday"}}, kFailed, "The Date header"},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", ""}, {"date", kDate}}, kFailed, "The Date header"},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", "Sat, 21 Nov 2026 11:44:59 GMT"}},
     kFailed,
     "Request date header too old"},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", "Sat, 21 Nov 2026 12:15:01 GMT"}},
     kFailed,
     "Request date header too far"},
    {{{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", kDate}}, kFailed, "The MAC signature"},
    {{{"authorization", "SharedKey acct1:!!!!"}, {"x-ms-date", kDate}}, kFailed, "The MAC signature"},
    {{{"authorization", "SharedKey acct1:AAAA"}, {"x-ms-date", kDate}}, kFailed, "The MAC signature"},
    {{{"authorization", "SharedKey acct1:" + kNoMac + "=="}, {"x-ms-date", kDate}}, kFailed, "The MAC signature"},
};
INSTANTIATE_TEST_SUITE_P(Headers, BadHeader, ::testing::ValuesIn(kBadHeaders));

TEST(Refusals, ASignatureForAnotherAccountNameDoesNotCount) {
  auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b", {{"x-ms-date", kDate}});
  auto own = shared_key_authorization(request, "acct1", "a key");
  auto other = "SharedKey acct2:" + own.substr(own.find(':') + 1);
  EXPECT_EQ(refusal(call({{"x-ms-date", kDate}, {"authorization", other}})), kFailed);
}

TEST(Refusals, TwoCredentialsAreOneTooMany) {
  EXPECT_EQ(refusal(call({{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", kDate}}, "sig=AA&ss=b&srt=o")),
            kMalformed);
}

TEST(Refusals, TheDetailShowsTheStringToSignWithoutSecrets) {
  auto text = detail(call({{"authorization", "SharedKey acct1:" + kNoMac},
                           {"x-ms-date", kDate},
                           {"x-ms-copy-source", "https://a/b?sig=SECRET"},
                           {"x-ms-encryption-key", "SECRETKEY"}}));
  EXPECT_NE(text.find("x-ms-date:" + kDate + "\nx-ms-encryption-key:***\n/acct1/c/b"), std::string::npos);
  EXPECT_NE(text.find("x-ms-copy-source:***\n"), std::string::npos);
  EXPECT_EQ(text.find("SECRET"), std::string::npos);
  EXPECT_EQ(text.find(kNoMac), std::string::npos);
}

TEST(Refusals, TheDetailIsBoundedAndFitForXml) {
  auto long_text = detail(call({{"authorization", "SharedKey acct1:" + kNoMac},
                                {"x-ms-date", kDate},
                                {"x-ms-meta-long", std::string(20'000, 'x')}}));
  EXPECT_LE(long_text.size(), 4096u);
  auto controls = detail(call({{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", kDate}}, "a=%01%1F%09b"));
  EXPECT_NE(controls.find("a:???b"), std::string::npos);
  auto binary =
      detail(call({{"authorization", "SharedKey acct1:" + kNoMac}, {"x-ms-date", kDate}, {"x-ms-meta-b", "\xff"}}));
  EXPECT_TRUE(is_valid_utf8(binary));
}

TEST(Refusals, NoCredentialIsAnAnonymousCaller) {
  auto result = call({{"x-ms-date", kDate}}, "comp=list&sv=2021-06-08");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->credential, kAnonymous);
  EXPECT_EQ(result->pseudonym_source, "");
}

}  // namespace
}  // namespace freehold::gate
