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

SasGrant grant(std::string services, std::string types, std::string permissions,
               std::optional<std::string> range = {}) {
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
  auto tokens = kRow;
  tokens.credentials = kBearer;
  EXPECT_EQ(outcome(authorise({.credential = kSharedKey}, tokens, request)), "403 AuthenticationFailed");
  EXPECT_EQ(outcome(authorise({.credential = kSystemJob}, tokens, request)), "403 AuthorizationFailure");
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
  // Where the account lets containers be public, a private one looks as if it weren't there.
  EXPECT_EQ(outcome(authorise({.public_account = true}, kRow, old)), "404 ResourceNotFound");
  EXPECT_EQ(outcome(authorise({.public_account = true}, kRow, recent)), "401 NoAuthenticationInformation");
}

TEST(Authorise, AnonymousCallersComeInWhereRowAndContainerAreOpen) {
  auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b");
  const auto at = [&](Scope scope, PublicAccess access) {
    const RouteSpec row = {.operation = "Read", .scope = scope, .credentials = kAnonymous};
    return outcome(authorise({.public_access = access, .public_account = true}, row, request));
  };
  const std::string hidden = "404 ResourceNotFound";
  EXPECT_EQ(at(Scope::kBlob, PublicAccess::kNone), hidden);
  EXPECT_EQ(at(Scope::kBlob, PublicAccess::kBlob), "allowed");
  EXPECT_EQ(at(Scope::kBlob, PublicAccess::kContainer), "allowed");
  EXPECT_EQ(at(Scope::kContainer, PublicAccess::kNone), hidden);
  EXPECT_EQ(at(Scope::kContainer, PublicAccess::kBlob), hidden);
  EXPECT_EQ(at(Scope::kContainer, PublicAccess::kContainer), "allowed");
  EXPECT_EQ(at(Scope::kService, PublicAccess::kNone), "allowed");  // a service's own rows: no container opens them
  EXPECT_EQ(outcome(authorise({.public_access = PublicAccess::kContainer, .public_account = true}, kRow, request)),
            hidden);
}

struct ResourceCase {
  std::string resource;
  std::string permissions;
  http::Method method;
  Scope scope;
  std::string query;
  std::string outcome;
};

TEST(Authorise, ASasOnAResourceIsHeldToItsKindAndPermissions) {
  using enum http::Method;
  const std::string elsewhere = "403 AuthorizationResourceTypeMismatch";
  const std::string not_so = "403 AuthorizationPermissionMismatch";
  const ResourceCase cases[] = {
      {"b", "w", kPut, Scope::kBlob, "", "allowed"},
      {"b", "rdl", kPut, Scope::kBlob, "", not_so},
      {"c", "w", kPut, Scope::kBlob, "", "allowed"},
      {"c", "w", kPut, Scope::kContainer, "", "allowed"},
      {"d", "w", kPut, Scope::kContainer, "", "allowed"},
      {"b", "w", kPut, Scope::kContainer, "", elsewhere},
      {"bs", "w", kGet, Scope::kContainer, "", elsewhere},
      {"b", "w", kPut, Scope::kService, "", elsewhere},
      {"bs", "w", kGet, Scope::kBlob, "", "allowed"},
      {"bs", "w", kDelete, Scope::kBlob, "", "allowed"},
      {"bs", "w", kPut, Scope::kBlob, "", not_so},
      {"bv", "w", kPut, Scope::kBlob, "?comp=metadata", not_so},
      {"bs", "w", kPut, Scope::kBlob, "?comp=tier", "allowed"},
      {"bs", "w", kDelete, Scope::kBlob, "?comp=immutabilitypolicies", not_so},
  };
  for (const auto& c : cases) {
    const RouteSpec row = {.operation = "Do",
                           .method = c.method,
                           .scope = c.scope,
                           .credentials = kServiceSas | kUserDelegationSas,
                           .sas = {.resource_permissions = "cw"}};
    auto request = make_request(c.method, "https://acct1.blob.test/c/b" + c.query);
    const SasGrant granted{.resource = c.resource, .permissions = c.permissions};
    for (auto credential : {kServiceSas, kUserDelegationSas}) {
      EXPECT_EQ(outcome(authorise({.credential = credential, .sas = granted}, row, request)), c.outcome)
          << c.resource << " " << c.query;
      EXPECT_EQ(outcome(authorise({.credential = credential, .sas = granted}, kRow, request)),
                "403 AuthorizationFailure");
    }
  }
}

TEST(Authorise, TagsNeedTheirOwnPermissionWhereverTheyAreTouched) {
  const RouteSpec row = {.operation = "List",
                         .scope = Scope::kContainer,
                         .credentials = kServiceSas | kAccountSas | kAnonymous,
                         .sas = {.resource_type = 'c', .permissions = "l", .resource_permissions = "l"}};
  const auto at = [&](std::string permissions, std::string query, testing::HeaderList headers = {}) {
    auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c" + query, std::move(headers));
    const SasGrant by_resource{.resource = "c", .permissions = permissions};
    const Principal stranger{.public_access = PublicAccess::kContainer, .public_account = true};
    return outcome(authorise({.credential = kServiceSas, .sas = by_resource}, row, request)) + ", " +
           outcome(authorise({.credential = kAccountSas, .sas = grant("b", "c", permissions)}, row, request)) + ", " +
           outcome(authorise(stranger, row, request));
  };
  const std::string refused =
      "403 AuthorizationPermissionMismatch, 403 AuthorizationPermissionMismatch, 404 ResourceNotFound";
  EXPECT_EQ(at("l", "?include=metadata,snapshots"), "allowed, allowed, allowed");
  EXPECT_EQ(at("l", "?include=metadata,Tags"), refused);
  EXPECT_EQ(at("l", "", {{"x-ms-if-tags", "a = 'b'"}}), refused);
  EXPECT_EQ(at("l", "", {{"x-ms-tags", "a=b"}}), refused);
  EXPECT_EQ(at("lt", "?include=tags"), "allowed, allowed, 404 ResourceNotFound");
  EXPECT_EQ(at("l", "", {{"x-ms-copy-source-tag-option", "Copy"}}), refused);
  EXPECT_EQ(at("l", "", {{"x-ms-copy-source-tag-option", "REPLACE"}}), "allowed, allowed, allowed");
  // Strangers see what is public, and what was only staged isn't yet.
  EXPECT_EQ(at("l", "?include=copy,UncommittedBlobs"), "allowed, allowed, 404 ResourceNotFound");
}

class OneRight final : public DelegatorRights {
 public:
  [[nodiscard]] bool may(const Delegator& who, const StorageAccount& account, const Target& target,
                         std::string_view data_action, const AskedFor& asked) const override {
    EXPECT_NE(asked.request, nullptr);
    return who.object.bytes[0] == 7 && account.name == "acct1" && target.blob == "mine" && data_action == "blobs/read";
  }
};

TEST(Authorise, AUserDelegationSasMayNoMoreThanItsDelegator) {
  const OneRight rights;
  const RouteSpec read = {.operation = "Read", .data_action = "blobs/read"};
  const RouteSpec write = {.operation = "Write", .data_action = "blobs/write"};
  const RouteSpec unnamed = {.operation = "Odd"};
  StorageAccount account;
  account.name = "acct1";
  Principal caller{.credential = kUserDelegationSas, .delegator = Delegator{}};
  const auto at = [&](const RouteSpec& row, std::string blob, const DelegatorRights* of,
                      const testing::HeaderList& headers = {}) {
    const auto request = make_request(http::Method::kGet, "https://acct1.blob.test/c/b", headers);
    const Target target{.account = "acct1", .container = "c", .blob = std::move(blob)};
    return outcome(check_delegator(caller, row, account, target, of, {.request = &request}));
  };
  const std::string not_so = "403 AuthorizationPermissionMismatch";
  EXPECT_EQ(at(read, "mine", &rights), not_so);
  caller.delegator->object.bytes[0] = 7;
  EXPECT_EQ(at(read, "mine", &rights), "allowed");
  EXPECT_EQ(at(read, "yours", &rights), not_so);
  EXPECT_EQ(at(write, "mine", &rights), not_so);
  EXPECT_EQ(at(unnamed, "mine", &rights), not_so);
  EXPECT_EQ(at(read, "mine", nullptr), not_so);
  const RouteSpec tagged = {.operation = "Read",
                            .data_action = "blobs/read",
                            .further_actions = {{.name = "x-tags", .value = "all", .action = "blobs/tags"}}};
  EXPECT_EQ(at(tagged, "mine", &rights), "allowed");
  EXPECT_EQ(at(tagged, "mine", &rights, {{"x-tags", "ALL"}}), not_so);
  EXPECT_EQ(at(tagged, "mine", &rights, {{"x-tags", "none"}}), "allowed");
  EXPECT_FALSE(caller.only_creates);
  const RouteSpec creating = {.operation = "Put", .data_action = "blobs/write", .create_action = "blobs/read"};
  EXPECT_EQ(at(creating, "mine", &rights), "allowed");
  EXPECT_TRUE(caller.only_creates);
  caller = {.credential = kSharedKey};
  EXPECT_EQ(at(write, "yours", nullptr), "allowed");  // not its concern
}

}  // namespace
}  // namespace freehold::gate
