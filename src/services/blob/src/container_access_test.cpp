// Who comes in without an account key: strangers, SAS with and without stored policies, delegated ones.
#include "pipeline/testing/route_matrix.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

constexpr std::string_view kTwoPolicies =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers><SignedIdentifier><Id>readers</Id><AccessPolicy>"
    "<Start>2020-01-01T00:00:00.0000000Z</Start><Expiry>2099-01-01T00:00:00.0000000Z</Expiry><Permission>r</Permission>"
    "</AccessPolicy></SignedIdentifier><SignedIdentifier><Id>open</Id></SignedIdentifier></SignedIdentifiers>";

struct ContainerAccessTest : ::testing::Test, TestRegion {
  ContainerAccessTest() {
    NewAccount account{.tenant = random_id<TenantId>(random), .name = "open1", .keys = {Secret(key), Secret(key)}};
    account.settings.allow_public_access = true;
    const auto made = runtime::run_blocking(service->accounts().create_account(std::move(account)));
    EXPECT_TRUE(made.has_value());
  }

  http::Request request(Method method, const std::string& account, const std::string& path, HeaderList headers) {
    return gate::testing::make_request(method, "https://" + account + ".blob.core.freehold.test" + path,
                                       std::move(headers));
  }
  Answer send_to(gate::Pipeline& door, http::Request made, Bytes body = {}) {
    BytesBody reader(std::move(body));
    made.headers.add("content-length", std::to_string(reader.length().value_or(0)));
    made.body = &reader;
    return runtime::run_blocking(exchange(door, made));
  }
  // With the account's key.
  Answer owner(Method method, const std::string& path, HeaderList headers = {}, Bytes body = {}) {
    headers.emplace_back("x-ms-date", http_date(clock.now()));
    headers.emplace_back("x-ms-version", "2021-12-02");
    auto made = request(method, "open1", path, std::move(headers));
    made.headers.add("content-length", std::to_string(body.size()));
    made.headers.add("authorization", gate::shared_key_authorization(made, "open1", key));
    BytesBody reader(std::move(body));
    made.body = &reader;
    return runtime::run_blocking(exchange(*pipeline, made));
  }
  // With whatever the path brings, or nothing.
  Answer stranger(Method method, const std::string& path, HeaderList headers = {}, Bytes body = {}) {
    return send_to(*pipeline, request(method, "open1", path, std::move(headers)), std::move(body));
  }
  std::string outcome(const Answer& answer) { return std::to_string(answer.status) + " " + answer.code(); }

  std::string sas(std::string resource, std::string permissions, std::string_view canonical,
                  std::string identifier = {}) {
    gate::ResourceSasFields fields{.resource = std::move(resource), .permissions = std::move(permissions)};
    if (identifier.empty()) fields.expiry = rfc3339(clock.now() + std::chrono::hours(1));
    fields.identifier = std::move(identifier);
    return gate::service_sas_query(fields, canonical, key);
  }
  void make_box(HeaderList headers = {}) {
    ASSERT_EQ(owner(Method::kPut, "/box?restype=container", std::move(headers)).status, 201);
    ASSERT_EQ(owner(Method::kPut, "/box/b", {{"x-ms-blob-type", "BlockBlob"}}, "content").status, 201);
  }
};

TEST_F(ContainerAccessTest, AnAclIsKeptAndReadBack) {
  make_box();
  const auto before = owner(Method::kHead, "/box?restype=container");
  const auto set = owner(Method::kPut, "/box?restype=container&comp=acl", {{"x-ms-blob-public-access", "blob"}},
                         Bytes(kTwoPolicies));
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_NE(set.header("etag"), before.header("etag"));
  restart();
  const auto got = owner(Method::kGet, "/box?restype=container&comp=acl");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("x-ms-blob-public-access"), "blob");
  EXPECT_EQ(got.header("etag"), set.header("etag"));
  EXPECT_EQ(elements(got.body, "Id"), (std::vector<std::string>{"readers", "open"}));
  EXPECT_EQ(elements(got.body, "Start"), std::vector<std::string>{"2020-01-01T00:00:00.0000000Z"});
  EXPECT_EQ(elements(got.body, "Expiry"), std::vector<std::string>{"2099-01-01T00:00:00.0000000Z"});
  EXPECT_EQ(elements(got.body, "Permission"), std::vector<std::string>{"r"});
  const auto head = owner(Method::kHead, "/box?restype=container&comp=acl");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  // Setting replaces the whole of it, and metadata leaves it alone.
  EXPECT_EQ(owner(Method::kPut, "/box?restype=container&comp=metadata", {{"x-ms-meta-a", "1"}}).status, 200);
  EXPECT_EQ(owner(Method::kGet, "/box?restype=container&comp=acl").header("x-ms-blob-public-access"), "blob");
  EXPECT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl").status, 200);
  const auto empty = owner(Method::kGet, "/box?restype=container&comp=acl");
  EXPECT_EQ(empty.header("x-ms-blob-public-access"), "");
  EXPECT_TRUE(elements(empty.body, "Id").empty());
  EXPECT_EQ(owner(Method::kGet, "/none?restype=container&comp=acl").code(), "ContainerNotFound");
  EXPECT_EQ(outcome(owner(Method::kPut, "/box?restype=container&comp=acl",
                          {{"if-unmodified-since", "Thu, 01 Jan 2015 00:00:00 GMT"}})),
            "412 ConditionNotMet");
}

TEST_F(ContainerAccessTest, ABadAclChangesNothing) {
  make_box();
  const auto policy = [](const std::string& id, const std::string& inside = {}) {
    return "<SignedIdentifier><Id>" + id + "</Id>" + inside + "</SignedIdentifier>";
  };
  const auto list = [](const std::string& inside) { return "<SignedIdentifiers>" + inside + "</SignedIdentifiers>"; };
  std::string six;
  for (const auto* id : {"a", "b", "c", "d", "e", "f"}) six += policy(id);
  const std::pair<std::string, std::string> cases[] = {
      {"<SignedIdentifiers>", "InvalidXmlDocument"},
      {"<!DOCTYPE a><SignedIdentifiers/>", "InvalidXmlDocument"},
      {"<Other/>", "InvalidXmlDocument"},
      {list("<Other/>"), "InvalidXmlDocument"},
      {list("text"), "InvalidXmlDocument"},
      {list(six), "InvalidXmlDocument"},
      {list(policy("a", "<Other/>")), "InvalidXmlDocument"},
      {list(policy("a", "<Id>b</Id>")), "InvalidXmlDocument"},
      {list(policy("a", "<AccessPolicy><Other/></AccessPolicy>")), "InvalidXmlDocument"},
      {list(policy("")), "InvalidXmlNodeValue"},
      {list(policy("a") + policy("a")), "InvalidXmlNodeValue"},
      {list(policy(std::string(65, 'i'))), "InvalidXmlDocument"},
      {list(policy("a", "<AccessPolicy><Start>soon</Start></AccessPolicy>")), "InvalidXmlNodeValue"},
      {list(policy("a", "<AccessPolicy><Expiry>2026-13-01</Expiry></AccessPolicy>")), "InvalidXmlNodeValue"},
      {list(policy("a", "<AccessPolicy><Permission>rq</Permission></AccessPolicy>")), "InvalidXmlNodeValue"},
      {list(policy(std::string(70'000, 'i'))), "RequestBodyTooLarge"},
  };
  for (const auto& [body, code] : cases) {
    EXPECT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl", {}, body).code(), code) << body.substr(0, 200);
  }
  EXPECT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl", {{"x-ms-blob-public-access", "true"}}).code(),
            "InvalidHeaderValue");
  EXPECT_EQ(
      owner(Method::kPut, "/box?restype=container&comp=acl", {}, Bytes(list(policy(std::string(64, 'i'))))).status,
      200);
}

TEST_F(ContainerAccessTest, AnAccountThatIsClosedHasNoPublicContainers) {
  make_container("box");  // in acct1
  EXPECT_EQ(outcome(run(Method::kPut, "/box?restype=container&comp=acl", {{"x-ms-blob-public-access", "blob"}})),
            "409 PublicAccessNotPermitted");
  ASSERT_EQ(put("/box/b", "content").status, 201);
  EXPECT_EQ(outcome(send_to(*pipeline, request(Method::kGet, "acct1", "/box/b", {}))), "409 PublicAccessNotPermitted");
}

TEST_F(ContainerAccessTest, StrangersReadWhatIsPublicAndOnlyThat) {
  make_box({{"x-ms-blob-public-access", "blob"}});
  EXPECT_EQ(stranger(Method::kGet, "/box/b").body, "content");
  EXPECT_EQ(stranger(Method::kHead, "/box/b").head_length, 7u);
  EXPECT_EQ(stranger(Method::kGet, "/box/b?comp=metadata").status, 200);
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/none")), "404 BlobNotFound");
  for (const auto* path :
       {"/box?restype=container&comp=list", "/box?restype=container", "/box?restype=container&comp=metadata",
        "/box?restype=container&comp=acl", "/?comp=list", "/box/b?comp=tags", "/other/b"}) {
    EXPECT_EQ(outcome(stranger(Method::kGet, path)), "404 ResourceNotFound") << path;
    EXPECT_EQ(outcome(stranger(Method::kGet, path, {{"x-ms-version", "2021-12-02"}})),
              "401 NoAuthenticationInformation")
        << path;
  }
  for (const auto* path : {"/box/b?comp=metadata", "/box/b?comp=properties", "/box/b?comp=lease"}) {
    EXPECT_EQ(outcome(stranger(Method::kPut, path)), "404 ResourceNotFound") << path;
  }
  EXPECT_EQ(outcome(stranger(Method::kDelete, "/box/b")), "404 ResourceNotFound");

  ASSERT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl", {{"x-ms-blob-public-access", "container"}}).status,
            200);
  const auto listed = stranger(Method::kGet, "/box?restype=container&comp=list");
  EXPECT_EQ(elements(listed.body, "Name"), std::vector<std::string>{"b"});
  EXPECT_EQ(stranger(Method::kGet, "/box?restype=container").header("x-ms-blob-public-access"), "container");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box?restype=container&comp=acl")), "404 ResourceNotFound");
  EXPECT_EQ(outcome(stranger(Method::kDelete, "/box?restype=container")), "404 ResourceNotFound");
  EXPECT_EQ(elements(owner(Method::kGet, "/?comp=list").body, "PublicAccess"), std::vector<std::string>{"container"});

  ASSERT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl").status, 200);
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b")), "404 ResourceNotFound");
}

TEST_F(ContainerAccessTest, StrangersDontSeeWhatIsOnlyStaged) {
  make_box({{"x-ms-blob-public-access", "container"}});
  ASSERT_EQ(owner(Method::kPut, "/box/staged?comp=block&blockid=YQ==", {}, "x").status, 201);
  EXPECT_EQ(stranger(Method::kGet, "/box/b?comp=blocklist").status, 200);
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b?comp=blocklist&blocklisttype=all")), "404 ResourceNotFound");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/staged?comp=blocklist")), "404 BlobNotFound");
}

TEST_F(ContainerAccessTest, ASasDoesWhatItsLettersSayToWhatItIsFor) {
  make_box();
  const auto blob = sas("b", "r", "/blob/open1/box/b");
  EXPECT_EQ(stranger(Method::kGet, "/box/b?" + blob).body, "content");
  EXPECT_EQ(stranger(Method::kHead, "/box/b?" + blob).status, 200);
  EXPECT_EQ(outcome(stranger(Method::kPut, "/box/b?comp=metadata&" + blob)), "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(outcome(stranger(Method::kDelete, "/box/b?" + blob)), "403 AuthorizationPermissionMismatch");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box?restype=container&comp=list&" + blob)), "403 AuthenticationFailed");
  const auto create = sas("c", "c", "/blob/open1/box");
  const HeaderList kBlock = {{"x-ms-blob-type", "BlockBlob"}};
  EXPECT_EQ(stranger(Method::kPut, "/box/new?" + create, kBlock, "new").status, 201);
  EXPECT_EQ(outcome(stranger(Method::kPut, "/box/new?" + create, kBlock, "again")), "403 UnauthorizedBlobOverwrite");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/new?" + create)), "403 AuthorizationPermissionMismatch");
  const auto list = sas("c", "l", "/blob/open1/box");
  EXPECT_EQ(elements(stranger(Method::kGet, "/box?restype=container&comp=list&" + list).body, "Name"),
            (std::vector<std::string>{"b", "new"}));
  // What concerns the container itself is its owner's.
  const auto all = sas("c", "racwdxltmeopif", "/blob/open1/box");
  for (const auto* path :
       {"/box?restype=container", "/box?restype=container&comp=metadata", "/box?restype=container&comp=acl"}) {
    EXPECT_EQ(outcome(stranger(Method::kGet, path + ("&" + all))), "403 AuthorizationFailure") << path;
  }
  EXPECT_EQ(outcome(stranger(Method::kDelete, "/box?restype=container&" + all)), "403 AuthorizationFailure");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/none?" + all)), "404 BlobNotFound");
  EXPECT_EQ(stranger(Method::kGet, "/box?restype=account&comp=properties&" + all).status, 200);
}

TEST_F(ContainerAccessTest, ASasSaysHowItsAnswersLook) {
  make_box();
  gate::ResourceSasFields fields{.permissions = "r", .expiry = rfc3339(clock.now() + std::chrono::hours(1))};
  fields.overrides = {"no-store", "attachment; filename=\"a+b.txt\"", "gzip", "de", "text/plain"};
  const auto query = gate::service_sas_query(fields, "/blob/open1/box/b", key);
  for (const auto method : {Method::kGet, Method::kHead}) {
    const auto got = stranger(method, "/box/b?" + query);
    EXPECT_EQ(got.header("cache-control"), "no-store");
    EXPECT_EQ(got.header("content-disposition"), "attachment; filename=\"a+b.txt\"");
    EXPECT_EQ(got.header("content-encoding"), "gzip");
    EXPECT_EQ(got.header("content-language"), "de");
    EXPECT_EQ(got.header("content-type"), "text/plain");
  }
  // Nobody signed these.
  const auto plain = stranger(Method::kGet, "/box/b?rsct=text/html&" + sas("b", "r", "/blob/open1/box/b"));
  EXPECT_EQ(outcome(plain), "403 AuthenticationFailed");
  EXPECT_EQ(owner(Method::kGet, "/box/b?rsct=text/html").header("content-type"), "application/octet-stream");
}

TEST_F(ContainerAccessTest, AStoredPolicyThatGoesTakesItsSasAlongAtOnce) {
  make_box();
  const auto by_policy = sas("c", "", "/blob/open1/box", "readers");
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b?" + by_policy)), "403 AuthenticationFailed");
  const auto set = [&](std::string body) {
    ASSERT_EQ(owner(Method::kPut, "/box?restype=container&comp=acl", {}, std::move(body)).status, 200);
  };
  set(std::string(kTwoPolicies));
  EXPECT_EQ(stranger(Method::kGet, "/box/b?" + by_policy).body, "content");
  EXPECT_EQ(outcome(stranger(Method::kDelete, "/box/b?" + by_policy)), "403 AuthorizationPermissionMismatch");
  auto renamed = std::string(kTwoPolicies);
  renamed.replace(renamed.find("readers"), 7, "READERS");
  set(renamed);
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b?" + by_policy)), "403 AuthenticationFailed");
  set(std::string(kTwoPolicies));
  EXPECT_EQ(stranger(Method::kGet, "/box/b?" + by_policy).status, 200);
  // A container of the same name has policies of its own.
  ASSERT_EQ(owner(Method::kDelete, "/box?restype=container").status, 202);
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b?" + by_policy)), "403 AuthenticationFailed");
  make_box();
  EXPECT_EQ(outcome(stranger(Method::kGet, "/box/b?" + by_policy)), "403 AuthenticationFailed");
}

TEST_F(ContainerAccessTest, UserDelegationKeysAreRevokedTogetherAndForGood) {
  make_box();
  gate::testing::FakeDelegators delegators;
  const auto sas_of = [&](const gate::StorageAccount& account) {
    gate::DelegationKeyFields made;
    made.tenant = account.tenant;
    made.start = clock.now();
    made.expiry = clock.now() + std::chrono::hours(1);
    made.version = "2021-12-02";
    const gate::DelegationSasFields delegation{.key_object = to_string(made.object),
                                               .key_tenant = to_string(made.tenant),
                                               .key_start = rfc3339(made.start),
                                               .key_expiry = rfc3339(made.expiry),
                                               .key_service = made.service,
                                               .key_version = made.version};
    const gate::ResourceSasFields fields{.permissions = "r", .expiry = rfc3339(made.expiry)};
    return gate::delegation_sas_query(fields, delegation, "/blob/open1/box/b",
                                      gate::delegation_key(account, made).view());
  };
  const auto try_it = [&](const std::string& query) {
    gate::Pipeline door(service->accounts(), log, clock, random, {.delegators = &delegators});
    door.add(service->gate());
    return outcome(send_to(door, request(Method::kGet, "open1", "/box/b?" + query, {})));
  };
  const auto first = sas_of(*service->accounts().find("open1"));
  EXPECT_EQ(try_it(first), "200 ");
  delegators.allowed = false;
  EXPECT_EQ(try_it(first), "403 AuthorizationPermissionMismatch");
  delegators.allowed = true;
  restart();
  EXPECT_EQ(try_it(first), "200 ");
  ASSERT_TRUE(runtime::run_blocking(service->accounts().revoke_delegation_keys(service->accounts().find("open1")->id))
                  .has_value());
  EXPECT_EQ(try_it(first), "403 AuthenticationFailed");
  EXPECT_EQ(owner(Method::kGet, "/box/b").status, 200);
  restart();
  EXPECT_EQ(try_it(first), "403 AuthenticationFailed");
  const auto second = sas_of(*service->accounts().find("open1"));
  EXPECT_EQ(try_it(second), "200 ");
  ASSERT_TRUE(runtime::run_blocking(service->accounts().revoke_delegation_keys(service->accounts().find("open1")->id))
                  .has_value());
  EXPECT_EQ(try_it(second), "403 AuthenticationFailed");
  EXPECT_EQ(runtime::run_blocking(service->accounts().revoke_delegation_keys(AccountId{})).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace freehold::blob::testing
