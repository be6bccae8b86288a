#include <gtest/gtest.h>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "header_order.h"
#include "route/testing/make_request.h"
#include "shared_key_string.h"
#include "shared_key_vectors.h"

namespace freehold::gate {
namespace {

using testing::make_account;
using testing::make_request;

std::shared_ptr<const StorageAccount> account_of(const SignedRequest& vector) {
  auto key = [](std::string_view base64) { return from_base64(base64).value(); };
  if (vector.account == "devstoreaccount1") return make_account(vector.account, key(kEmulatorKey));
  return make_account(vector.account, key(kKeyOne), key(kKeyTwo));
}

WallTime date_of(const http::Request& request) {
  auto name = request.headers.has("x-ms-date") ? "x-ms-date" : "date";
  return parse_http_date(request.headers.get(name)).value();
}

ApiResult<Principal> call(const http::Request& request, const StorageAccount& account, WallTime now) {
  return authenticate(request, {.account = account.name}, account, now);
}

std::string refusal(const ApiResult<Principal>& result) {
  return result ? "accepted" : std::to_string(result.error().status) + " " + result.error().code;
}

class KnownGood : public ::testing::TestWithParam<SignedRequest> {};

TEST_P(KnownGood, IsAcceptedAndSaysWhichKeySigned) {
  const auto& vector = GetParam();
  auto request = make_request(vector.method, vector.url, vector.headers);
  auto account = account_of(vector);
  auto principal = call(request, *account, date_of(request));
  ASSERT_TRUE(principal) << vector.name << ": " << principal.error().fields[0].second;
  EXPECT_EQ(principal->credential, kSharedKey);
  EXPECT_EQ(principal->tenant, account->tenant);
  EXPECT_EQ(principal->pseudonym_source, "key" + std::to_string(vector.key) + " of " + to_string(account->id));
}

TEST_P(KnownGood, IsRefusedWithAnyOtherKey) {
  const auto& vector = GetParam();
  auto request = make_request(vector.method, vector.url, vector.headers);
  auto stranger = make_account(vector.account, std::string(64, 'x'), std::string(64, 'y'));
  EXPECT_EQ(refusal(call(request, *stranger, date_of(request))), "403 AuthenticationFailed") << vector.name;
}

TEST_P(KnownGood, IsRefusedOnceAnythingSignedIsChanged) {
  const auto& vector = GetParam();
  auto account = account_of(vector);
  auto good = make_request(vector.method, vector.url, vector.headers);
  auto now = date_of(good);
  auto method = good;
  method.method = http::Method::kPatch;
  EXPECT_EQ(refusal(call(method, *account, now)), "403 AuthenticationFailed") << vector.name;
  auto path = good;
  path.path += "x";
  EXPECT_EQ(refusal(call(path, *account, now)), "403 AuthenticationFailed") << vector.name;
  auto query = good;
  query.raw_query += "&y=z";
  EXPECT_EQ(refusal(call(query, *account, now)), "403 AuthenticationFailed") << vector.name;
  auto header = good;
  header.headers.add("x-ms-meta-more", "1");
  EXPECT_EQ(refusal(call(header, *account, now)), "403 AuthenticationFailed") << vector.name;
  auto range = good;
  range.headers.set("range", "bytes=7-9");
  EXPECT_EQ(refusal(call(range, *account, now)), "403 AuthenticationFailed") << vector.name;
}

INSTANTIATE_TEST_SUITE_P(Requests, KnownGood, ::testing::ValuesIn(kSignedRequests));

TEST(SharedKeyString, IsTheOneThatTheClientSigned) {
  int canonical = 0;
  for (const auto& vector : kSignedRequests) {
    if (vector.name == "plus taken as itself" || vector.name == "headers in the order of bytes") continue;
    auto request = make_request(vector.method, vector.url, vector.headers);
    EXPECT_EQ(shared_key_string_to_sign(request, vector.account, request.path), vector.string_to_sign) << vector.name;
    ++canonical;
  }
  EXPECT_GE(canonical, 20);
}

TEST(SharedKey, OurOwnSignatureIsAccepted) {
  auto account = make_account("acct1", "a key");
  auto request =
      make_request(http::Method::kPut, "https://acct1.blob.test/c/b?x=%2B&a=1", {{"x-ms-date", http_date({})}});
  request.headers.add("authorization", shared_key_authorization(request, "acct1", "a key"));
  EXPECT_EQ(refusal(call(request, *account, WallTime{})), "accepted");
}

TEST(SharedKey, DateMayBeFifteenMinutesOffEitherWay) {
  auto account = make_account("acct1", "a key");
  auto base = WallTime(std::chrono::seconds(1'750'000'000));
  auto at = [&](std::string header, std::chrono::seconds offset) {
    auto request =
        make_request(http::Method::kGet, "https://acct1.blob.test/c/b", {{header, http_date(base + offset)}});
    request.headers.add("authorization", shared_key_authorization(request, "acct1", "a key"));
    return refusal(call(request, *account, base));
  };
  for (auto header : {"x-ms-date", "date"}) {
    EXPECT_EQ(at(header, std::chrono::seconds(-900)), "accepted");
    EXPECT_EQ(at(header, std::chrono::seconds(900)), "accepted");
    EXPECT_EQ(at(header, std::chrono::seconds(-901)), "403 AuthenticationFailed");
    EXPECT_EQ(at(header, std::chrono::seconds(901)), "403 AuthenticationFailed");
  }
}

TEST(SharedKey, AMissingSecondKeyIsNoKey) {
  auto account = make_account("acct1", "a key");
  auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b", {{"x-ms-date", http_date({})}});
  request.headers.add("authorization", shared_key_authorization(request, "acct1", ""));
  EXPECT_EQ(refusal(call(request, *account, WallTime{})), "403 AuthenticationFailed");
}

TEST(HeaderOrder, PassesOverHyphensAndPutsPunctuationFirst) {
  const std::vector<std::string_view> ordered = {
      "x-ms-blob-type", "x-ms-client-request-id", "x-ms-date",     "x-ms-meta-a",   "x-ms-meta-a_b",
      "x-ms-meta-a1",   "x-ms-meta-ab",           "x-ms-meta-a-b", "x-ms-meta-abc", "x-ms-version"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(collates_before(ordered[i], ordered[j]), i < j) << ordered[i] << " " << ordered[j];
    }
  }
}

http::Request with_many_headers(std::size_t count) {
  auto request = make_request(http::Method::kPut, "https://acct1.blob.test/c/b", {{"x-ms-date", http_date({})}});
  // Hyphens are passed over in one order and count in the other; the last names come first.
  for (std::size_t i = 1; i < count; ++i) {
    request.headers.add("x-ms-meta" + std::string(1 + (count - i) % 7, '-') + std::to_string(i), "v");
  }
  return request;
}

TEST(SharedKey, ManyHeadersAreSignedAndTooManyAreNot) {
  auto account = make_account("acct1", "a key");
  for (const std::size_t count : {100u, 101u}) {
    auto request = with_many_headers(count);
    request.headers.add("authorization", shared_key_authorization(request, "acct1", "a key"));
    EXPECT_EQ(refusal(call(request, *account, WallTime{})), count == 100 ? "accepted" : "403 AuthenticationFailed");
  }
}

TEST(SharedKeyString, HasOneFormWhereTheOrdersAgree) {
  auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b?a=1+2",
                              {{"x-ms-version", "2021-06-08"}, {"x-ms-date", http_date({})}});
  EXPECT_EQ(shared_key_strings(request, "acct1").size(), 2u);  // the plus
  EXPECT_EQ(shared_key_lite_strings(request, "acct1").size(), 1u);
  request.headers.add("x-ms-meta-ab", "1");
  request.headers.add("x-ms-meta-a-b", "2");  // before the other by its bytes, behind it by Azure's order
  const auto strings = shared_key_strings(request, "acct1");
  ASSERT_EQ(strings.size(), 4u);
  EXPECT_LT(strings[0].find("x-ms-meta-ab:"), strings[0].find("x-ms-meta-a-b:"));
  EXPECT_GT(strings[2].find("x-ms-meta-ab:"), strings[2].find("x-ms-meta-a-b:"));
  EXPECT_EQ(strings[0], shared_key_string_to_sign(request, "acct1", request.path));
}

}  // namespace
}  // namespace freehold::gate
