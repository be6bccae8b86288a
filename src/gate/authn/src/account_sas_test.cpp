#include <gtest/gtest.h>

#include "authn/authenticate.h"
#include "authn/ip_range.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "route/testing/make_request.h"
#include "shared_key_vectors.h"

namespace freehold::gate {
namespace {

using testing::make_account;
using testing::make_request;

const WallTime kNow = parse_iso8601("2026-11-21T12:00:00Z").value();

ApiResult<Principal> call(std::string_view query, std::string_view key = kKeyOne) {
  auto account = make_account("acct1", "no key of anybody's", from_base64(key).value());
  auto request = make_request(http::Method::kHead, "https://acct1.blob.test/photos/b?" + std::string(query));
  return authenticate(request, {.account = "acct1", .container = "photos", .blob = "b"}, *account, kNow);
}

std::string refusal(const ApiResult<Principal>& result) {
  if (result) return "accepted";
  return result.error().code + ": " + (result.error().fields.empty() ? "" : result.error().fields[0].second);
}

// Made by @azure/storage-blob for JavaScript with kKeyOne.
constexpr std::string_view kFromSdk2026 =
    "sv=2026-04-06&ss=bq&srt=sco&spr=https&st=2026-11-20T00%3A00%3A00Z&se=2026-11-22T00%3A00%3A00Z&sp=rwdlacup"
    "&sig=nYkGSs%2F2KBtD5D2K5YQzmh76eushRo0La8FqY7Fp864%3D";
constexpr std::string_view kFromSdk2020 =
    "sv=2020-10-02&ss=bq&srt=sco&se=2026-11-22T00%3A00%3A00Z&sip=127.0.0.1-127.0.0.9&sp=rwdlacup"
    "&sig=52WxF9s8HAS6f3o%2FdBcPWhZHUSoPH6gNSneIfKqxPhM%3D";

TEST(AccountSas, FromAnSdkIsAcceptedAndRead) {
  auto principal = call(kFromSdk2026);
  ASSERT_TRUE(principal) << refusal(principal);
  EXPECT_EQ(principal->credential, kAccountSas);
  EXPECT_EQ(principal->pseudonym_source.substr(0, 12), "SAS by key2 ");
  ASSERT_TRUE(principal->sas);
  EXPECT_EQ(principal->sas->services, "bq");
  EXPECT_EQ(principal->sas->resource_types, "sco");
  EXPECT_EQ(principal->sas->permissions, "rwdlacup");
  EXPECT_TRUE(principal->sas->https_only);
  EXPECT_FALSE(principal->sas->ip_range);
  EXPECT_EQ(principal->sas->start, parse_iso8601("2026-11-20T00:00:00Z"));
  EXPECT_EQ(principal->sas->expiry, parse_iso8601("2026-11-22T00:00:00Z"));
}

TEST(AccountSas, BeforeTheEncryptionScopeHadALineIsAcceptedToo) {
  auto principal = call(kFromSdk2020);
  ASSERT_TRUE(principal) << refusal(principal);
  EXPECT_FALSE(principal->sas->https_only);
  EXPECT_EQ(principal->sas->ip_range, "127.0.0.1-127.0.0.9");
  EXPECT_EQ(principal->sas->start, WallTime{});
}

TEST(AccountSas, IsRefusedWithAnotherKeyOrAnythingChanged) {
  EXPECT_TRUE(refusal(call(kFromSdk2026, kKeyTwo)).starts_with("AuthenticationFailed: Signature did not match."));
  for (auto [from, to] : {std::pair("ss=bq", "ss=b"), std::pair("srt=sco", "srt=s"), std::pair("sp=rw", "sp=rwx"),
                          std::pair("2026-11-22", "2026-11-23"), std::pair("2026-11-20", "2026-11-19"),
                          std::pair("spr=https", "spr=https,http"), std::pair("sv=2026-04-06", "sv=2026-02-06"),
                          std::pair("sig=nY", "sig=nZ"), std::pair("%3D", ""), std::pair("&spr=https", "")}) {
    std::string query(kFromSdk2026);
    query.replace(query.find(from), std::string_view(from).size(), to);
    EXPECT_TRUE(refusal(call(query)).starts_with("AuthenticationFailed: Signature did not match.")) << query;
  }
}

TEST(AccountSas, TheDetailShowsTheStringButNoSignature) {
  auto text = refusal(call(kFromSdk2026, kKeyTwo));
  EXPECT_NE(text.find("acct1\nrwdlacup\nbq\nsco\n"), std::string::npos);
  EXPECT_EQ(text.find("nYkGSs"), std::string::npos);
}

struct BadQuery {
  std::string query;
  std::string refusal;
};
class BadSas : public ::testing::TestWithParam<BadQuery> {};

TEST_P(BadSas, IsRefusedForWhatIsWrong) { EXPECT_EQ(refusal(call(GetParam().query)), GetParam().refusal); }

const std::string kBad = "AuthenticationFailed: Signature fields not well formed.";
const BadQuery kBadQueries[] = {
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=2027-01-01", "AuthenticationFailed: sig is mandatory. Cannot be empty"},
    {"ss=b&srt=o&sp=r&se=2027-01-01&sig=AA==", "AuthenticationFailed: sv is mandatory. Cannot be empty"},
    {"sv=2021-06-08&srt=o&sp=r&se=2027-01-01&sig=AA==", "AuthenticationFailed: ss is mandatory. Cannot be empty"},
    {"sv=2021-06-08&ss=b&sp=r&se=2027-01-01&sig=AA==", "AuthenticationFailed: srt is mandatory. Cannot be empty"},
    {"sv=2021-06-08&ss=b&srt=o&se=2027-01-01&sig=AA==", "AuthenticationFailed: sp is mandatory. Cannot be empty"},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&sig=AA==", "AuthenticationFailed: se is mandatory. Cannot be empty"},
    {"sig=AA==", "AuthenticationFailed: sr is mandatory. Cannot be empty"},
    {"sv=2021-06-08&sr=b&sp=r&se=2027-01-01&sig=AA==",
     "AuthenticationFailed: Signature did not match. String to sign used was "
     "r\n\n2027-01-01\n/blob/acct1/photos/b\n\n\n"
     "\n2021-06-08\nb\n\n\n\n\n\n\n"},
    {"sv=2021-06-08&sr=b&skoid=x&sp=r&se=2027-01-01&sig=AA==",
     "AuthenticationFailed: sktid is mandatory. Cannot be empty"},
    {"sv=2021-06-08&ss=b&srt=o&sr=b&sp=r&se=2027-01-01&sig=AA==", kBad},
    {"sv=2014-02-14&ss=b&srt=o&sp=r&se=2027-01-01&sig=AA==", kBad},  // older than account SAS
    {"sv=2026-10-07&ss=b&srt=o&sp=r&se=2027-01-01&sig=AA==", kBad},  // not published yet
    {"sv=20210608&ss=b&srt=o&sp=r&se=2027-01-01&sig=AA==", kBad},
    {"sv=2021-06-08&ss=bx&srt=o&sp=r&se=2027-01-01&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=x&sp=r&se=2027-01-01&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=R&se=2027-01-01&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=soon&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&st=never&se=2027-01-01&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=2027-01-01&spr=http&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=2027-01-01&sip=10.0.0.9-10.0.0.1&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=2027-01-01&sip=here&sig=AA==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&sp=rw&se=2027-01-01&sig=AA==", kBad},  // a parameter twice
    {"sv=2021-06-08&ss=b&srt=o&sp=r&se=2027-01-01&sig=AA==&SIG=BB==", kBad},
    {"sv=2021-06-08&ss=b&srt=o&sp=r&st=2027-01-02&se=2027-01-01&sig=AA==",
     "AuthenticationFailed: Signed expiry time [Fri, 01 Jan 2027 00:00:00 GMT] must be after signed start time [Sat, "
     "02 "
     "Jan 2027 00:00:00 GMT]"},
};
INSTANTIATE_TEST_SUITE_P(Queries, BadSas, ::testing::ValuesIn(kBadQueries));

std::string signed_query(AccountSasFields sas) { return account_sas_query(sas, "acct1", from_base64(kKeyOne).value()); }

TEST(AccountSas, HoldsFromItsStartToJustBeforeItsExpiry) {
  auto at = [](std::string start, std::string expiry) {
    return refusal(call(signed_query({.permissions = "r", .start = std::move(start), .expiry = std::move(expiry)})));
  };
  EXPECT_EQ(at("2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z"), "accepted");
  EXPECT_EQ(at("", "2026-11-21T12:00:01Z"), "accepted");
  auto outside = "AuthenticationFailed: Signature not valid in the specified time frame";
  EXPECT_TRUE(at("2026-11-21T12:00:01Z", "2026-11-21T13:00:00Z").starts_with(outside));
  EXPECT_TRUE(at("", "2026-11-21T12:00:00Z").starts_with(outside));
  EXPECT_TRUE(at("2026-11-20", "2026-11-21").starts_with(outside));
}

TEST(AccountSas, EncryptionScopesAreTakenWhereTheyAreSigned) {
  AccountSasFields sas{.permissions = "r", .expiry = "2027-01-01", .encryption_scope = "mine"};
  const auto query = signed_query(sas);
  EXPECT_TRUE(call(query)) << refusal(call(query));
  auto other = query;
  other.replace(other.find("ses=mine"), 8, "ses=ours");
  EXPECT_TRUE(refusal(call(other)).starts_with("AuthenticationFailed: Signature did not match."));
  sas.version = "2019-12-12";
  EXPECT_EQ(refusal(call(signed_query(sas))),
            "AuthenticationFailed: The signed version doesn't sign an encryption scope.");
}

TEST(AccountSas, ASignatureWithUnescapedPlusIsReadAsMeant) {
  for (int i = 0; i < 64; ++i) {
    auto query = signed_query({.permissions = "r", .expiry = "2027-01-01T00:00:" + std::to_string(10 + i % 50) + "Z"});
    if (auto at = query.find("%2B"); at != std::string::npos) {
      query.replace(at, 3, "+");
      EXPECT_EQ(refusal(call(query)), "accepted");
      return;
    }
  }
  FAIL() << "no signature with a plus was made";
}

TEST(IpRange, HoldsItsEndsAndWhatLiesBetween) {
  struct Case {
    std::string range;
    std::string address;
    bool inside;
  };
  const Case cases[] = {{"10.0.0.1", "10.0.0.1", true},
                        {"10.0.0.1", "10.0.0.2", false},
                        {"10.0.0.1-10.0.0.9", "10.0.0.9", true},
                        {"10.0.0.1-10.0.0.9", "10.0.0.10", false},
                        {"10.0.0.1-10.0.0.9", "::ffff:10.0.0.5", true},
                        {"10.0.0.1-10.0.0.9", "::1", false},
                        {"2001:db8::1-2001:db8::f", "2001:db8::a", true},
                        {"0.0.0.0-255.255.255.255", "::1", false},
                        {"10.0.0.1", "", false}};
  for (const auto& c : cases) {
    auto range = parse_ip_range(c.range);
    ASSERT_TRUE(range) << c.range;
    EXPECT_EQ(contains(*range, c.address), c.inside) << c.range << " " << c.address;
  }
  for (auto bad : {"", "-", "10.0.0.1-", "10.0.0.1-::1", "10.0.0.300", "10.0.0.1-10.0.0.2-10.0.0.3"}) {
    EXPECT_FALSE(parse_ip_range(bad)) << bad;
  }
}

}  // namespace
}  // namespace freehold::gate
