// Signatures here were computed by a separate implementation of the specification's text.
#include <gtest/gtest.h>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "route/testing/make_request.h"
#include "shared_key_string.h"
#include "shared_key_vectors.h"

namespace freehold::gate {
namespace {

using testing::make_account;
using testing::make_request;

const std::string kDate = "Sat, 21 Nov 2026 21:00:00 GMT";
const WallTime kNow = parse_http_date(kDate).value();

const std::vector<SignedRequest> kLite = {
    {"headers of its own and metadata, the path as sent",
     http::Method::kPut,
     "https://acct1.blob.test/mycontainer/my%20blob.txt",
     {{"Content-Type", "text/plain; charset=UTF-8"},
      {"Content-Length", "5"},
      {"x-ms-meta-m2", "v2"},
      {"x-ms-meta-m1", "v1"},
      {"x-ms-date", kDate},
      {"authorization", "SharedKeyLite acct1:WLa5KiNzkAhHzrJQaO7vgHSmjMj9VvuNrvu79R68KFs="}},
     "acct1",
     1,
     "PUT\n\ntext/plain; charset=UTF-8\n\nx-ms-date:" + kDate +
         "\nx-ms-meta-m1:v1\nx-ms-meta-m2:v2\n/acct1/mycontainer/my%20blob.txt"},
    {"Date alone, the second key, and comp alone of the query",
     http::Method::kGet,
     "https://acct1.blob.test/?prefix=a&comp=list",
     {{"Date", kDate},
      {"x-ms-version", "2018-03-28"},
      {"authorization", "SharedKeyLite acct1:zj4Qrm6PD5Pm9wcHvv8Bobl0UGvEDv6Jv9yE2csxtuE="}},
     "acct1",
     2,
     "GET\n\n\n" + kDate + "\nx-ms-version:2018-03-28\n/acct1/?comp=list"},
    {"an MD5",
     http::Method::kPut,
     "https://acct1.blob.test/c/b?comp=block&blockid=YQ%3D%3D",
     {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="},
      {"Content-Length", "0"},
      {"x-ms-date", kDate},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKeyLite acct1:xKooTxm6spvTnQF+ksLSWJFuGSHkdLjau5x0ea8He5U="}},
     "acct1",
     1,
     "PUT\n1B2M2Y8AsgTpgAmY7PhCfg==\n\n\nx-ms-date:" + kDate + "\nx-ms-version:2021-06-08\n/acct1/c/b?comp=block"},
    {"the emulator's path",
     http::Method::kGet,
     "http://127.0.0.1:10000/devstoreaccount1/c?restype=container&comp=list",
     {{"x-ms-date", kDate},
      {"x-ms-version", "2021-06-08"},
      {"authorization", "SharedKeyLite devstoreaccount1:HJUNdj8NvVecIPkpiC/wvU63rTardQufeK+zL/NIZIY="}},
     "devstoreaccount1",
     1,
     "GET\n\n\n\nx-ms-date:" + kDate + "\nx-ms-version:2021-06-08\n/devstoreaccount1/devstoreaccount1/c?comp=list"},
    {"headers in the order of bytes",
     http::Method::kPut,
     "https://acct1.blob.test/c/b?comp=metadata",
     {{"x-ms-meta-a_b", "1"},
      {"x-ms-meta-a1", "2"},
      {"x-ms-date", kDate},
      {"authorization", "SharedKeyLite acct1:67yv6lPowEJV4quv92mV+Em1EbgiPwkIrKnqLHhPyC4="}},
     "acct1",
     1,
     {}},
};

std::shared_ptr<const StorageAccount> account_of(const SignedRequest& vector) {
  auto key = [](std::string_view base64) { return from_base64(base64).value(); };
  if (vector.account == "devstoreaccount1") return make_account(vector.account, key(kEmulatorKey));
  return make_account(vector.account, key(kKeyOne), key(kKeyTwo));
}

std::string outcome(const http::Request& request, const StorageAccount& account, WallTime now = kNow) {
  auto result = authenticate(request, {.account = account.name}, account, now);
  return result ? result->pseudonym_source.substr(0, 4) : std::to_string(result.error().status) + result.error().code;
}

TEST(SharedKeyLite, KnownRequestsAreAcceptedAndTheirStringsAreTheOnesSigned) {
  for (const auto& vector : kLite) {
    auto request = make_request(vector.method, vector.url, vector.headers);
    auto account = account_of(vector);
    EXPECT_EQ(outcome(request, *account), "key" + std::to_string(vector.key)) << vector.name;
    if (vector.string_to_sign.empty()) continue;
    EXPECT_EQ(shared_key_lite_string(request, vector.account, request.path, {}), vector.string_to_sign) << vector.name;
  }
}

TEST(SharedKeyLite, AnythingSignedThatIsChangedIsRefused) {
  for (const auto& vector : kLite) {
    auto account = account_of(vector);
    const auto good = make_request(vector.method, vector.url, vector.headers);
    auto changed = good;
    changed.method = http::Method::kPatch;
    EXPECT_EQ(outcome(changed, *account), "403AuthenticationFailed") << vector.name;
    changed = good;
    changed.path += "x";
    EXPECT_EQ(outcome(changed, *account), "403AuthenticationFailed") << vector.name;
    changed = good;
    changed.headers.add("x-ms-meta-more", "1");
    EXPECT_EQ(outcome(changed, *account), "403AuthenticationFailed") << vector.name;
    changed = good;
    changed.headers.set("content-type", "text/html");
    EXPECT_EQ(outcome(changed, *account), "403AuthenticationFailed") << vector.name;
    EXPECT_EQ(outcome(good, *account, kNow + std::chrono::seconds(901)), "403AuthenticationFailed") << vector.name;
    EXPECT_EQ(outcome(good, *make_account(vector.account, "a stranger's key")), "403AuthenticationFailed");
  }
}

TEST(SharedKeyLite, TheTwoSchemesDontPassForEachOther) {
  auto account = make_account("acct1", "a key");
  for (bool lite : {false, true}) {
    auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b?comp=tags", {{"x-ms-date", kDate}});
    auto own = lite ? shared_key_lite_authorization(request, "acct1", "a key")
                    : shared_key_authorization(request, "acct1", "a key");
    auto signature = own.substr(own.find(' '));
    auto other = request;
    request.headers.add("authorization", own);
    EXPECT_EQ(outcome(request, *account), "key1");
    other.headers.add("authorization", (lite ? "SharedKey" : "SharedKeyLite") + signature);
    EXPECT_EQ(outcome(other, *account), "403AuthenticationFailed");
  }
}

}  // namespace
}  // namespace freehold::gate
