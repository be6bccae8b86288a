// Service SAS and user delegation SAS: who is let in as what.
#include <gtest/gtest.h>

#include <array>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "resource_sas_vectors.h"
#include "route/storage_target.h"
#include "route/testing/make_request.h"
#include "shared_key_vectors.h"

namespace freehold::gate {
namespace {

using testing::make_request;

const WallTime kNow = parse_iso8601("2026-11-21T12:00:00Z").value();
const std::string kFailed = "403 AuthenticationFailed";

std::shared_ptr<const StorageAccount> account() {
  return testing::make_account("acct1", from_base64(kKeyOne).value(), "the second key");
}

struct Caller {
  std::string path;
  std::string query;
  http::Method method = http::Method::kGet;
  testing::HeaderList headers = {};
  const ContainerAccess* container = nullptr;
  WallTime now = kNow;
};

ApiResult<Principal> call(const Caller& caller, const StorageAccount& of) {
  const std::array suffixes{std::string("blob.test")};
  const auto separator = caller.path.contains('?') ? "&" : "?";
  auto request =
      make_request(caller.method, "https://acct1.blob.test" + caller.path + separator + caller.query, caller.headers);
  return authenticate(request, storage_target(request, suffixes).value(), of, caller.now, caller.container);
}
ApiResult<Principal> call(const Caller& caller) { return call(caller, *account()); }

std::string outcome(const ApiResult<Principal>& result) {
  return result ? "accepted" : std::to_string(result.error().status) + " " + result.error().code;
}
std::string detail(const ApiResult<Principal>& result) {
  return result || result.error().fields.empty() ? "" : result.error().fields[0].second;
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  return at == std::string::npos ? text + "&" + std::string(to) : text.replace(at, from.size(), to);
}

const ContainerAccess kReaders = {
    .policies = {{.id = "readers", .expiry = kNow + std::chrono::hours(1), .permissions = "rl"}, {.id = "open"}}};

testing::HeaderList bound_headers() { return {{"x-ms-meta-who", "me"}, {"x-ms-version", "2026-04-06"}}; }

TEST(ServiceSas, FromAnSdkIsAcceptedAndRead) {
  for (const auto& sas : kServiceSasFromSdk) {
    auto principal = call({.path = sas.path, .query = sas.query, .container = &kReaders});
    ASSERT_TRUE(principal) << sas.name << ": " << detail(principal);
    EXPECT_EQ(principal->credential, kServiceSas) << sas.name;
    EXPECT_TRUE(principal->pseudonym_source.starts_with("service SAS by key1 of ")) << sas.name;
    EXPECT_EQ(principal->sas->expiry,
              parse_iso8601(sas.name == "a policy alone" ? "2026-11-21T13:00:00Z" : "2026-11-22"));
    EXPECT_FALSE(principal->delegator);
    if (sas.name == "headers of the answer") {
      EXPECT_EQ(principal->sas->overrides.cache_control, "no-store");
      EXPECT_EQ(principal->sas->overrides.content_disposition, "attachment; filename=\"ü+1.png\"");
      EXPECT_EQ(principal->sas->overrides.content_encoding, "gzip");
      EXPECT_EQ(principal->sas->overrides.content_language, "de");
      EXPECT_EQ(principal->sas->overrides.content_type, "text/plain; charset=utf-8");
    }
    if (sas.name == "addresses and https") {
      EXPECT_EQ(principal->sas->ip_range, "127.0.0.1-127.0.0.9");
      EXPECT_TRUE(principal->sas->https_only);
    }
  }
}

TEST(DelegationSas, FromAnSdkIsAcceptedAndNamesTheDelegator) {
  for (const auto& sas : kDelegationSasFromSdk) {
    auto principal = call({.path = sas.path, .query = sas.query, .headers = bound_headers()});
    ASSERT_TRUE(principal) << sas.name << ": " << detail(principal);
    EXPECT_EQ(principal->credential, kUserDelegationSas) << sas.name;
    ASSERT_TRUE(principal->delegator);
    EXPECT_EQ(to_string(principal->delegator->object), "d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0");
    EXPECT_EQ(principal->delegator->tenant, account()->tenant);
    EXPECT_TRUE(principal->pseudonym_source.starts_with("user delegation SAS of d0d0d0d0-")) << sas.name;
  }
}

// Whatever is signed, wherever it points, by whichever key: a change makes it worthless.
TEST(ResourceSas, IsRefusedOnceAnythingSignedIsChanged) {
  auto stranger = testing::make_account("acct1", "another key", "and another");
  StorageAccount other_secret;
  other_secret.name = "acct1";
  other_secret.id = stranger->id;
  other_secret.tenant = stranger->tenant;
  other_secret.delegation_secret = Secret(BytesView("another secret"));
  for (const auto* list : {&kServiceSasFromSdk, &kDelegationSasFromSdk}) {
    const bool delegated = list == &kDelegationSasFromSdk;
    for (const auto& sas : *list) {
      const Caller good{.path = sas.path, .query = sas.query, .headers = bound_headers(), .container = &kReaders};
      EXPECT_EQ(outcome(call(good)), "accepted") << sas.name;
      EXPECT_EQ(outcome(call(good, delegated ? other_secret : *stranger)), kFailed) << sas.name;
      for (auto [from, to] :
           {std::pair("sp=r", "sp=rx"), std::pair("se=2026-11-22", "se=2026-11-23"),
            std::pair("st=2026-11-20", "st=2026-11-19"), std::pair("sr=b", "sr=c"), std::pair("sr=c", "sr=b"),
            std::pair("sip=127.0.0.1", "sip=127.0.0.2"), std::pair("spr=https", "spr=https,http"),
            std::pair("si=readers", "si=open"), std::pair("rscc=no-store", "rscc=no-cache"),
            std::pair("rsct=text", "rsct=texT"), std::pair("sdd=1", "sdd=2"), std::pair("sdd=2", "sdd=1"),
            std::pair("skoid=d0", "skoid=d1"), std::pair("ske=2026-11-23", "ske=2026-11-24"),
            std::pair("skt=2026-11-21", "skt=2026-11-20"), std::pair("skv=2026", "skv=2025"),
            std::pair("scid=c1", "scid=c2"), std::pair("saoid=a1", "saoid=a2")}) {
        if (!sas.query.contains(from)) continue;
        auto changed = good;
        changed.query = with(sas.query, from, to);
        EXPECT_EQ(outcome(call(changed)), kFailed) << sas.name << ": " << to;
      }
      auto elsewhere = good;
      elsewhere.path = with(sas.path, "/photos", "/private");
      EXPECT_EQ(outcome(call(elsewhere)), kFailed) << sas.name;
    }
  }
}

std::string service_query(ResourceSasFields sas, std::string_view resource) {
  return service_sas_query(sas, resource, from_base64(kKeyOne).value());
}
ResourceSasFields fields(std::string resource, std::string permissions = "r", std::string expiry = "2026-11-22") {
  return {.version = "2026-06-06",
          .resource = std::move(resource),
          .permissions = std::move(permissions),
          .expiry = std::move(expiry)};
}

TEST(ServiceSas, IsForOneResource) {
  const auto blob = service_query(fields("b"), "/blob/acct1/photos/dir/b");
  EXPECT_EQ(outcome(call({.path = "/photos/dir/b", .query = blob})), "accepted");
  EXPECT_EQ(outcome(call({.path = "/photos/dir/bb", .query = blob})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/photos/dir", .query = blob})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/photos?restype=container&comp=list", .query = blob})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/?comp=list", .query = blob})), kFailed);
  const auto container = service_query(fields("c"), "/blob/acct1/photos");
  EXPECT_EQ(outcome(call({.path = "/photos/dir/b", .query = container})), "accepted");
  EXPECT_EQ(outcome(call({.path = "/photos2/dir/b", .query = container})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/?comp=list", .query = container})), kFailed);
}

TEST(ServiceSas, OfASnapshotIsNotForAnotherNorForTheBlob) {
  auto sas = fields("bs");
  sas.snapshot = "2026-11-21T10:00:00.1234567Z";
  const auto query = service_query(sas, "/blob/acct1/photos/b");
  EXPECT_EQ(outcome(call({.path = "/photos/b?snapshot=" + sas.snapshot, .query = query})), "accepted");
  EXPECT_EQ(outcome(call({.path = "/photos/b?snapshot=2026-11-21T10:00:00.1234568Z", .query = query})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/photos/b", .query = query})), kFailed);
  EXPECT_EQ(outcome(call({.path = "/photos/b?snapshot=" + sas.snapshot + "&snapshot=x", .query = query})), kFailed);
}

TEST(ServiceSas, OfADirectoryHoldsBelowIt) {
  auto sas = fields("d", "rl");
  sas.directory_depth = "2";
  const auto query = service_query(sas, "/blob/acct1/photos/a/b");
  for (const auto* inside :
       {"/photos/a/b/c", "/photos/a/b/c/d", "/photos/a/b/", "/photos/a/b",
        "/photos?restype=container&comp=list&prefix=a/b/", "/photos?restype=container&comp=list&prefix=a%2Fb%2Fc"}) {
    EXPECT_EQ(outcome(call({.path = inside, .query = query})), "accepted") << inside;
  }
  for (const auto* outside :
       {"/photos/a", "/photos/a/bc", "/photos/a/c/b", "/photos/x/a/b/c", "/photos?restype=container&comp=list",
        "/photos?restype=container&comp=list&prefix=a/b", "/photos?restype=container&comp=list&prefix=a/",
        "/photos?restype=container&comp=acl&prefix=a/b/", "/photos?restype=container"}) {
    EXPECT_EQ(outcome(call({.path = outside, .query = query})), kFailed) << outside;
  }
  sas.version = "2026-04-06";  // before flat accounts had directories
  EXPECT_EQ(detail(call({.path = "/photos/a/b/c", .query = service_query(sas, "/blob/acct1/photos/a/b")})),
            "Signature fields not well formed.");
}

// A request may have parts (a copy's source, a batch's requests) that are asked in its caller's name.
TEST(ResourceSas, IsGoodForNothingElseInThePartsOfItsRequest) {
  const auto request = [](std::string path) {
    return make_request(http::Method::kGet, "https://acct1.blob.test" + path);
  };
  const auto holds = [&](const Principal& caller, std::string path) {
    const std::array suffixes{std::string("blob.test")};
    auto part = request(path);
    return check_signed_resource(caller, part, storage_target(part, suffixes).value()).has_value();
  };
  const auto blob =
      call({.path = "/photos/a/b", .query = service_query(fields("b"), "/blob/acct1/photos/a/b")}).value();
  EXPECT_TRUE(holds(blob, "/photos/a/b"));
  EXPECT_FALSE(holds(blob, "/photos/a/c"));
  EXPECT_FALSE(holds(blob, "/photos?restype=container&comp=list"));
  const auto container = call({.path = "/photos/a", .query = service_query(fields("c"), "/blob/acct1/photos")}).value();
  EXPECT_TRUE(holds(container, "/photos/x"));
  EXPECT_FALSE(holds(container, "/private/a"));
  auto deep = fields("d");
  deep.directory_depth = "1";
  const auto directory = call({.path = "/photos/a/b", .query = service_query(deep, "/blob/acct1/photos/a")}).value();
  EXPECT_TRUE(holds(directory, "/photos/a/c"));
  EXPECT_FALSE(holds(directory, "/photos/b/c"));
  auto frozen = fields("bs");
  frozen.snapshot = "2026-11-21T10:00:00.1234567Z";
  const auto snapshot =
      call({.path = "/photos/b?snapshot=" + frozen.snapshot, .query = service_query(frozen, "/blob/acct1/photos/b")})
          .value();
  EXPECT_TRUE(holds(snapshot, "/photos/b?snapshot=" + frozen.snapshot));
  EXPECT_FALSE(holds(snapshot, "/photos/b"));
  EXPECT_TRUE(holds({.credential = kSharedKey}, "/private/a"));
}

TEST(ServiceSas, TakesWhatIsLeftOpenFromItsPolicyAndDiesWithIt) {
  auto open = fields("c", "", "");
  open.identifier = "readers";
  const auto query = service_query(open, "/blob/acct1/photos");
  const auto at = [&](const std::string& what, const ContainerAccess* container, WallTime now = kNow) {
    return call({.path = "/photos/b", .query = what, .container = container, .now = now});
  };
  auto principal = at(query, &kReaders);
  ASSERT_TRUE(principal) << detail(principal);
  EXPECT_EQ(principal->sas->permissions, "rl");
  EXPECT_EQ(outcome(at(query, &kReaders, kNow + std::chrono::hours(1))), kFailed);
  const ContainerAccess renamed = {
      .policies = {{.id = "Readers", .expiry = kNow + std::chrono::hours(1), .permissions = "rl"}}};
  for (const auto* gone : {static_cast<const ContainerAccess*>(nullptr), &renamed}) {
    EXPECT_EQ(detail(at(query, gone)), "SAS identifier cannot be found for specified signed identifier");
  }
  auto both = open;
  both.permissions = "r";
  EXPECT_TRUE(
      detail(at(service_query(both, "/blob/acct1/photos"), &kReaders)).starts_with("Access policy fields can be"));
  both = open;
  both.expiry = "2026-11-22";
  EXPECT_TRUE(
      detail(at(service_query(both, "/blob/acct1/photos"), &kReaders)).starts_with("Access policy fields can be"));
  auto empty = open;
  empty.identifier = "open";
  EXPECT_TRUE(detail(at(service_query(empty, "/blob/acct1/photos"), &kReaders)).starts_with("Signed expiry must be"));
  empty.expiry = "2026-11-22";
  EXPECT_TRUE(detail(at(service_query(empty, "/blob/acct1/photos"), &kReaders)).starts_with("Signed permissions must"));
  empty.permissions = "w";
  EXPECT_EQ(at(service_query(empty, "/blob/acct1/photos"), &kReaders)->sas->permissions, "w");
  // Who can't sign isn't told which policies there are.
  EXPECT_TRUE(detail(at(with(query, "sig=", "sig=A"), &renamed)).starts_with("Signature did not match."));
}

TEST(ServiceSas, OnlyWhatNamesAPolicyNeedsTheContainer) {
  const auto needs = [](std::string url, bool open_account, testing::HeaderList headers = {}) {
    auto request = make_request(http::Method::kGet, url, std::move(headers));
    StorageAccount of;
    of.allow_public_access = open_account;
    const std::array suffixes{std::string("blob.test")};
    return needs_container_access(request, storage_target(request, suffixes).value(), of);
  };
  EXPECT_TRUE(needs("https://acct1.blob.test/c/b?si=x&sr=c&sig=y", false));
  EXPECT_FALSE(needs("https://acct1.blob.test/c/b?sr=c&sig=y", true));
  EXPECT_TRUE(needs("https://acct1.blob.test/c/b", true));
  EXPECT_FALSE(needs("https://acct1.blob.test/c/b", false));
  EXPECT_FALSE(needs("https://acct1.blob.test/?comp=list", true));
  EXPECT_FALSE(needs("https://acct1.blob.test/c/b", true, {{"authorization", "SharedKey a:b"}}));
}

struct BadSas {
  std::string query;
  std::string detail;
};

TEST(ResourceSas, BadFieldsAreRefusedForWhatIsWrong) {
  const std::string bad = "Signature fields not well formed.";
  const std::string service = "sv=2021-06-08&sr=b&sp=r&se=2027-01-01&sig=AA==";
  const std::string delegated =
      "sv=2026-04-06&sr=b&sp=r&se=2027-01-01&sig=AA==&skoid=d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0&sktid=7e7e7e7e-7e7e-"
      "7e7e-7e7e-7e7e7e7e7e7e&skt=2026-11-21&ske=2026-11-23&sks=b&skv=2021-06-08";
  const BadSas cases[] = {
      {with(service, "sr=b", "si=p"), "sr is mandatory. Cannot be empty"},
      {with(service, "sr=b", "sr=bx"), bad},
      {with(service, "sr=b", "sr=bv&versionid=1") + "&sv=", bad},
      {with(service, "sv=2021-06-08", "sv=2015-04-04"), bad},
      {with(service, "sv=2021-06-08", "sv=2026-10-07"), bad},
      {with(service, "sv=2021-06-08", "sv="), "sv is mandatory. Cannot be empty"},
      {with(service, "sig=AA==", "sig="), "sig is mandatory. Cannot be empty"},
      {with(service, "sr=b", "sr=bs&snapshot=x").replace(3, 10, "2018-03-28"), bad},
      {with(service, "sp=r", "sp=R"), bad},
      {with(service, "se=2027-01-01", "se=soon"), bad},
      {service + "&sdd=1", bad},
      {with(service, "sr=b", "sr=d"), bad},
      {service + "&rscc=a%0d%0ax-evil:%201", bad},
      {service + "&rsct=" + std::string(2049, 'x'), bad},
      {service + "&rsct=a&rsct=b", bad},
      {service + "&ss=b&srt=o", bad},
      {service + "&sip=nowhere", bad},
      {service + "&si=" + std::string(257, 'x'), bad},
      {with(delegated, "sp=r", "sp="), "sp is mandatory. Cannot be empty"},
      {with(delegated, "se=2027-01-01", "se="), "se is mandatory. Cannot be empty"},
      {with(delegated, "sks=b", "sks="), "sks is mandatory. Cannot be empty"},
      {with(delegated, "sks=b", "sks=q"), bad},
      {with(delegated, "skoid=d0", "skoid=xx"), bad},
      {with(delegated, "skv=2021-06-08", "skv=2015-04-05"), bad},
      {with(delegated, "ske=2026-11-23", "ske=2026-11-29"), bad},  // longer than seven days
      {with(delegated, "ske=2026-11-23", "ske=2026-11-21"), bad},
      {with(delegated, "sv=2026-04-06", "sv=2018-03-28"), bad},
      {with(delegated, "sktid=7e", "sktid=7f"), "The key's tenant is not that of the account."},
      {delegated + "&si=readers", "Stored access policies are not supported for a user delegation SAS."},
      {delegated + "&sduoid=d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0",
       "A user delegation SAS for one user is not supported by this service."},
      {delegated + "&suoid=d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0",
       "suoid is only supported where the hierarchical namespace is enabled."},
      {delegated + "&saoid=me", bad},
      {delegated + "&srh=x-ms-meta-a", "The request lacks a header or parameter that is signed."},
      {delegated + "&srh=,", "The request lacks a header or parameter that is signed."},
      {delegated + "&srq=a,", "The request lacks a header or parameter that is signed."},
      {with(delegated, "sv=2026-04-06", "sv=2025-11-05") + "&srh=host", bad},
  };
  for (const auto& c : cases) {
    auto result = call({.path = "/photos/b", .query = c.query});
    EXPECT_EQ(outcome(result), kFailed) << c.query;
    EXPECT_TRUE(detail(result).starts_with(c.detail)) << c.query << ": " << detail(result);
  }
}

TEST(DelegationSas, EndsWithItsKeyAndWithTheAccountsEpoch) {
  const auto& sas = kDelegationSasFromSdk.front();
  const auto at = [&](std::string_view now) {
    return detail(call({.path = sas.path, .query = sas.query, .now = parse_iso8601(now).value()}));
  };
  EXPECT_EQ(at("2026-11-21T00:00:00Z"), "");
  EXPECT_TRUE(at("2026-11-20T23:59:59Z").starts_with("Key start [")) << at("2026-11-20T23:59:59Z");
  EXPECT_TRUE(at("2026-11-22T00:00:00Z").starts_with("Signature not valid in the specified time frame"));
  StorageAccount revoked;
  revoked.id = account()->id;
  revoked.tenant = account()->tenant;
  revoked.name = "acct1";
  revoked.delegation_secret = account()->delegation_secret.clone();
  EXPECT_EQ(outcome(call({.path = sas.path, .query = sas.query}, revoked)), "accepted");
  revoked.delegation_epoch = 1;
  EXPECT_EQ(outcome(call({.path = sas.path, .query = sas.query}, revoked)), kFailed);
  revoked.delegation_epoch = 0;
  revoked.delegation_secret = {};
  EXPECT_EQ(outcome(call({.path = sas.path, .query = sas.query}, revoked)), kFailed);
}

TEST(DelegationSas, HoldsOnlyForRequestsThatCarryWhatItBinds) {
  const auto& sas = kDelegationSasFromSdk.back();
  const auto with_headers = [&](testing::HeaderList headers, std::string path) {
    return outcome(call({.path = std::move(path), .query = sas.query, .headers = std::move(headers)}));
  };
  EXPECT_EQ(with_headers(bound_headers(), sas.path), "accepted");
  EXPECT_EQ(with_headers({{"x-ms-meta-who", "you"}, {"x-ms-version", "2026-04-06"}}, sas.path), kFailed);
  EXPECT_EQ(with_headers({{"x-ms-version", "2026-04-06"}}, sas.path), kFailed);
  EXPECT_EQ(with_headers(bound_headers(), with(sas.path, "timeout=30", "timeout=31")), kFailed);
  EXPECT_EQ(with_headers(bound_headers(), "/photos/dir/a%20b.png"), kFailed);
  EXPECT_EQ(with_headers(bound_headers(), sas.path + "&timeout=30"), kFailed);
}

}  // namespace
}  // namespace freehold::gate
