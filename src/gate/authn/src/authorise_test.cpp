#include <gtest/gtest.h>

#include "authn/authenticate.h"
#include "route/testing/make_request.h"

namespace freehold::gate {
namespace {

using testing::make_request;

const RouteSpec kRow = {.operation = "PutBlob",
                        .method = http::Method::kPut,
                        .credentials = kSharedKey | kAccountSas,
                        .sas = {.service = 'b', .resource_type = 'o', .permissions = "cw"}};

struct Caller {
  SasGrant grant;
  std::string address = "127.0.0.1";
  http::Listener listener = http::Listener::kHttps;
};

std::string outcome(const ApiResult<>& result) {
  return result ? "allowed" : std::to_string(result.error().status) + " " + result.error().code;
}

std::string try_sas(Caller caller) {
  auto request = make_request(http::Method::kPut, "https://acct1.blob.test/c/b");
  request.peer.address = caller.address;
  request.listener = caller.listener;
  return outcome(authorise({.credential = kAccountSas, .sas = caller.grant}, kRow, request));
}

SasGrant grant(std::string services, std::string types, std::string permissions, std::optional<std::string> range = {}) {
  return {.services = std::move(services),
          .resource_types = std::move(types),
          .permissions = std::move(permissions),
          .ip_range = std::move(range)};
}

TEST(Authorise, AnAccountSasMustGrantServiceTypeAndOneOfThePermissions) {
  EXPECT_EQ(try_sas({grant("b", "o", "w")}), "allowed");
  EXPECT_EQ(try_sas({grant("bqtf", "sco", "rc")}), "allowed");
  EXPECT_EQ(try_sas({grant("qtf", "sco", "rwdlacup")}), "403 AuthorizationServiceMismatch");
  EXPECT_EQ(try_sas({grant("b", "sc", "rwdlacup")}), "403 AuthorizationResourceTypeMismatch");
  EXPECT_EQ(try_sas({grant("b", "sco", "rdlaup")}), "403 AuthorizationPermissionMismatch");
}

TEST(Authorise, AnAccountSasIsBoundToItsProtocolAndAddresses) {
  auto https = grant("b", "o", "w");
  EXPECT_EQ(try_sas({https, "127.0.0.1", http::Listener::kHttp}), "403 AuthorizationProtocolMismatch");
  auto either = https;
  either.https_only = false;
  EXPECT_EQ(try_sas({either, "127.0.0.1", http::Listener::kHttp}), "allowed");
  auto near = grant("b", "o", "w", "127.0.0.1-127.0.0.9");
  EXPECT_EQ(try_sas({near, "127.0.0.9"}), "allowed");
  EXPECT_EQ(try_sas({near, "127.0.0.10"}), "403 AuthorizationSourceIPMismatch");
  EXPECT_EQ(try_sas({near, "::1"}), "403 AuthorizationSourceIPMismatch");
}

TEST(Authorise, OnlyTheRowsCredentialsCount) {
  auto request = make_request(http::Method::kPut, "https://acct1.blob.test/c/b");
  EXPECT_EQ(outcome(authorise({.credential = kSharedKey}, kRow, request)), "allowed");
  EXPECT_EQ(outcome(authorise({.credential = kLocalOperator}, kRow, request)), "403 AuthorizationFailure");
  EXPECT_EQ(outcome(authorise({.credential = kSystemJob}, kRow, request)), "403 AuthorizationFailure");
  EXPECT_EQ(outcome(authorise({.credential = kNoCredential}, kRow, request)), "403 AuthorizationFailure");
  auto nobody = kRow;
  nobody.credentials = kNoCredential;
  EXPECT_EQ(outcome(authorise({.credential = kSharedKey}, nobody, request)), "403 AuthorizationFailure");
}

TEST(Authorise, AnonymousCallersAreToldByTheRulesOfTheirVersion) {
  auto old = make_request(http::Method::kPut, "https://acct1.blob.test/c/b", {{"x-ms-version", "2019-07-07"}});
  EXPECT_EQ(outcome(authorise({}, kRow, old)), "409 PublicAccessNotPermitted");
  auto none = make_request(http::Method::kPut, "https://acct1.blob.test/c/b");
  EXPECT_EQ(outcome(authorise({}, kRow, none)), "409 PublicAccessNotPermitted");
  auto recent = make_request(http::Method::kPut, "https://acct1.blob.test/c/b", {{"x-ms-version", "2019-12-12"}});
  auto refused = authorise({}, kRow, recent);
  EXPECT_EQ(outcome(refused), "401 NoAuthenticationInformation");
  ASSERT_EQ(refused.error().headers.size(), 1u);
  EXPECT_EQ(refused.error().headers[0].first, "www-authenticate");
  auto open = kRow;
  open.credentials |= kAnonymous;
  EXPECT_EQ(outcome(authorise({}, open, recent)), "allowed");
}

}  // namespace
}  // namespace freehold::gate
